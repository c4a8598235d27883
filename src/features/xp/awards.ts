import type { SQL } from "drizzle-orm";
import { and, desc, eq, gte, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import type { XP_REASONS } from "../../db/schema/xp.ts";
import { activityDays } from "../../db/schema/xp.ts";
import { users } from "../../db/schema/users.ts";
import type { OutboxMessage } from "../../events/outbox.ts";
import { event } from "../../events/outbox.ts";
import { newId } from "../../platform/ids.ts";
import { addDays, localDay } from "./days.ts";
import { RULES_VERSION, dailyBonusXp } from "./rules.ts";
import type { ActiveDay } from "./streak.ts";
import { streakOf } from "./streak.ts";

type Ctx = Pick<ServiceContext, "db" | "clock">;

export interface Award {
  userId: string;
  amount: number;
  reason: (typeof XP_REASONS)[number];
  sourceType: string;
  sourceId: string;
  goalId?: string;
  category?: string;
  /** The user's local day, which caps are counted by. */
  day: string;
  /** At most so many awards of this reason a local day, decided by the statement itself. */
  dailyCap?: number;
  /** Where this holds, the cap does not. */
  beyondCapIf?: SQL;
}

/** One ledger row and the balance that follows from it. Paid before, or over its cap, it changes nothing. */
export function award(ctx: Ctx, { dailyCap, beyondCapIf = sql`FALSE`, ...entry }: Award): Statement[] {
  const id = newId();
  const now = ctx.clock.now().getTime();
  const cap =
    dailyCap === undefined
      ? sql`TRUE`
      : sql`((SELECT count(*) FROM xp_entries WHERE user_id = ${entry.userId} AND reason = ${entry.reason} AND day = ${entry.day}) < ${dailyCap} OR ${beyondCapIf})`;
  return [
    ctx.db.run(sql`
      INSERT INTO xp_entries (id, user_id, amount, reason, source_type, source_id, goal_id, category, rules_version, balance, day, created_at)
      SELECT ${id}, id, ${entry.amount}, ${entry.reason}, ${entry.sourceType}, ${entry.sourceId}, ${entry.goalId ?? null}, ${entry.category ?? null},
        ${RULES_VERSION}, xp + ${entry.amount}, ${entry.day}, ${now}
      FROM users WHERE id = ${entry.userId} AND ${cap}
      ON CONFLICT DO NOTHING`),
    ctx.db
      .update(users)
      .set({ xp: sql`${users.xp} + ${entry.amount}` })
      .where(and(eq(users.id, entry.userId), sql`EXISTS (SELECT 1 FROM xp_entries WHERE id = ${id})`)),
  ];
}

export interface Learner {
  id: string;
  timezone: string;
}

/** What a streak needs of a day; to be spread into a select. */
export const activeDayColumns = {
  activeDay: activityDays.day,
  timezone: activityDays.timezone,
  at: activityDays.at,
  deeds: activityDays.deeds,
};

/** The days a streak can hang on. Two years back is more than any award looks at; `longest` comes from the whole list. */
export const recentDays = (ctx: Ctx, userId: string) =>
  ctx.db
    .select(activeDayColumns)
    .from(activityDays)
    .where(
      and(
        eq(activityDays.userId, userId),
        gte(activityDays.day, addDays(ctx.clock.now().toISOString().slice(0, 10), -800)),
      ),
    )
    .orderBy(desc(activityDays.day));

/** Marks today as a day of learning, or counts one more deed of it, and pays its bonus, once a local day however many requests race. */
export function activity(ctx: Ctx, learner: Learner, days: readonly ActiveDay[]): Statement[] {
  const now = ctx.clock.now();
  const day = localDay(now, learner.timezone);
  const today = { activeDay: day, timezone: learner.timezone, at: now };
  const streak = streakOf([today, ...days], now, learner.timezone);
  return [
    ctx.db
      .insert(activityDays)
      .values({ userId: learner.id, day, timezone: learner.timezone, at: now })
      .onConflictDoUpdate({
        target: [activityDays.userId, activityDays.day],
        set: { deeds: sql`${activityDays.deeds} + 1` },
      }),
    ...award(ctx, {
      userId: learner.id,
      amount: dailyBonusXp(streak.current),
      reason: "daily_bonus",
      sourceType: "day",
      sourceId: day,
      day,
    }),
  ];
}

/** Tells the boards that a ledger moved. */
export const xpChanged = (userId: string, of?: { goalId: string; category: string }): OutboxMessage =>
  event({
    type: "xp.changed",
    userId,
    scopes: ["global", ...(of ? [`goal:${of.goalId}`, `category:${of.category}`] : [])],
  });
