import { and, desc, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { goals } from "../../db/schema/goals.ts";
import { studyLog } from "../../db/schema/progress.ts";
import { xpEntries } from "../../db/schema/xp.ts";
import type { UserActor } from "../../platform/actor.ts";
import { notFound } from "../../platform/errors.ts";
import { selectGoals, toFacts } from "../goals/queries.ts";
import { toMilestone } from "../goals/schema.ts";
import type { GoalProgress } from "./schema.ts";
import { toStudyEntry } from "./schema.ts";

const RECENT = 10;

/** How far a goal of mine, or a public one, has come, and what I have put into it. */
export async function getGoalProgress(
  ctx: Pick<ServiceContext, "db">,
  actor: UserActor,
  goalId: string,
): Promise<GoalProgress> {
  const mine = and(eq(studyLog.goalId, goalId), eq(studyLog.userId, actor.id));
  const [[read], [studied], [earned], recent] = await ctx.db.batch([
    selectGoals(ctx, eq(goals.id, goalId)),
    ctx.db
      .select({
        minutes: sql<number>`coalesce(sum(${studyLog.minutes}), 0)`.as("minutes_sum"),
        entries: sql<number>`count(*)`.as("entries"),
        lastAt: sql<number | null>`max(${studyLog.createdAt})`.as("last_at"),
      })
      .from(studyLog)
      .where(mine),
    ctx.db
      .select({
        xp: sql<number>`coalesce(sum(${xpEntries.amount}), 0)`.as("xp_sum"),
        accepted: acceptedBy(actor.id, goalId),
      })
      .from(xpEntries)
      .where(and(eq(xpEntries.goalId, goalId), eq(xpEntries.userId, actor.id))),
    ctx.db.select().from(studyLog).where(mine).orderBy(desc(studyLog.createdAt)).limit(RECENT),
  ]);
  if (!read || (read.goal.ownerId !== actor.id && read.goal.visibility !== "public")) throw notFound("goal");
  const { goal, milestones, progress } = toFacts(read);
  const { minutes = 0, entries = 0, lastAt = null } = studied ?? {};
  return {
    goalId: goal.id,
    title: goal.title,
    status: goal.status,
    ...progress,
    milestones: milestones.map(toMilestone),
    studied: { minutes, entries, lastAt: lastAt === null ? null : new Date(lastAt).toISOString() },
    accepted: earned?.accepted ?? 0,
    xp: earned?.xp ?? 0,
    recent: recent.map(toStudyEntry),
  };
}

const acceptedBy = (userId: string, goalId: string) =>
  sql<number>`(SELECT count(*) FROM challenges c WHERE c.goal_id = ${goalId} AND EXISTS (
    SELECT 1 FROM submissions s WHERE s.challenge_id = c.id AND s.author_id = ${userId} AND s.status = 'accepted'))`.as(
    "accepted",
  );
