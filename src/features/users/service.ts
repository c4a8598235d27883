import { and, desc, eq, isNull, lt } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { users } from "../../db/schema/users.ts";
import { activityDays, xpEntries } from "../../db/schema/xp.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { activeDayColumns, recentDays } from "../xp/awards.ts";
import type { Streak, XpEntry } from "../xp/schema.ts";
import { toStreak, toXpEntry } from "../xp/schema.ts";
import type { PublicProfile } from "./profile.ts";
import { selectEarnedBy, toEarned } from "../achievements/service.ts";
import { toPublicProfile } from "./profile.ts";
import type { User, UserRow } from "./schema.ts";
import { toUser } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "config">;

/** The caller's own row. A token may outlive its account by seconds: `TOKEN_REVOKED`. */
export async function findMe(ctx: Pick<Ctx, "db">, actor: Pick<UserActor, "id">): Promise<UserRow> {
  const [row] = await ctx.db
    .select()
    .from(users)
    .where(and(eq(users.id, actor.id), isNull(users.deletedAt)));
  if (!row) throw new AppError("TOKEN_REVOKED", "This account was deleted.");
  return row;
}

export async function getMe(ctx: Ctx, actor: UserActor): Promise<User> {
  return toUser(await findMe(ctx, actor));
}

/** Somebody as everybody may see them. Who hides their profile, is suspended or deleted is nobody to others; one always sees oneself. */
export async function showProfile(ctx: Ctx, actor: UserActor, username: string): Promise<PublicProfile> {
  const named = eq(users.username, username);
  const [[row], badges, days] = await ctx.db.batch([
    ctx.db.select().from(users).where(named),
    selectEarnedBy(ctx, username),
    ctx.db.select(activeDayColumns).from(activityDays).innerJoin(users, eq(users.id, activityDays.userId)).where(named),
  ]);
  const shown = row?.privacy.showProfile === true && row.status === "active";
  if (!row || row.deletedAt !== null || !(shown || row.id === actor.id)) throw notFound("user");
  return toPublicProfile(row, toStreak(days, row.timezone, ctx.clock.now()), toEarned(badges));
}

/** The ledger, newest first: every point and what it was for. */
export async function listXp(ctx: Ctx, actor: UserActor, query: PageQuery): Promise<Paged<XpEntry>> {
  const list = { name: "xp", filters: { userId: actor.id } };
  const { after, offset } = await startOf(ctx, list, query);
  const rows = await ctx.db
    .select()
    .from(xpEntries)
    .where(and(eq(xpEntries.userId, actor.id), after === null ? undefined : lt(xpEntries.seq, Number(after))))
    .orderBy(desc(xpEntries.seq))
    .limit(query.limit + 1)
    .offset(offset);
  const paged = await toPage(ctx, list, query, rows, (row) => String(row.seq));
  return { ...paged, items: paged.items.map(toXpEntry) };
}

export async function getStreak(ctx: Ctx, actor: UserActor): Promise<Streak> {
  const [profile, days] = await ctx.db.batch([
    ctx.db.select({ timezone: users.timezone }).from(users).where(eq(users.id, actor.id)),
    recentDays(ctx, actor.id),
  ]);
  return toStreak(days, profile[0]?.timezone ?? "UTC", ctx.clock.now());
}
