import { and, eq, lt, or, sql } from "drizzle-orm";
import { batch } from "../../db/client.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { aiJobs, type JOB_TYPES } from "../../db/schema/ai.ts";
import { outbox } from "../../db/schema/events.ts";
import { commit, settled } from "../../events/outbox.ts";
import { AiError } from "../../platform/ai/provider.ts";
import { closedBy, selectGate } from "../ai-operations/switches.ts";
import { activeTemplate, selectActiveTemplates } from "../ai-operations/templates.ts";
import { recordCall } from "./calls.ts";
import { feedbackJob } from "./feedback-job.ts";
import { generationJob } from "./generation-job.ts";
import { type Done, type JobKind, selectWork, type WorkCtx } from "./job-work.ts";
import { giveBackQuota, NOT_CHARGED } from "./jobs.ts";

export const MAX_ATTEMPTS = 3;
/** Longer than two calls of the provider may take: after it whoever held the job has died. */
const LEASE_MS = 150_000;
const FIRST_DELAY_S = 5;
const MAX_DELAY_S = 600;

const KINDS: Record<(typeof JOB_TYPES)[number], JobKind> = {
  feedback: feedbackJob,
  generate_challenges: generationJob,
};

export type RunOutcome = { done: true } | { done: false; retryInSeconds: number };

interface Claim {
  jobId: string;
  messageId: string;
  attempt: number;
  userId: string;
  kind: JobKind;
  templateVersion: number;
  startedAt: Date;
}

/** Runs a job once. Delivered twice, or while another delivery is at work, it changes nothing. */
export async function runJob(ctx: WorkCtx, jobId: string, messageId: string): Promise<RunOutcome> {
  const startedAt = ctx.clock.now();
  const free = or(
    eq(aiJobs.status, "queued"),
    and(eq(aiJobs.status, "running"), lt(aiJobs.updatedAt, new Date(startedAt.getTime() - LEASE_MS))),
  );
  const [[claimed], [work], templates, [gate]] = await ctx.db.batch([
    ctx.db
      .update(aiJobs)
      .set({ status: "running", attempts: sql`${aiJobs.attempts} + 1`, updatedAt: startedAt })
      .where(and(eq(aiJobs.id, jobId), free))
      .returning({ attempts: aiJobs.attempts }),
    selectWork(ctx, jobId),
    selectActiveTemplates(ctx),
    selectGate(ctx),
  ]);
  if (claimed === undefined || work === undefined) {
    const atWork = work?.jobStatus === "running";
    if (!atWork) await batch(ctx.db, [settled(ctx.db, messageId)]);
    return { done: true };
  }
  const kind = KINDS[work.type];
  const template = activeTemplate(templates, kind.template);
  const { attempts: attempt } = claimed;
  const claim = { jobId, messageId, attempt, userId: work.userId, kind, templateVersion: template.version, startedAt };
  try {
    const closed = closedBy(ctx, gate, kind.feature);
    if (closed !== null) throw new AiError("REFUSED", closed);
    if (attempt > MAX_ATTEMPTS) throw new AiError("UPSTREAM", "The job was interrupted too often.");
    return await succeed(ctx, claim, await kind.run(ctx, jobId, work, template));
  } catch (error) {
    if (wasRefused(error)) return { done: true };
    return await fail(ctx, claim, error);
  }
}

/** Aborts the batch when another delivery has taken the job over meanwhile. */
const stillMine = (ctx: WorkCtx, { jobId, attempt }: Claim) =>
  ensure(
    ctx.db,
    sql`EXISTS (SELECT 1 FROM ai_jobs WHERE id = ${jobId} AND status = 'running' AND attempts = ${attempt})`,
  );

const callOf = ({ jobId, userId, kind, templateVersion, startedAt }: Claim) => ({
  jobId,
  userId,
  feature: kind.feature,
  templateVersion,
  startedAt,
});

async function succeed(ctx: WorkCtx, claim: Claim, { result, usage, messages }: Done): Promise<RunOutcome> {
  const { jobId, templateVersion, kind } = claim;
  ctx.logger.info("ai job", { jobId, feature: kind.feature, provider: ctx.ai.name, model: ctx.ai.model, ...usage });
  await commit(
    ctx,
    [
      stillMine(ctx, claim),
      ctx.db
        .update(aiJobs)
        .set({ status: "succeeded", result, templateVersion, error: null, updatedAt: ctx.clock.now() })
        .where(eq(aiJobs.id, jobId)),
      ...recordCall(ctx, { ...callOf(claim), outcome: "OK", usage }),
      settled(ctx.db, claim.messageId),
    ],
    messages,
  );
  return { done: true };
}

async function fail(ctx: WorkCtx, claim: Claim, error: unknown): Promise<RunOutcome> {
  const known =
    error instanceof AiError ? error : new AiError("UPSTREAM", "Something went wrong on our side.", { cause: error });
  ctx.logger.error("ai job failed", error, { jobId: claim.jobId, attempt: claim.attempt, reason: known.reason });
  const forGood = !known.retryable || claim.attempt >= MAX_ATTEMPTS;
  const retryInSeconds = Math.min(MAX_DELAY_S, known.retryAfter ?? backOff(claim.attempt));
  const call = recordCall(ctx, { ...callOf(claim), outcome: known.reason, usage: known.usage });
  const after = forGood ? ended(ctx, claim, known.message) : postponed(ctx, claim, retryInSeconds);
  try {
    await batch(ctx.db, [stillMine(ctx, claim), ...after, ...call]);
    return forGood ? { done: true } : { done: false, retryInSeconds };
  } catch (refusal) {
    if (wasRefused(refusal)) return { done: true };
    throw refusal;
  }
}

const ended = (ctx: WorkCtx, { jobId, messageId }: Claim, reason: string) => [
  giveBackQuota(ctx, jobId),
  ctx.db
    .update(aiJobs)
    .set({ status: "failed", error: reason, quotaDay: NOT_CHARGED, updatedAt: ctx.clock.now() })
    .where(eq(aiJobs.id, jobId)),
  settled(ctx.db, messageId),
];

function postponed(ctx: WorkCtx, { jobId, messageId }: Claim, seconds: number) {
  const now = ctx.clock.now();
  return [
    ctx.db.update(aiJobs).set({ status: "queued", updatedAt: now }).where(eq(aiJobs.id, jobId)),
    // The sweep counts from here, so that it does not overtake the retry.
    ctx.db
      .update(outbox)
      .set({ sentAt: new Date(now.getTime() + seconds * 1000) })
      .where(eq(outbox.id, messageId)),
  ];
}

/** Seconds: doubled each time, plus up to half of it at random, so that a crowd of jobs does not return at once. */
const backOff = (attempt: number): number => Math.ceil(FIRST_DELAY_S * 2 ** (attempt - 1) * (1 + Math.random() / 2));
