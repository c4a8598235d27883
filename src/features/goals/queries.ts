import { and, desc, eq, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { goalDocuments, goals } from "../../db/schema/goals.ts";
import type { GoalFacts, GoalRow, MilestoneRow } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db">;

interface Read {
  goal: GoalRow;
  progress: string;
}

type Step = [
  id: string,
  title: string,
  dueDate: string | null,
  weight: number,
  position: number,
  completedAt: number | null,
];

/**
 * The one expression that progress comes from: floor of the weighted share of milestones (their weight) and of unarchived
 * challenges (one each) done by the goal's owner; 0 for a goal without either. JSON, in the order that `toFacts` takes apart.
 */
const progress = sql<string>`(
  SELECT json_array(
    CASE WHEN m.weight + c.total = 0 THEN 0 ELSE 100 * (m.done_weight + c.done) / (m.weight + c.total) END,
    m.done, m.total, c.done, c.total, json(m.steps))
  FROM (
    SELECT coalesce(sum(weight), 0) AS weight, coalesce(sum(weight) FILTER (WHERE completed_at IS NOT NULL), 0) AS done_weight,
      count(completed_at) AS done, count(*) AS total,
      json_group_array(json_array(id, title, due_date, weight, position, completed_at)) AS steps
    FROM (SELECT * FROM milestones WHERE goal_id = goals.id ORDER BY position)
  ) m, (
    SELECT count(*) AS total, count(*) FILTER (WHERE EXISTS (
      SELECT 1 FROM submissions s WHERE s.challenge_id = challenges.id AND s.author_id = goals.owner_id AND s.status = 'accepted'
    )) AS done
    FROM challenges WHERE goal_id = goals.id AND archived_at IS NULL
  ) c)`.as("progress");

const columns = { goal: goals, progress };

/** Goals with their milestones and progress, in one statement that reads no goal it does not return. */
export const selectGoals = (ctx: Ctx, where: SQL | undefined) =>
  ctx.db.select(columns).from(goals).where(where).$dynamic();

/** Goals that `match` an expression of `goals_search`, newest first, older than the one numbered `before`. */
export const searchGoals = (ctx: Ctx, match: string, before: number | null) =>
  ctx.db
    .select({ ...columns, seq: goalDocuments.seq })
    .from(sql`goals_search`)
    .innerJoin(goalDocuments, sql`${goalDocuments.seq} = goals_search.rowid`)
    .innerJoin(goals, eq(goals.id, goalDocuments.goalId))
    .where(and(sql`goals_search MATCH ${match}`, before === null ? undefined : olderThan(before)))
    .orderBy(desc(sql`goals_search.rowid`))
    .$dynamic();

/** D1 binds numbers as REAL, and FTS5 seeks to an INTEGER only: without the cast it reads every page before this one. */
const olderThan = (seq: number): SQL => sql`goals_search.rowid < CAST(${seq} AS INTEGER)`;

export function toFacts({ goal, progress }: Read): GoalFacts {
  const [percent, milestonesDone, milestonesTotal, challengesDone, challengesTotal, steps] = JSON.parse(progress) as [
    number,
    number,
    number,
    number,
    number,
    Step[],
  ];
  const milestones = steps.map(([id, title, dueDate, weight, position, completedAt]): MilestoneRow => ({
    id,
    goalId: goal.id,
    title,
    dueDate,
    weight,
    position,
    completedAt: completedAt === null ? null : new Date(completedAt),
  }));
  return {
    goal,
    milestones,
    progress: { percent, milestonesDone, milestonesTotal, challengesDone, challengesTotal },
  };
}

export async function findGoal(ctx: Ctx, id: string): Promise<GoalFacts | undefined> {
  const [read] = await selectGoals(ctx, eq(goals.id, id));
  return read && toFacts(read);
}
