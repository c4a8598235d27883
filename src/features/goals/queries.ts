import { and, asc, eq, inArray, isNull, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { challenges } from "../../db/schema/challenges.ts";
import { goals, milestones } from "../../db/schema/goals.ts";
import type { GoalFacts, GoalRow, MilestoneRow } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db">;

interface Counts {
  ofGoal: string;
  total: number;
  done: number;
}

/** Three reads of one batch, for the goals that `which` selects: themselves, their milestones, their challenges done by the owner. */
export function goalReads(ctx: Ctx, which: SQL) {
  const chosen = ctx.db.select({ id: goals.id }).from(goals).where(which);
  return [
    ctx.db.select().from(goals).where(which),
    ctx.db
      .select()
      .from(milestones)
      .where(inArray(milestones.goalId, chosen))
      .orderBy(asc(milestones.goalId), asc(milestones.position)),
    ctx.db
      .select({
        ofGoal: challenges.goalId,
        total: sql<number>`count(*)`.as("total"),
        done: sql<number>`sum(EXISTS (SELECT 1 FROM submissions s WHERE s.challenge_id = ${challenges.id} AND s.author_id = (SELECT owner_id FROM goals WHERE id = ${challenges.goalId}) AND s.status = 'accepted'))`.as(
          "done",
        ),
      })
      .from(challenges)
      .where(and(inArray(challenges.goalId, chosen), isNull(challenges.archivedAt)))
      .groupBy(challenges.goalId),
  ] as const;
}

/** Puts together what `goalReads` brought. */
export function assemble(
  rows: readonly GoalRow[],
  steps: readonly MilestoneRow[],
  counts: readonly Counts[],
): GoalFacts[] {
  const byGoal = Map.groupBy(steps, (step) => step.goalId);
  const countOf = new Map(counts.map((count) => [count.ofGoal, count]));
  return rows.map((goal) => ({
    goal,
    milestones: byGoal.get(goal.id) ?? [],
    challengesDone: countOf.get(goal.id)?.done ?? 0,
    challengesTotal: countOf.get(goal.id)?.total ?? 0,
  }));
}

export async function findGoal(ctx: Ctx, id: string): Promise<GoalFacts | undefined> {
  const [rows, steps, counts] = await ctx.db.batch(goalReads(ctx, eq(goals.id, id)));
  return assemble(rows, steps, counts)[0];
}
