import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { CHALLENGE_KINDS, DIFFICULTIES } from "../../db/schema/challenges.ts";
import { dashboardItems } from "../../db/schema/progress.ts";
import { reviewAssignments } from "../../db/schema/reviews.ts";
import { users } from "../../db/schema/users.ts";
import { searchGoals } from "../goals/queries.ts";
import { facet, matchOf } from "../goals/search.ts";
import { selectLeases } from "../reviews/leases.ts";
import { MAX_ITEMS } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock">;

const GOALS = 20;
const CIRCLES = 50;
const SHOWN = 10;

const activeOf = (userId: string): string => matchOf([facet.owner(userId), facet.status("active")]) ?? "";

export const selectLearner = (ctx: Ctx, userId: string) =>
  ctx.db.select({ xp: users.xp, timezone: users.timezone }).from(users).where(eq(users.id, userId));

export const selectActiveGoals = (ctx: Ctx, userId: string) => searchGoals(ctx, activeOf(userId), null).limit(GOALS);

export const selectOpenLeases = (ctx: Ctx, userId: string) =>
  selectLeases(ctx)
    .where(
      and(
        eq(reviewAssignments.reviewerId, userId),
        eq(reviewAssignments.state, "open"),
        gt(reviewAssignments.expiresAt, ctx.clock.now()),
      ),
    )
    .limit(SHOWN);

export const selectItems = (ctx: Ctx, userId: string) =>
  ctx.db
    .select()
    .from(dashboardItems)
    .where(eq(dashboardItems.userId, userId))
    .orderBy(asc(dashboardItems.id))
    .limit(MAX_ITEMS);

export interface DueRow {
  id: string;
  goalId: string;
  goalTitle: string;
  title: string;
  kind: (typeof CHALLENGE_KINDS)[number];
  difficulty: (typeof DIFFICULTIES)[number];
  points: number;
  dueAt: number;
}

/** Of each of my active goals and circles the next few that I have not mastered, and of all these the most urgent. */
export function selectDue(ctx: Ctx, userId: string) {
  const now = ctx.clock.now().getTime();
  return ctx.db.all<DueRow>(sql`
    WITH near AS (
      SELECT * FROM (SELECT d.goal_id FROM goals_search JOIN goal_documents d ON d.seq = goals_search.rowid
        WHERE goals_search MATCH ${activeOf(userId)} ORDER BY goals_search.rowid DESC LIMIT ${GOALS})
      UNION ALL
      SELECT * FROM (SELECT m.goal_id FROM goal_members m CROSS JOIN goals g ON g.id = m.goal_id
        WHERE m.user_id = ${userId} AND g.visibility = 'public' AND g.status = 'active' AND g.owner_id <> ${userId} LIMIT ${CIRCLES})
    )
    SELECT c.id AS id, c.goal_id AS goalId, (SELECT g.title FROM goals g WHERE g.id = c.goal_id) AS goalTitle, c.title AS title,
      c.kind AS kind, c.difficulty AS difficulty, c.points AS points, c.due_at AS dueAt
    FROM near CROSS JOIN challenges c ON c.rowid IN (
      SELECT d.rowid FROM challenges d WHERE d.goal_id = near.goal_id AND d.archived_at IS NULL AND d.due_at > ${now}
        AND NOT EXISTS (SELECT 1 FROM submissions s WHERE s.challenge_id = d.id AND s.author_id = ${userId} AND s.status = 'accepted')
      ORDER BY d.due_at LIMIT ${SHOWN})
    ORDER BY c.due_at, c.id LIMIT ${SHOWN}`);
}
