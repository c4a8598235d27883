import { and, eq, lt, or, sql } from "drizzle-orm";
import { z } from "zod";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { aiJobs } from "../../db/schema/ai.ts";
import { challenges, submissions } from "../../db/schema/challenges.ts";
import { outbox } from "../../db/schema/events.ts";
import { commit, event, settled } from "../../events/outbox.ts";
import type { FeedbackInput, FeedbackResult } from "../../platform/ai/feedback.ts";
import { feedbackTask } from "../../platform/ai/feedback-task.ts";
import { AiError } from "../../platform/ai/provider.ts";
import { giveBackQuota, NOT_CHARGED } from "./jobs.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "config" | "riders" | "relayLater" | "ai" | "logger">;

export const MAX_ATTEMPTS = 3;
/** Longer than two calls of the provider may take: after it whoever held the job has died. */
const LEASE_MS = 150_000;
const FIRST_DELAY_S = 5;
const MAX_DELAY_S = 600;

export type RunOutcome = { done: true } | { done: false; retryInSeconds: number };

interface Claim {
  jobId: string;
  messageId: string;
  attempt: number;
}

/** Runs a feedback job once. Delivered twice, or while another delivery is at work, it changes nothing. */
export async function runFeedback(ctx: Ctx, jobId: string, messageId: string): Promise<RunOutcome> {
  const now = ctx.clock.now();
  const free = or(
    eq(aiJobs.status, "queued"),
    and(eq(aiJobs.status, "running"), lt(aiJobs.updatedAt, new Date(now.getTime() - LEASE_MS))),
  );
  const [[claimed], [found]] = await ctx.db.batch([
    ctx.db
      .update(aiJobs)
      .set({ status: "running", attempts: sql`${aiJobs.attempts} + 1`, updatedAt: now })
      .where(and(eq(aiJobs.id, jobId), eq(aiJobs.type, "feedback"), free))
      .returning({ attempts: aiJobs.attempts }),
    selectWork(ctx, jobId),
  ]);
  if (claimed === undefined || found === undefined) {
    const atWork = found?.jobStatus === "running";
    if (!atWork) await batch(ctx.db, [settled(ctx.db, messageId)]);
    return { done: true };
  }
  const claim = { jobId, messageId, attempt: claimed.attempts };
  try {
    if (claim.attempt > MAX_ATTEMPTS) throw new AiError("UPSTREAM", "The job was interrupted too often.");
    const { value, usage } = await ctx.ai.complete(feedbackTask(toInput(found)));
    ctx.logger.info("ai feedback", { jobId, provider: ctx.ai.name, model: ctx.ai.model, ...usage });
    return await succeed(ctx, claim, found, { ...value, provider: ctx.ai.name, model: ctx.ai.model });
  } catch (error) {
    if (wasRefused(error)) return { done: true };
    return await fail(ctx, claim, error);
  }
}

const selectWork = (ctx: Ctx, jobId: string) =>
  ctx.db
    .select({
      jobStatus: aiJobs.status,
      userId: aiJobs.userId,
      submissionId: submissions.id,
      content: submissions.content,
      rubric: submissions.rubric,
      kind: challenges.kind,
      title: challenges.title,
      description: challenges.description,
      rules: challenges.rules,
    })
    .from(aiJobs)
    .innerJoin(submissions, eq(submissions.id, aiJobs.submissionId))
    .innerJoin(challenges, eq(challenges.id, submissions.challengeId))
    .where(eq(aiJobs.id, jobId));

type Work = Awaited<ReturnType<typeof selectWork>>[number];

/** Aborts the batch when another delivery has taken the job over meanwhile. */
const stillMine = (ctx: Ctx, { jobId, attempt }: Claim) =>
  ensure(
    ctx.db,
    sql`EXISTS (SELECT 1 FROM ai_jobs WHERE id = ${jobId} AND status = 'running' AND attempts = ${attempt})`,
  );

async function succeed(ctx: Ctx, claim: Claim, work: Work, result: FeedbackResult): Promise<RunOutcome> {
  await commit(
    ctx,
    [
      stillMine(ctx, claim),
      ctx.db
        .update(aiJobs)
        .set({ status: "succeeded", result, error: null, updatedAt: ctx.clock.now() })
        .where(eq(aiJobs.id, claim.jobId)),
      settled(ctx.db, claim.messageId),
    ],
    [event({ type: "feedback.ready", jobId: claim.jobId, submissionId: work.submissionId, userId: work.userId })],
  );
  return { done: true };
}

async function fail(ctx: Ctx, claim: Claim, error: unknown): Promise<RunOutcome> {
  const known =
    error instanceof AiError ? error : new AiError("UPSTREAM", "Something went wrong on our side.", { cause: error });
  ctx.logger.error("ai feedback failed", error, { jobId: claim.jobId, attempt: claim.attempt, reason: known.reason });
  const now = ctx.clock.now();
  const mine = stillMine(ctx, claim);
  const job = eq(aiJobs.id, claim.jobId);
  try {
    if (!known.retryable || claim.attempt >= MAX_ATTEMPTS) {
      const failed = ctx.db
        .update(aiJobs)
        .set({ status: "failed", error: known.message, quotaDay: NOT_CHARGED, updatedAt: now })
        .where(job);
      await batch(ctx.db, [mine, giveBackQuota(ctx, claim.jobId), failed, settled(ctx.db, claim.messageId)]);
      return { done: true };
    }
    const retryInSeconds = Math.min(MAX_DELAY_S, known.retryAfter ?? backOff(claim.attempt));
    const sentAt = new Date(now.getTime() + retryInSeconds * 1000);
    await batch(ctx.db, [
      mine,
      ctx.db.update(aiJobs).set({ status: "queued", updatedAt: now }).where(job),
      // The sweep counts from here, so that it does not overtake the retry.
      ctx.db.update(outbox).set({ sentAt }).where(eq(outbox.id, claim.messageId)),
    ]);
    return { done: false, retryInSeconds };
  } catch (refusal) {
    if (wasRefused(refusal)) return { done: true };
    throw refusal;
  }
}

/** Seconds: doubled each time, plus up to half of it at random, so that a crowd of jobs does not return at once. */
const backOff = (attempt: number): number => Math.ceil(FIRST_DELAY_S * 2 ** (attempt - 1) * (1 + Math.random() / 2));

const Rules = z.object({
  minWords: z.number().optional().catch(undefined),
  maxWords: z.number().optional().catch(undefined),
  mustInclude: z.array(z.string()).optional().catch(undefined),
  language: z.string().optional().catch(undefined),
});

function toInput(work: Work): FeedbackInput {
  const rules = Rules.parse(work.rules);
  const { language } = work.content;
  return {
    kind: work.kind,
    work: workText(work.kind, work.content),
    language: typeof language === "string" ? language : rules.language,
    title: work.title,
    description: work.description,
    rubric: work.rubric,
    rules,
  };
}

/** The work as one text, which quotes are taken from. */
function workText(kind: FeedbackInput["kind"], content: Record<string, unknown>): string {
  if (kind === "quiz") return JSON.stringify(content["answers"] ?? {}, null, 1);
  const text = content[{ text: "text", code: "code", link: "url" }[kind]];
  return typeof text === "string" ? text : "";
}
