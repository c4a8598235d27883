import { and, eq } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { goalMembers } from "../../db/schema/goals.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { notFound } from "../../platform/errors.ts";
import { findGoal } from "./queries.ts";
import type { Goal } from "./schema.ts";
import { toGoal } from "./schema.ts";

/** Joins a public goal's circle; joining again, or one's own, changes nothing. */
export async function joinCircle(ctx: ServiceContext, actor: UserActor, goalId: string): Promise<Goal> {
  const facts = await findGoal(ctx, goalId);
  const own = facts?.goal.ownerId === actor.id;
  if (!facts || (!own && facts.goal.visibility !== "public")) throw notFound("goal");
  const row = { goalId, userId: actor.id, joinedAt: ctx.clock.now() };
  if (!own) await commit(ctx, [ctx.db.insert(goalMembers).values(row).onConflictDoNothing()]);
  return toGoal(facts);
}

export async function leaveCircle(ctx: ServiceContext, actor: UserActor, goalId: string): Promise<void> {
  const mine = and(eq(goalMembers.goalId, goalId), eq(goalMembers.userId, actor.id));
  await commit(ctx, [ctx.db.delete(goalMembers).where(mine)]);
}
