import { eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { goals } from "../../db/schema/goals.ts";
import { users } from "../../db/schema/users.ts";
import type { OutboxMessage } from "../../events/outbox.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import type { Award } from "../xp/awards.ts";
import { activity, award, recentDays, xpChanged } from "../xp/awards.ts";
import type { ActiveDay } from "../xp/streak.ts";
import { localDay } from "../xp/days.ts";
import { DAILY_CAPS, XP } from "../xp/rules.ts";
import { findGoal, selectGoals, toFacts } from "./queries.ts";
import type { GoalFacts } from "./schema.ts";
import { toGoal } from "./schema.ts";

/** Given the current goal as clients see it, refuses when the caller saw another. */
export type Precondition = (current: unknown) => Promise<void>;

/** Mine, or public. */
export async function visible(ctx: ServiceContext, actor: UserActor, id: string): Promise<GoalFacts> {
  const facts = await findGoal(ctx, id);
  if (!facts || (facts.goal.ownerId !== actor.id && facts.goal.visibility !== "public")) throw notFound("goal");
  return facts;
}

/** For changes: another's public goal is known to exist, so it is 403; a private one is 404. */
export async function owned(
  ctx: ServiceContext,
  actor: UserActor,
  id: string,
  precondition?: Precondition,
): Promise<GoalFacts> {
  const facts = await visible(ctx, actor, id);
  if (facts.goal.ownerId !== actor.id) throw new AppError("FORBIDDEN", "Only its owner may change a goal.");
  await precondition?.(toGoal(facts));
  return facts;
}

/** Commits changes to a goal as it was read; whoever changed it in between wins, and this one is told. Returns it as it is then. */
export async function changeGoal(
  ctx: ServiceContext,
  { goal }: GoalFacts,
  statements: readonly Statement[],
  messages: readonly OutboxMessage[] = [],
): Promise<GoalFacts | undefined> {
  const unchanged = ensure(
    ctx.db,
    sql`EXISTS (SELECT 1 FROM goals WHERE id = ${goal.id} AND version = ${goal.version})`,
  );
  try {
    const results = await commit(ctx, [unchanged, ...statements, selectGoals(ctx, eq(goals.id, goal.id))], messages);
    // The last statement is the one above: a batch answers each with its own rows.
    const [read] = results.at(-1) as Awaited<ReturnType<typeof selectGoals>>;
    return read && toFacts(read);
  } catch (error) {
    if (wasRefused(error))
      throw new AppError("CONFLICT", "The goal was changed at the same moment; read it again and repeat your change.");
    throw error;
  }
}

/** A new version of the goal, for changes to what hangs on it. */
export const touch = (ctx: ServiceContext, goalId: string): Statement =>
  ctx.db
    .update(goals)
    .set({ version: sql`${goals.version} + 1`, updatedAt: ctx.clock.now() })
    .where(eq(goals.id, goalId));

export interface Pay {
  statements: Statement[];
  messages: OutboxMessage[];
}

/** What completing pays: the award, unless it was paid before or is over its daily cap, and the day of learning. */
export async function payFor(
  ctx: ServiceContext,
  facts: GoalFacts,
  reason: "milestone" | "goal",
  sourceId: string,
): Promise<Pay> {
  const { ownerId } = facts.goal;
  const [[profile], days] = await ctx.db.batch([
    ctx.db.select({ timezone: users.timezone }).from(users).where(eq(users.id, ownerId)),
    recentDays(ctx, ownerId),
  ]);
  return pay(ctx, facts, { reason, sourceId, timezone: profile?.timezone ?? "UTC", days });
}

export interface Due {
  reason: "milestone" | "goal";
  sourceId: string;
  /** The owner's. */
  timezone: string;
  days: readonly ActiveDay[];
}

/** `payFor`, for who has read the owner's zone and days already. */
export function pay(ctx: ServiceContext, { goal }: GoalFacts, { reason, sourceId, timezone, days }: Due): Pay {
  const entry: Award = {
    userId: goal.ownerId,
    amount: XP[reason],
    reason,
    sourceType: reason,
    sourceId,
    goalId: goal.id,
    category: goal.category,
    day: localDay(ctx.clock.now(), timezone),
    dailyCap: DAILY_CAPS[reason],
  };
  return {
    statements: [...award(ctx, entry), ...activity(ctx, { id: goal.ownerId, timezone }, days)],
    messages: [xpChanged(goal.ownerId, { goalId: goal.id, category: goal.category })],
  };
}
