import { and, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { goalMembers } from "../../db/schema/goals.ts";
import { commit, event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { visible } from "./changes.ts";
import type { Goal } from "./schema.ts";
import { toGoal } from "./schema.ts";

/** Joins a public goal's circle; joining again, or one's own, changes nothing. */
export async function joinCircle(ctx: ServiceContext, actor: UserActor, goalId: string): Promise<Goal> {
  const facts = await visible(ctx, actor, goalId);
  if (facts.goal.ownerId === actor.id) return toGoal(facts);
  const now = ctx.clock.now().getTime();
  const join = ctx.db.run(sql`
    INSERT INTO goal_members (goal_id, user_id, joined_at)
    SELECT id, ${actor.id}, ${now} FROM goals WHERE id = ${goalId} AND visibility = 'public' ON CONFLICT DO NOTHING`);
  await commit(ctx, [join], [event({ type: "circle.changed", goalId, userId: actor.id, change: "joined" })]);
  return toGoal(facts);
}

/** Leaves a circle, also one whose goal has become private since; who is in none has left. The owner stays. */
export async function leaveCircle(ctx: ServiceContext, actor: UserActor, goalId: string): Promise<void> {
  const mine = and(eq(goalMembers.goalId, goalId), eq(goalMembers.userId, actor.id));
  const [goal] = await ctx.db.all<{ owner: string; visibility: string; member: number }>(sql`
    SELECT owner_id AS owner, visibility,
      EXISTS (SELECT 1 FROM goal_members WHERE goal_id = goals.id AND user_id = ${actor.id}) AS member
    FROM goals WHERE id = ${goalId}`);
  if (goal?.owner === actor.id) throw new AppError("OWNER_CANNOT_LEAVE", "The circle of a goal is its owner's.");
  if (!goal || (goal.visibility !== "public" && !goal.member)) throw notFound("goal");
  if (!goal.member) return;
  const left = event({ type: "circle.changed", goalId, userId: actor.id, change: "left" });
  await commit(ctx, [ctx.db.delete(goalMembers).where(mine)], [left]);
}
