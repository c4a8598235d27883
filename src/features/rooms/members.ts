import { and, eq, gt, ne, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { roomMembers } from "../../db/schema/rooms.ts";
import { users } from "../../db/schema/users.ts";
import { messageIf } from "../../events/conditional.ts";
import { commit, event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { audited } from "../audit/service.ts";
import type { MemberNews } from "./announcements.ts";
import { memberAnnouncement, tellNow } from "./announcements.ts";
import type { MemberRow } from "./queries.ts";
import { findAccess, findPersonByUsername, memberRows } from "./queries.ts";
import { assertMayChange, assertMember, assertModerates, assertReads } from "./rules.ts";
import type { Member, MemberPatch } from "./schema.ts";
import { shownName } from "../users/schema.ts";

interface Change {
  statement: Statement;
  after: Pick<MemberRow, "role" | "mutedUntil"> & { membership: Member["membership"] };
  news: MemberNews[];
}

const toMember = ({
  role,
  membership,
  mutedUntil,
  joinedAt,
  ...user
}: Omit<MemberRow, "membership"> & { membership: Member["membership"] }): Member => ({
  user,
  role,
  membership,
  mutedUntil: mutedUntil?.toISOString() ?? null,
  joinedAt: membership === "joined" ? joinedAt.toISOString() : null,
});

/** Who is in the room, and who is invited; banned people are shown to nobody here. */
export async function listMembers(
  ctx: ServiceContext,
  actor: UserActor,
  roomId: string,
  query: PageQuery,
): Promise<Paged<Member>> {
  assertReads(await findAccess(ctx, actor, roomId));
  const list = { name: "members", filters: { roomId } };
  const { after, offset } = await startOf(ctx, list, query);
  const wanted = and(
    eq(roomMembers.roomId, roomId),
    ne(roomMembers.state, "banned"),
    after === null ? undefined : gt(roomMembers.userId, after),
  );
  const rows = await memberRows(ctx, wanted)
    .limit(query.limit + 1)
    .offset(offset);
  const paged = await toPage(ctx, list, query, rows, (row) => row.id);
  return { ...paged, items: paged.items.map(toMember) };
}

/** Any member may invite; the invitation stands until it is accepted by joining. Who blocked the inviter hears nothing of it. */
export async function invite(ctx: ServiceContext, actor: UserActor, roomId: string, username: string): Promise<Member> {
  const access = await findAccess(ctx, actor, roomId);
  assertMember(access);
  if (access.kind === "direct") throw new AppError("FORBIDDEN", "A direct room is for two.");
  if (access.goalId !== null) throw new AppError("FORBIDDEN", "This room is for those who join the goal's circle.");
  const person = await findPersonByUsername(ctx, username);
  const row = { roomId, userId: person.id, state: "invited" as const, joinedAt: ctx.clock.now() };
  const insert = ctx.db.insert(roomMembers).values(row).onConflictDoNothing().returning({ state: roomMembers.state });
  const invited = event({ type: "room.invited", roomId, userId: person.id, inviterId: actor.id });
  const welcome = sql`NOT EXISTS (SELECT 1 FROM blocks WHERE blocker_id = ${person.id} AND blocked_id = ${actor.id})`;
  const told = messageIf(ctx, invited, sql`changes() > 0 AND ${welcome}`);
  const results = await commit(ctx, [insert, told.insert, told.written]);
  const [created, , written] = results as [unknown[], unknown, unknown[]];
  if (written.length > 0) ctx.relayLater([invited]);
  if (created.length === 0) throw new AppError("CONFLICT", "This person is in the room, invited already, or banned.");
  return toMember({ ...person, role: "member", membership: "invited", mutedUntil: null, joinedAt: row.joinedAt });
}

/** Role, mute and ban of somebody else: for the record, and told in the room. */
export async function changeMember(
  ctx: ServiceContext,
  actor: UserActor,
  roomId: string,
  userId: string,
  patch: MemberPatch,
): Promise<Member> {
  const mine = await findAccess(ctx, actor, roomId);
  assertModerates(mine);
  if (mine.kind === "direct") throw new AppError("FORBIDDEN", "A direct room has no moderators.");
  const [row] = await memberRows(ctx, and(eq(roomMembers.roomId, roomId), eq(roomMembers.userId, userId)));
  assertMayChange(mine.role ?? "member", row?.role ?? "member", patch.role !== undefined);
  const person = row ?? (await findStranger(ctx, userId, patch));
  const change = decide(ctx, roomId, person, patch);
  const announcements = change.news.map((news) => memberAnnouncement(roomId, news));
  const audits = change.news.map(({ change: what, ...details }) =>
    audited(ctx, actor, { action: `member.${what}`, target: { type: "room", id: roomId }, details }),
  );
  await commit(
    ctx,
    [change.statement, ...audits],
    announcements.map(({ message }) => message),
  );
  await tellNow(ctx, announcements);
  return toMember({ ...person, ...change.after });
}

/** Only a ban reaches people who are not in the room. */
async function findStranger(ctx: ServiceContext, userId: string, patch: MemberPatch): Promise<MemberRow> {
  if (patch.banned !== true) throw notFound("member");
  const [person] = await ctx.db
    .select({ id: users.id, username: users.username, displayName: shownName, avatarUrl: users.avatarUrl })
    .from(users)
    .where(eq(users.id, userId));
  if (!person) throw notFound("member");
  return { ...person, role: "member", membership: "invited", mutedUntil: null, joinedAt: ctx.clock.now() };
}

function decide(ctx: ServiceContext, roomId: string, person: MemberRow, patch: MemberPatch): Change {
  const where = and(eq(roomMembers.roomId, roomId), eq(roomMembers.userId, person.id));
  const userId = person.id;
  if (patch.banned === true) {
    const banned = { role: "member" as const, state: "banned" as const, mutedUntil: null };
    const row = { roomId, userId, joinedAt: ctx.clock.now(), ...banned };
    return {
      statement: ctx.db
        .insert(roomMembers)
        .values(row)
        .onConflictDoUpdate({ target: [roomMembers.roomId, roomMembers.userId], set: banned }),
      after: { role: "member", membership: "banned", mutedUntil: null },
      news: [{ userId, change: "banned" }],
    };
  }
  if (person.membership === "banned") {
    if (patch.banned !== false) throw new AppError("CONFLICT", "This person is banned; lift the ban first.");
    return {
      statement: ctx.db.delete(roomMembers).where(and(where, eq(roomMembers.state, "banned"))),
      after: { role: "member", membership: null, mutedUntil: null },
      news: [{ userId, change: "unbanned" }],
    };
  }
  const role = patch.role ?? person.role;
  const mutedUntil = patch.mutedUntil === undefined ? person.mutedUntil : toDate(patch.mutedUntil);
  const muted = patch.mutedUntil !== undefined && {
    userId,
    change: "muted" as const,
    mutedUntil: mutedUntil?.toISOString() ?? null,
  };
  const promoted = patch.role !== undefined && { userId, change: "role" as const, role };
  return {
    statement: ctx.db
      .update(roomMembers)
      .set({ role, mutedUntil })
      .where(and(where, ne(roomMembers.state, "banned"))),
    after: { role, membership: person.membership, mutedUntil },
    news: [muted, promoted].filter((entry) => entry !== false),
  };
}

const toDate = (instant: string | null): Date | null => (instant === null ? null : new Date(instant));
