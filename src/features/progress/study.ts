import { eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { ensure, untilUndisturbed, wasRefused } from "../../db/guard.ts";
import { goals } from "../../db/schema/goals.ts";
import { studyLog } from "../../db/schema/progress.ts";
import { users } from "../../db/schema/users.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, invalid, notFound } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { maySee, standingOf } from "../challenges/service.ts";
import { completeWith } from "../goals/milestones/service.ts";
import { selectGoals, toFacts } from "../goals/queries.ts";
import type { GoalFacts } from "../goals/schema.ts";
import { activity, recentDays, xpChanged } from "../xp/awards.ts";
import { localDay } from "../xp/days.ts";
import type { ActiveDay } from "../xp/streak.ts";
import { toStreak } from "../xp/schema.ts";
import type { LoggedStudy, NewStudyEntry } from "./schema.ts";
import { toStudyEntry } from "./schema.ts";

type StudyRow = typeof studyLog.$inferSelect;

interface Read {
  facts: GoalFacts;
  timezone: string;
  days: readonly ActiveDay[];
}

/** Logs learning on one's own goal, or one of whose circle one is: one read, one write. It makes today a day of learning. */
export const logStudy = (ctx: ServiceContext, actor: UserActor, input: NewStudyEntry): Promise<LoggedStudy> =>
  untilUndisturbed(() => logOnce(ctx, actor, input));

async function logOnce(ctx: ServiceContext, actor: UserActor, input: NewStudyEntry): Promise<LoggedStudy> {
  const read = await readFor(ctx, actor, input);
  const { facts, timezone, days } = read;
  const now = ctx.clock.now();
  const completes = input.completed && stepOf(facts, input.milestoneId)?.completedAt === null;
  const row: StudyRow = {
    id: newId(),
    userId: actor.id,
    goalId: input.goalId,
    milestoneId: input.milestoneId ?? null,
    minutes: input.minutes ?? null,
    note: input.note,
    completed: completes,
    day: localDay(now, timezone),
    createdAt: now,
  };
  const { progress } = completes ? await completing(ctx, row, read) : await logging(ctx, row, read);
  const today = { activeDay: row.day, timezone, at: now };
  return { ...toStudyEntry(row), progress, streak: toStreak([today, ...days], timezone, now) };
}

async function readFor(ctx: ServiceContext, actor: UserActor, input: NewStudyEntry): Promise<Read> {
  const { goalId, milestoneId, completed } = input;
  const [[goal], [standing], [profile], days] = await ctx.db.batch([
    selectGoals(ctx, eq(goals.id, goalId)),
    standingOf(ctx, actor, goalId),
    ctx.db.select({ timezone: users.timezone }).from(users).where(eq(users.id, actor.id)),
    recentDays(ctx, actor.id),
  ]);
  if (!goal || !profile || !maySee(standing, actor)) throw notFound("goal");
  const facts = toFacts(goal);
  const mine = standing.ownerId === actor.id;
  if (!mine && !standing.isMember)
    throw new AppError("NOT_A_MEMBER", "Join the goal's circle to log what you study for it.");
  if (milestoneId !== undefined && !stepOf(facts, milestoneId))
    throw invalid("body.milestoneId", "unknown", "is no milestone of this goal");
  if (completed && !mine) throw new AppError("FORBIDDEN", "Only its owner may complete a goal's milestones.");
  return { facts, timezone: profile.timezone, days };
}

const stepOf = ({ milestones }: GoalFacts, milestoneId: string | undefined) =>
  milestones.find(({ id }) => id === milestoneId);

const completing = (ctx: ServiceContext, row: StudyRow, { facts, timezone, days }: Read): Promise<GoalFacts> =>
  completeWith(ctx, facts, { sourceId: row.milestoneId ?? "", timezone, days }, [ctx.db.insert(studyLog).values(row)]);

async function logging(ctx: ServiceContext, row: StudyRow, { facts, timezone, days }: Read): Promise<GoalFacts> {
  const { userId, goalId, milestoneId } = row;
  const stillThere = sql`EXISTS (SELECT 1 FROM goals WHERE id = ${goalId})
    AND (${milestoneId} IS NULL OR EXISTS (SELECT 1 FROM milestones WHERE id = ${milestoneId}))`;
  try {
    await commit(
      ctx,
      [
        ensure(ctx.db, stillThere),
        ctx.db.insert(studyLog).values(row),
        ...activity(ctx, { id: userId, timezone }, days),
      ],
      [xpChanged(userId)],
    );
  } catch (error) {
    throw wasRefused(error) ? notFound("goal") : error;
  }
  return facts;
}
