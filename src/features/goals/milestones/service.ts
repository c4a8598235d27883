import { eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../../context.ts";
import { untilUndisturbed } from "../../../db/guard.ts";
import { milestones } from "../../../db/schema/goals.ts";
import type { UserActor } from "../../../platform/actor.ts";
import { AppError, invalid, notFound } from "../../../platform/errors.ts";
import { newId } from "../../../platform/ids.ts";
import type { Statement } from "../../../db/client.ts";
import type { Due, Precondition } from "../changes.ts";
import { changeGoal, owned, pay, payFor, touch } from "../changes.ts";
import { isOrderOf } from "../rules.ts";
import type { Goal, GoalFacts, Milestone, MilestonePatch, MilestoneRow, NewMilestone } from "../schema.ts";
import { MAX_MILESTONES, toGoal, toMilestone } from "../schema.ts";

export const milestoneRow = (goalId: string, step: NewMilestone, position: number): MilestoneRow => ({
  id: newId(),
  goalId,
  title: step.title,
  dueDate: step.dueDate,
  weight: step.weight,
  position,
  completedAt: null,
});

export async function addMilestone(
  ctx: ServiceContext,
  actor: UserActor,
  goalId: string,
  input: NewMilestone,
): Promise<Milestone> {
  return await untilUndisturbed(async () => {
    const facts = await owned(ctx, actor, goalId);
    if (facts.milestones.length >= MAX_MILESTONES)
      throw new AppError("LIMIT_REACHED", `A goal has at most ${MAX_MILESTONES} milestones.`);
    const position = (facts.milestones.at(-1)?.position ?? -1) + 1;
    const row = milestoneRow(goalId, input, position);
    await changeGoal(ctx, facts, [ctx.db.insert(milestones).values(row), touch(ctx, goalId)]);
    return toMilestone(row);
  });
}

function stepOf(facts: GoalFacts, milestoneId: string): MilestoneRow {
  const step = facts.milestones.find((entry) => entry.id === milestoneId);
  if (!step) throw notFound("milestone");
  return step;
}

/** `precondition` is about the goal, which has the milestones in it. */
export async function updateMilestone(
  ctx: ServiceContext,
  actor: UserActor,
  { goalId, milestoneId, patch }: { goalId: string; milestoneId: string; patch: MilestonePatch },
  precondition: Precondition,
): Promise<Milestone> {
  return await untilUndisturbed(async () => {
    const facts = await owned(ctx, actor, goalId, precondition);
    const { title, dueDate, weight } = { ...stepOf(facts, milestoneId), ...patch };
    const change = ctx.db.update(milestones).set({ title, dueDate, weight }).where(eq(milestones.id, milestoneId));
    const changed = await changeGoal(ctx, facts, [change, touch(ctx, goalId)]);
    return toMilestone(stepOf(changed ?? facts, milestoneId));
  });
}

/** Challenges that belonged to it stay with the goal; XP that was paid for it stays. */
export async function deleteMilestone(
  ctx: ServiceContext,
  actor: UserActor,
  { goalId, milestoneId }: { goalId: string; milestoneId: string },
  precondition: Precondition,
): Promise<void> {
  return await untilUndisturbed(async () => {
    const facts = await owned(ctx, actor, goalId, precondition);
    stepOf(facts, milestoneId);
    await changeGoal(ctx, facts, [ctx.db.delete(milestones).where(eq(milestones.id, milestoneId)), touch(ctx, goalId)]);
  });
}

/** Puts the milestones into the order of `ids`, which must name all of them. */
export async function orderMilestones(
  ctx: ServiceContext,
  actor: UserActor,
  { goalId, ids }: { goalId: string; ids: readonly string[] },
  precondition: Precondition,
): Promise<Goal> {
  return await untilUndisturbed(async () => {
    const facts = await owned(ctx, actor, goalId, precondition);
    if (
      !isOrderOf(
        ids,
        facts.milestones.map(({ id }) => id),
      )
    )
      throw invalid("body.ids", "incomplete", "name every milestone of the goal, each once");
    const reorder = ctx.db.run(sql`
      UPDATE milestones SET position = entry.key FROM json_each(${JSON.stringify(ids)}) AS entry
      WHERE milestones.id = entry.value AND milestones.goal_id = ${goalId}`);
    return toGoal((await changeGoal(ctx, facts, [reorder, touch(ctx, goalId)])) ?? facts);
  });
}

/** Marks a milestone done, or takes it back. Its XP is paid once, at most five a day, and stays when it is taken back. */
export async function setCompletion(
  ctx: ServiceContext,
  actor: UserActor,
  { goalId, milestoneId, done }: { goalId: string; milestoneId: string; done: boolean },
  precondition: Precondition,
): Promise<Goal> {
  return await untilUndisturbed(async () => {
    const facts = await owned(ctx, actor, goalId, precondition);
    const step = stepOf(facts, milestoneId);
    if ((step.completedAt !== null) === done) return toGoal(facts);
    const paid = done ? await payFor(ctx, facts, "milestone", milestoneId) : { statements: [], messages: [] };
    const moved = [completion(ctx, facts, milestoneId, done), touch(ctx, goalId)];
    return toGoal((await changeGoal(ctx, facts, [...moved, ...paid.statements], paid.messages)) ?? facts);
  });
}

const completion = (ctx: ServiceContext, { goal }: GoalFacts, milestoneId: string, done: boolean): Statement =>
  ctx.db
    .update(milestones)
    .set(done ? { completedAt: ctx.clock.now(), completedBy: goal.ownerId } : { completedAt: null, completedBy: null })
    .where(eq(milestones.id, milestoneId));

/** Marks a milestone that is not done yet as done, and pays for it, together with `statements`: all of it, or `CONFLICT`. */
export async function completeWith(
  ctx: ServiceContext,
  facts: GoalFacts,
  due: Omit<Due, "reason">,
  statements: readonly Statement[],
): Promise<GoalFacts> {
  const { id: goalId } = facts.goal;
  const paid = pay(ctx, facts, { ...due, reason: "milestone" });
  const moved = [completion(ctx, facts, due.sourceId, true), touch(ctx, goalId)];
  return (await changeGoal(ctx, facts, [...statements, ...moved, ...paid.statements], paid.messages)) ?? facts;
}
