import { and, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { aiJobs } from "../../db/schema/ai.ts";
import { submissions } from "../../db/schema/challenges.ts";
import { users } from "../../db/schema/users.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { assertOpen, selectGate } from "../ai-operations/switches.ts";
import { localDay } from "../xp/days.ts";
import { enqueueFeedback, jobMessage } from "./jobs.ts";
import { hasQuota, quotaExceeded } from "./quota.ts";
import type { AiJob, RateJob, RequestFeedback } from "./schema.ts";
import { toAiJob } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "config" | "riders" | "relayLater">;
type JobRow = typeof aiJobs.$inferSelect;

/** Only the author may ask. Throws `QUOTA_EXCEEDED` with the seconds to local midnight. */
export async function requestFeedback(ctx: Ctx, actor: UserActor, input: RequestFeedback): Promise<AiJob> {
  const [[author], [gate]] = await ctx.db.batch([
    ctx.db
      .select({ timezone: users.timezone })
      .from(submissions)
      .innerJoin(users, eq(users.id, submissions.authorId))
      .where(and(eq(submissions.id, input.submissionId), eq(submissions.authorId, actor.id))),
    selectGate(ctx),
  ]);
  if (!author) throw notFound("submission");
  assertOpen(ctx, gate, "feedback");

  const now = ctx.clock.now();
  const day = localDay(now, author.timezone);
  const order = enqueueFeedback(ctx, { submissionId: input.submissionId, userId: actor.id, timezone: author.timezone });
  try {
    await commit(ctx, [ensure(ctx.db, hasQuota(ctx, "jobs", actor.id, day)), ...order.statements], [order.message]);
  } catch (error) {
    if (!wasRefused(error)) throw error;
    throw quotaExceeded(ctx, "jobs", day, author.timezone);
  }
  const instant = now.toISOString();
  return {
    id: order.jobId,
    type: "feedback",
    status: "queued",
    submissionId: input.submissionId,
    goalId: null,
    attempts: 0,
    rating: null,
    createdAt: instant,
    updatedAt: instant,
  };
}

export async function getJob(ctx: Pick<Ctx, "db">, actor: UserActor, jobId: string): Promise<AiJob> {
  const [[row], made] = await ctx.db.batch([
    ctx.db
      .select()
      .from(aiJobs)
      .where(and(eq(aiJobs.id, jobId), eq(aiJobs.userId, actor.id))),
    selectAccepted(ctx, jobId),
  ]);
  if (!row) throw notFound("job");
  return toAiJob(row, new Set(made.map(({ acceptedId }) => acceptedId)));
}

/** Which of a job's proposals are challenges by now: they have the ids that the proposals set aside. */
const selectAccepted = (ctx: Pick<Ctx, "db">, jobId: string) =>
  ctx.db
    .select({ acceptedId: sql<string>`challenges.id`.as("accepted_id") })
    .from(sql`challenges`)
    .where(
      sql`challenges.id IN (SELECT json_extract(value, '$.id') FROM json_each((SELECT result FROM ai_jobs WHERE id = ${jobId}), '$.proposals'))`,
    );

/** Starts a failed job over. It costs nothing: the failure gave its quota back. */
export async function retryJob(ctx: Ctx, actor: UserActor, jobId: string): Promise<AiJob> {
  const failed = sql`EXISTS (SELECT 1 FROM ai_jobs WHERE id = ${jobId} AND user_id = ${actor.id} AND status = 'failed')`;
  const restart = ctx.db
    .update(aiJobs)
    .set({ status: "queued", error: null, attempts: 0, updatedAt: ctx.clock.now() })
    .where(eq(aiJobs.id, jobId))
    .returning();
  try {
    const results = await commit(ctx, [ensure(ctx.db, failed), restart], [jobMessage(jobId)]);
    const [row] = results[1] as JobRow[];
    if (!row) throw notFound("job");
    return toAiJob(row);
  } catch (error) {
    if (!wasRefused(error)) throw error;
    const { status } = await getJob(ctx, actor, jobId);
    throw new AppError("JOB_NOT_RETRYABLE", "Only a failed job can be retried.", { details: { status } });
  }
}

/** What I think of a result; rating it again replaces the rating. */
export async function rateJob(ctx: Ctx, actor: UserActor, jobId: string, input: RateJob): Promise<AiJob> {
  const results = await commit(ctx, [
    ctx.db
      .update(aiJobs)
      .set({ helpful: input.helpful, ratingComment: input.comment })
      .where(and(eq(aiJobs.id, jobId), eq(aiJobs.userId, actor.id), eq(aiJobs.status, "succeeded")))
      .returning({ id: aiJobs.id }),
  ]);
  const job = await getJob(ctx, actor, jobId);
  if ((results[0] as unknown[]).length > 0) return job;
  throw new AppError("JOB_NOT_FINISHED", "Only a result can be rated.", { details: { status: job.status } });
}
