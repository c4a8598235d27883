import { eq, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { goals } from "../../db/schema/goals.ts";
import type { GoalFacts, GoalRow, MilestoneRow } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db">;

interface Read {
  goal: GoalRow;
  /** JSON: rows of milestones, columns in the order that `toFacts` takes them apart. */
  steps: string;
  challengesTotal: number;
  challengesDone: number;
}

type Step = [
  id: string,
  title: string,
  dueDate: string | null,
  weight: number,
  position: number,
  completedAt: number | null,
];

/** Goals with their milestones and their challenges done by the owner, in one statement that reads no goal it does not return. */
export const selectGoals = (ctx: Ctx, where: SQL | undefined) =>
  ctx.db
    .select({
      goal: goals,
      steps: sql<string>`(SELECT json_group_array(json_array(m.id, m.title, m.due_date, m.weight, m.position, m.completed_at))
        FROM (SELECT * FROM milestones WHERE goal_id = goals.id ORDER BY position) m)`,
      challengesTotal: sql<number>`(SELECT count(*) FROM challenges c WHERE c.goal_id = goals.id AND c.archived_at IS NULL)`,
      challengesDone: sql<number>`(SELECT count(*) FROM challenges c WHERE c.goal_id = goals.id AND c.archived_at IS NULL
        AND EXISTS (SELECT 1 FROM submissions s WHERE s.challenge_id = c.id AND s.author_id = goals.owner_id AND s.status = 'accepted'))`,
    })
    .from(goals)
    .where(where);

export function toFacts({ goal, steps, ...counts }: Read): GoalFacts {
  const milestones = (JSON.parse(steps) as Step[]).map(
    ([id, title, dueDate, weight, position, completedAt]): MilestoneRow => ({
      id,
      goalId: goal.id,
      title,
      dueDate,
      weight,
      position,
      completedAt: completedAt === null ? null : new Date(completedAt),
    }),
  );
  return { goal, milestones, ...counts };
}

export async function findGoal(ctx: Ctx, id: string): Promise<GoalFacts | undefined> {
  const [read] = await selectGoals(ctx, eq(goals.id, id));
  return read && toFacts(read);
}
