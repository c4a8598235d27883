import { and, desc, eq, lt } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { users } from "../../db/schema/users.ts";
import { xpEntries } from "../../db/schema/xp.ts";
import type { UserActor } from "../../platform/actor.ts";
import { notFound } from "../../platform/errors.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { recentDays } from "../xp/awards.ts";
import type { Streak, XpEntry } from "../xp/schema.ts";
import { toStreak, toXpEntry } from "../xp/schema.ts";
import type { User } from "./schema.ts";
import { toUser } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "config">;

export async function getMe(ctx: Ctx, actor: UserActor): Promise<User> {
  const [row] = await ctx.db.select().from(users).where(eq(users.id, actor.id));
  if (!row) throw notFound("user");
  return toUser(row);
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
  return toStreak(
    days.map((entry) => entry.activeDay),
    profile[0]?.timezone ?? "UTC",
    ctx.clock.now(),
  );
}
