import { and, desc, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { aiJobs } from "../../db/schema/ai.ts";
import type { OutboxMessage } from "../../events/outbox.ts";
import { message } from "../../events/outbox.ts";
import { newId } from "../../platform/ids.ts";
import { localDay } from "../xp/days.ts";
import { hasQuota } from "./quota.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "config">;

export interface FeedbackOrder {
  submissionId: string;
  userId: string;
  /** The user's zone: the quota is counted by their days. */
  timezone: string;
}

export interface EnqueuedJob {
  jobId: string;
  /** To be written in one batch with the submission, after it. With the quota spent they write nothing. */
  statements: Statement[];
  /** To be committed with them. Without a job its consumer does nothing. */
  message: OutboxMessage;
  /** Whether there was quota left, from the results of `statements`. */
  granted(results: readonly unknown[]): boolean;
}

export const jobMessage = (jobId: string): OutboxMessage => message("ai-feedback", { jobId });

/** A feedback job and the quota it costs, decided by the statements themselves: parallel requests cannot overspend. */
export function enqueueFeedback(ctx: Ctx, order: FeedbackOrder): EnqueuedJob {
  const now = ctx.clock.now();
  const day = localDay(now, order.timezone);
  const jobId = newId();
  const statements = [
    ctx.db.all(sql`
      INSERT INTO ai_jobs (id, user_id, type, submission_id, status, attempts, quota_day, created_at, updated_at)
      SELECT ${jobId}, ${order.userId}, 'feedback', id, 'queued', 0, ${day}, ${now.getTime()}, ${now.getTime()}
      FROM submissions WHERE id = ${order.submissionId} AND ${hasQuota(ctx, "jobs", order.userId, day)}
      RETURNING id AS job_id`),
    chargeJob(ctx, jobId),
  ];
  return {
    jobId,
    statements,
    message: jobMessage(jobId),
    granted: ([inserted]) => Array.isArray(inserted) && inserted.length > 0,
  };
}

/** Counts a job against the day it names; to follow its insertion. */
export const chargeJob = (ctx: Pick<Ctx, "db">, jobId: string): Statement =>
  ctx.db.run(sql`
    INSERT INTO ai_usage (user_id, day, kind, used)
    SELECT user_id, quota_day, 'jobs', 1 FROM ai_jobs WHERE id = ${jobId}
    ON CONFLICT (user_id, day, kind) DO UPDATE SET used = used + 1`);

/** Gives back what a job was charged. Put it before the statement that marks the job; it is charged no more after `NOT_CHARGED`. */
export const giveBackQuota = (ctx: Pick<Ctx, "db">, jobId: string): Statement =>
  ctx.db.run(sql`
    UPDATE ai_usage SET used = used - 1
    WHERE used > 0 AND kind = 'jobs' AND (user_id, day) = (SELECT user_id, quota_day FROM ai_jobs WHERE id = ${jobId})`);

/** The `quota_day` of a job whose quota was given back: a retry costs nothing, and gives nothing back again. */
export const NOT_CHARGED = "";

/** The newest feedback on a submission, for the batch that reads the submission. */
export const latestFeedback = (ctx: Pick<Ctx, "db">, submissionId: string) =>
  ctx.db
    .select({ feedbackResult: aiJobs.result })
    .from(aiJobs)
    .where(and(eq(aiJobs.submissionId, submissionId), eq(aiJobs.type, "feedback"), eq(aiJobs.status, "succeeded")))
    .orderBy(desc(aiJobs.id))
    .limit(1);
