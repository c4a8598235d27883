import { and, eq, inArray, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { aiJobs, aiUsage } from "../../db/schema/ai.ts";
import { submissions } from "../../db/schema/challenges.ts";
import { users } from "../../db/schema/users.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { addDays, endOfDay, localDay } from "../xp/days.ts";
import { enqueueFeedback, hasQuota, jobMessage } from "./jobs.ts";
import type { AiJob, AiUsage, RequestFeedback } from "./schema.ts";
import { toAiJob } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "config" | "riders" | "relayLater">;

/** Only the author may ask. Throws `QUOTA_EXCEEDED` with the seconds to local midnight. */
export async function requestFeedback(ctx: Ctx, actor: UserActor, input: RequestFeedback): Promise<AiJob> {
  const [author] = await ctx.db
    .select({ timezone: users.timezone })
    .from(submissions)
    .innerJoin(users, eq(users.id, submissions.authorId))
    .where(and(eq(submissions.id, input.submissionId), eq(submissions.authorId, actor.id)));
  if (!author) throw notFound("submission");

  const now = ctx.clock.now();
  const day = localDay(now, author.timezone);
  const order = enqueueFeedback(ctx, { submissionId: input.submissionId, userId: actor.id, timezone: author.timezone });
  try {
    await commit(ctx, [ensure(ctx.db, hasQuota(ctx, actor.id, day)), ...order.statements], [order.message]);
  } catch (error) {
    if (!wasRefused(error)) throw error;
    const retryAfter = (endOfDay(day, author.timezone).getTime() - now.getTime()) / 1000;
    throw new AppError("QUOTA_EXCEEDED", "Today's AI quota is spent; it is renewed at your midnight.", {
      details: { limit: ctx.config.AI_DAILY_JOBS },
      retryAfter,
    });
  }
  const instant = now.toISOString();
  return {
    id: order.jobId,
    type: "feedback",
    status: "queued",
    submissionId: input.submissionId,
    attempts: 0,
    createdAt: instant,
    updatedAt: instant,
  };
}

export async function getJob(ctx: Pick<Ctx, "db">, actor: UserActor, jobId: string): Promise<AiJob> {
  const [row] = await ctx.db
    .select()
    .from(aiJobs)
    .where(and(eq(aiJobs.id, jobId), eq(aiJobs.userId, actor.id)));
  if (!row) throw notFound("job");
  return toAiJob(row);
}

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
    const [row] = results[1] as (typeof aiJobs.$inferSelect)[];
    if (!row) throw notFound("job");
    return toAiJob(row);
  } catch (error) {
    if (!wasRefused(error)) throw error;
    const { status } = await getJob(ctx, actor, jobId);
    throw new AppError("JOB_NOT_RETRYABLE", "Only a failed job can be retried.", { details: { status } });
  }
}

export async function getUsage(ctx: Pick<Ctx, "db" | "clock" | "config">, actor: UserActor): Promise<AiUsage> {
  const now = ctx.clock.now();
  const utcDay = now.toISOString().slice(0, 10);
  const rows = await ctx.db
    .select({ timezone: users.timezone, day: aiUsage.day, kind: aiUsage.kind, used: aiUsage.used })
    .from(users)
    .leftJoin(
      aiUsage,
      and(eq(aiUsage.userId, users.id), inArray(aiUsage.day, [addDays(utcDay, -1), utcDay, addDays(utcDay, 1)])),
    )
    .where(eq(users.id, actor.id));
  const timezone = rows[0]?.timezone ?? "UTC";
  const day = localDay(now, timezone);
  const allowance = (kind: "jobs" | "explanations", limit: number) => {
    const used = rows.find((row) => row.day === day && row.kind === kind)?.used ?? 0;
    return { used, limit, remaining: Math.max(0, limit - used) };
  };
  return {
    day,
    jobs: allowance("jobs", ctx.config.AI_DAILY_JOBS),
    explanations: allowance("explanations", ctx.config.AI_DAILY_EXPLANATIONS),
    resetsAt: endOfDay(day, timezone).toISOString(),
  };
}
