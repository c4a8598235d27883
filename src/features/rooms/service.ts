import { and, eq, inArray, lt, ne, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { roomMembers, rooms } from "../../db/schema/rooms.ts";
import { messageIf } from "../../events/conditional.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { requirePermission } from "../../platform/actor.ts";
import { AppError, invalid } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { audited } from "../audit/service.ts";
import type { Message } from "../messages/schema.ts";
import type { Announcement } from "./announcements.ts";
import { announcement, memberAnnouncement, tellNow } from "./announcements.ts";
import type { Access, RoomRow } from "./queries.ts";
import { findAccess, findPersonByUsername, pageOfAccess } from "./queries.ts";
import { assertModerates, assertSees } from "./rules.ts";
import type { NewRoom, Room, RoomFilters, RoomPatch } from "./schema.ts";

interface Overview {
  lastMessage: Message | null;
  unread: number;
}

const NOTHING_YET: Overview = { lastMessage: null, unread: 0 };

const toRoom = (access: Access, { lastMessage, unread }: Overview): Room => {
  const { room, members, role, membership, goalId } = access;
  return {
    id: room.id,
    kind: room.kind,
    name: room.name,
    topic: room.topic,
    members,
    lastMessage: lastMessage && markBlocked(access, lastMessage),
    unread: membership === "joined" ? unread : 0,
    role: membership === "joined" ? role : null,
    membership: membership === "banned" ? null : membership,
    slowModeSeconds: room.slowModeSeconds,
    retentionDays: room.retentionDays,
    relays: room.relays,
    goalId,
    createdAt: room.createdAt.toISOString(),
  };
};

/** Says of a message whether the reader has blocked who wrote it. */
export const markBlocked = ({ blocked }: Pick<Access, "blocked">, message: Message): Message => ({
  ...message,
  blocked: blocked.includes(message.author.id),
});

/** What the room's object needs to know of the room. */
export const roomInfo = ({ id, kind, name, topic, slowModeSeconds, retentionDays }: RoomRow) => ({
  id,
  kind,
  name,
  topic,
  slowModeSeconds,
  retentionDays,
});

export async function createRoom(ctx: ServiceContext, actor: UserActor, input: NewRoom): Promise<Room> {
  requirePermission(actor, "rooms:write");
  const now = ctx.clock.now();
  const room = {
    ...input,
    id: newId(),
    directKey: null,
    retentionDays: null,
    relays: null,
    createdBy: actor.id,
    createdAt: now,
    updatedAt: now,
  };
  const owner = { roomId: room.id, userId: actor.id, role: "owner" as const, joinedAt: now };
  await commit(ctx, [ctx.db.insert(rooms).values(room), ctx.db.insert(roomMembers).values(owner)]);
  const user = { id: actor.id, username: actor.username, avatarUrl: null };
  const standing = { role: "owner" as const, membership: "joined" as const, mutedUntil: null, members: 1 };
  return toRoom({ room, kind: room.kind, user, ...standing, goalId: null, blocked: [] }, NOTHING_YET);
}

/** My rooms and invitations, or the public rooms; newest first. */
export async function listRooms(
  ctx: ServiceContext,
  actor: UserActor,
  { mine, q }: RoomFilters,
  query: PageQuery,
): Promise<Paged<Room>> {
  const list = { name: "rooms", filters: { userId: actor.id, mine, q } };
  const { after, offset } = await startOf(ctx, list, query);
  const wanted = and(
    mine === "true" ? inArray(roomMembers.state, ["joined", "invited"]) : eq(rooms.kind, "public"),
    q === undefined ? undefined : sql`instr(lower(${rooms.name}), lower(${q})) > 0`,
    after === null ? undefined : lt(rooms.id, after),
  );
  const rows = await pageOfAccess(ctx, actor.id, wanted, query.limit + 1, offset);
  const paged = await toPage(ctx, list, query, rows, ({ room }) => room.id);
  return { ...paged, items: await Promise.all(paged.items.map((access) => withOverview(ctx, access))) };
}

/** Asks the room's object only where the caller may read what it answers. */
async function withOverview(ctx: ServiceContext, access: Access): Promise<Room> {
  const reads = access.membership === "joined" || (access.kind === "public" && access.membership !== "banned");
  return toRoom(access, reads ? await ctx.rooms(access.room.id).overview(access.user.id) : NOTHING_YET);
}

export async function getRoom(ctx: ServiceContext, actor: UserActor, id: string): Promise<Room> {
  const access = await findAccess(ctx, actor, id);
  assertSees(access);
  return await withOverview(ctx, access);
}

export async function updateRoom(ctx: ServiceContext, actor: UserActor, id: string, patch: RoomPatch): Promise<Room> {
  const access = await findAccess(ctx, actor, id);
  const { relays, ...ofModerators } = patch;
  if (relays !== undefined) requirePermission(actor, "rooms:moderate");
  if (relays === undefined || Object.keys(ofModerators).length > 0) assertModerates(access);
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  const room = { ...access.room, ...given, updatedAt: ctx.clock.now() };
  const change = ctx.db
    .update(rooms)
    .set({ ...given, updatedAt: room.updatedAt })
    .where(eq(rooms.id, id));
  const news = announcement({ type: "room.changed", roomId: id }, (object, key) =>
    object.roomChanged(roomInfo(room), key),
  );
  const entry = { action: "room.relays_set", target: { type: "room", id }, details: { relays } };
  const record = relays === undefined ? [] : [audited(ctx, actor, entry)];
  await commit(ctx, [change, ...record], [news.message]);
  await tellNow(ctx, [news]);
  return await withOverview(ctx, { ...access, room });
}

/** The owner, or an administrator who moderates rooms. A circle's room goes with the circle. */
export async function deleteRoom(ctx: ServiceContext, actor: UserActor, id: string): Promise<void> {
  const access = await findAccess(ctx, actor, id);
  assertSees(access);
  if (access.role !== "owner") requirePermission(actor, "rooms:moderate");
  if (access.goalId !== null) throw new AppError("ILLEGAL_TRANSITION", "The room of a circle goes with its goal.");
  const news = announcement({ type: "room.deleted", roomId: id }, (object) => object.dissolve());
  const entry = { action: "room.deleted", target: { type: "room", id }, details: { kind: access.kind } };
  await commit(ctx, [ctx.db.delete(rooms).where(eq(rooms.id, id)), audited(ctx, actor, entry)], [news.message]);
  await tellNow(ctx, [news]);
}

/** Ends what is left of a room that was deleted: its object's memory and its files. Twice is once. */
export async function dissolve(ctx: ServiceContext, id: string): Promise<void> {
  await ctx.rooms(id).dissolve();
  for (let cursor: string | undefined, more = ctx.files !== null; more && ctx.files !== null;) {
    const page: R2Objects = await ctx.files.list({ prefix: `${id}/`, ...(cursor !== undefined && { cursor }) });
    if (page.objects.length > 0) await ctx.files.delete(page.objects.map(({ key }) => key));
    more = page.truncated;
    cursor = page.truncated ? page.cursor : undefined;
  }
}

/** Joining twice is joining once. A private room wants an invitation. */
export async function joinRoom(ctx: ServiceContext, actor: UserActor, id: string): Promise<Room> {
  const access = await findAccess(ctx, actor, id);
  assertSees(access);
  if (access.membership === "joined") return await withOverview(ctx, access);
  const joined = { state: "joined" as const, joinedAt: ctx.clock.now() };
  const key = { roomId: id, userId: actor.id };
  const invited = eq(roomMembers.state, "invited");
  const change =
    access.membership === "invited"
      ? ctx.db
          .update(roomMembers)
          .set(joined)
          .where(and(eq(roomMembers.roomId, id), eq(roomMembers.userId, actor.id), invited))
          .returning()
      : ctx.db
          .insert(roomMembers)
          .values({ ...key, ...joined })
          .onConflictDoUpdate({ target: [roomMembers.roomId, roomMembers.userId], set: joined, setWhere: invited })
          .returning();
  const news = memberAnnouncement(id, { userId: actor.id, change: "joined", role: "member" }, access.user);
  await commitAnnounced(ctx, change, news);
  return await getRoom(ctx, actor, id);
}

export async function leaveRoom(ctx: ServiceContext, actor: UserActor, id: string): Promise<void> {
  const access = await findAccess(ctx, actor, id);
  assertSees(access);
  if (access.kind === "direct") throw new AppError("ILLEGAL_TRANSITION", "A direct room is not left.");
  if (access.goalId !== null && access.membership === "joined")
    throw new AppError("ILLEGAL_TRANSITION", "Who leaves the goal's circle leaves its room.");
  if (access.role === "owner")
    throw new AppError("ILLEGAL_TRANSITION", "The owner cannot leave; delete the room instead.");
  const mine = and(eq(roomMembers.roomId, id), eq(roomMembers.userId, actor.id), ne(roomMembers.state, "banned"));
  const news = memberAnnouncement(id, { userId: actor.id, change: "left" }, access.user);
  const leave = ctx.db.delete(roomMembers).where(mine).returning();
  if (access.membership === "joined") await commitAnnounced(ctx, leave, news);
  else await commit(ctx, [leave]);
}

/** Writes a change that may turn out to be none, and its announcement only if it was one. */
async function commitAnnounced(ctx: ServiceContext, change: Statement, news: Announcement): Promise<void> {
  const { insert } = messageIf(ctx, news.message, sql`changes() > 0`);
  const [changed] = (await commit(ctx, [change, insert])) as [unknown[]];
  if (changed.length === 0) return;
  ctx.relayLater([news.message]);
  await tellNow(ctx, [news]);
}

/** The one room of two people, made when it is first asked for. */
/** `isNew`: this call made it. */
export async function openDirectRoom(
  ctx: ServiceContext,
  actor: UserActor,
  username: string,
): Promise<{ room: Room; isNew: boolean }> {
  requirePermission(actor, "rooms:write");
  const other = await findPersonByUsername(ctx, username);
  if (other.id === actor.id) throw invalid("body.username", "oneself", "Choose somebody else.");
  const directKey = [actor.id, other.id].sort().join(" ");
  const now = ctx.clock.now();
  const room = {
    id: newId(),
    kind: "direct" as const,
    name: [actor.username, other.username].sort().join(", "),
    directKey,
    createdBy: actor.id,
    createdAt: now,
    updatedAt: now,
  };
  const [, , found] = (await commit(ctx, [
    ctx.db.insert(rooms).values(room).onConflictDoNothing({ target: rooms.directKey }),
    // All columns of the table, in its order.
    ctx.db
      .insert(roomMembers)
      .select(
        sql`SELECT r.id, person.value, 'member', 'joined', NULL, ${now.getTime()}
            FROM rooms r, json_each(${JSON.stringify([actor.id, other.id])}) person WHERE r.direct_key = ${directKey}`,
      )
      .onConflictDoNothing(),
    ctx.db.select({ id: rooms.id }).from(rooms).where(eq(rooms.directKey, directKey)),
  ])) as [unknown, unknown, { id: string }[]];
  const id = found[0]?.id ?? room.id;
  return { room: await getRoom(ctx, actor, id), isNew: id === room.id };
}
