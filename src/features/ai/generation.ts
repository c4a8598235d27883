import { and, eq } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { aiJobs } from "../../db/schema/ai.ts";
import { users } from "../../db/schema/users.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import type { GenerationInput } from "../../platform/ai/generation.ts";
import type { PromptTemplate } from "../../platform/ai/prompts.ts";
import { AppError, invalid, notFound } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { assertOpen, selectGate } from "../ai-operations/switches.ts";
import { activeTemplate, selectActiveTemplates } from "../ai-operations/templates.ts";
import { adoptChallenges, selectTitles } from "../challenges/proposals.ts";
import type { Challenge } from "../challenges/schema.ts";
import { mayWrite, standingOf } from "../challenges/service.ts";
import { getGoal } from "../goals/service.ts";
import { localDay } from "../xp/days.ts";
import { answerKey, recallAnswer } from "./answers.ts";
import { KeptGeneration, toResult } from "./generation-job.ts";
import { chargeJob, jobMessage, NOT_CHARGED } from "./jobs.ts";
import { hasQuota, quotaExceeded } from "./quota.ts";
import type { AcceptProposals, AiJob, GenerateChallenges } from "./schema.ts";
import { StoredGeneration, toAiJob } from "./schema.ts";

type Ctx = ServiceContext;
type JobRow = typeof aiJobs.$inferSelect;

/** Queues proposals for a goal. What was proposed before for the same goal, as it is now, is given again at no cost. */
export async function requestChallenges(ctx: Ctx, actor: UserActor, input: GenerateChallenges): Promise<AiJob> {
  const { timezone, template, facts } = await readFacts(ctx, actor, input);
  const kept = await recallAnswer(ctx, await answerKey(ctx, template, facts), KeptGeneration);
  const day = localDay(ctx.clock.now(), timezone);
  const row = jobRow(ctx, actor, input.goalId, facts, day);
  if (kept) {
    const done: JobRow = {
      ...row,
      status: "succeeded",
      result: toResult(kept),
      templateVersion: template.version,
      quotaDay: NOT_CHARGED,
    };
    await commit(ctx, [ctx.db.insert(aiJobs).values(done)]);
    return toAiJob(done);
  }
  const charged = [
    ensure(ctx.db, hasQuota(ctx, "jobs", actor.id, day)),
    ctx.db.insert(aiJobs).values(row),
    chargeJob(ctx, row.id),
  ];
  try {
    await commit(ctx, charged, [jobMessage(row.id)]);
  } catch (error) {
    if (!wasRefused(error)) throw error;
    throw quotaExceeded(ctx, "jobs", day, timezone);
  }
  return toAiJob(row);
}

async function readFacts(ctx: Ctx, actor: UserActor, input: GenerateChallenges) {
  const goal = await getGoal(ctx, actor, input.goalId);
  const [[standing], [profile], titles, templates, [gate]] = await ctx.db.batch([
    standingOf(ctx, actor, input.goalId),
    ctx.db.select({ timezone: users.timezone, locale: users.locale }).from(users).where(eq(users.id, actor.id)),
    selectTitles(ctx, input.goalId),
    selectActiveTemplates(ctx),
    selectGate(ctx),
  ]);
  if (!standing || !profile) throw notFound("goal");
  if (!mayWrite(standing, actor))
    throw new AppError("FORBIDDEN", "Only the goal's owner, or a teacher, may add challenges.");
  assertOpen(ctx, gate, "generate");
  const template: PromptTemplate = activeTemplate(templates, "generate-challenges");
  const facts: GenerationInput = {
    goal: { title: goal.title, description: goal.description, category: goal.category },
    milestones: goal.milestones.map(({ title, completedAt }) => ({ title, done: completedAt !== null })),
    existing: titles.map(({ existingTitle }) => existingTitle),
    count: input.count,
    difficulty: input.difficulty ?? null,
    topic: input.topic,
    language: input.language ?? profile.locale,
  };
  return { timezone: profile.timezone, template, facts };
}

function jobRow(ctx: Ctx, actor: UserActor, goalId: string, input: GenerationInput, quotaDay: string): JobRow {
  const now = ctx.clock.now();
  return {
    id: newId(),
    userId: actor.id,
    type: "generate_challenges",
    submissionId: null,
    goalId,
    input,
    status: "queued",
    result: null,
    templateVersion: null,
    error: null,
    attempts: 0,
    quotaDay,
    helpful: null,
    ratingComment: null,
    createdAt: now,
    updatedAt: now,
  };
}

/** Makes proposals into challenges. A proposal that is one already is given again as it is. */
export async function acceptProposals(
  ctx: Ctx,
  actor: UserActor,
  jobId: string,
  { indexes }: AcceptProposals,
): Promise<Challenge[]> {
  const [row] = await ctx.db
    .select({ goalId: aiJobs.goalId, status: aiJobs.status, result: aiJobs.result })
    .from(aiJobs)
    .where(and(eq(aiJobs.id, jobId), eq(aiJobs.userId, actor.id)));
  if (!row) throw notFound("job");
  const stored = StoredGeneration.safeParse(row.result);
  if (row.status !== "succeeded" || row.goalId === null || !stored.success)
    throw new AppError("JOB_WITHOUT_PROPOSALS", "There are no proposals here to accept.", {
      details: { status: row.status },
    });
  const { proposals } = stored.data;
  const chosen = [...new Set(indexes)].map((index) => {
    const proposal = proposals[index];
    if (proposal) return proposal;
    throw invalid(`body.indexes[${indexes.indexOf(index)}]`, "unknown", `0 to ${proposals.length - 1}`);
  });
  return await adoptChallenges(ctx, actor, row.goalId, chosen);
}
