import { eq } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { users } from "../../db/schema/users.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import type { ExplanationAnswer } from "../../platform/ai/explanation.ts";
import { explanationTask } from "../../platform/ai/explanation-task.ts";
import { type AiAnswer, AiError, type StreamedTask } from "../../platform/ai/provider.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { assertOpen, selectGate } from "../ai-operations/switches.ts";
import { activeTemplate, selectActiveTemplates } from "../ai-operations/templates.ts";
import { localDay } from "../xp/days.ts";
import { answerKey, keepAnswer, recallAnswer } from "./answers.ts";
import { recordCall } from "./calls.ts";
import { chargeExplanation, giveBackExplanation, hasQuota, quotaExceeded } from "./quota.ts";
import { type Explain, type ExplainEvent, type Explanation, KeptExplanation } from "./schema.ts";

type Ctx = ServiceContext;

interface Asked {
  userId: string;
  timezone: string;
  day: string;
  key: string;
  templateVersion: number;
  task: StreamedTask<ExplanationAnswer>;
  startedAt: Date;
}

const RETRY_S = 5;
/** How long a stream waits for its first word: what fails sooner is a plain refusal, with its status. */
const PATIENCE_MS = 400;

/** One answer, from the cache or paid for. `signal` ends the call when nobody waits any more. */
export async function explain(ctx: Ctx, actor: UserActor, input: Explain, signal: AbortSignal): Promise<Explanation> {
  const asked = await prepare(ctx, actor, input);
  const known = await recallAnswer(ctx, asked.key, KeptExplanation);
  if (known) return { ...known, cached: true };
  // Whoever is charged gets an answer or the charge back, also after the client has gone.
  const work = answerCharged(ctx, asked, signal);
  ctx.later(work.catch(() => {}));
  return await work;
}

async function answerCharged(ctx: Ctx, asked: Asked, signal: AbortSignal): Promise<Explanation> {
  await charge(ctx, asked);
  try {
    return await finish(ctx, asked, await ctx.ai.complete(asked.task, { signal }));
  } catch (error) {
    throw await refunded(ctx, asked, error);
  }
}

/** The same, told while it is written. What fails at once is thrown, what fails later is an `error` event. */
export async function streamExplanation(
  ctx: Ctx,
  actor: UserActor,
  input: Explain,
  signal: AbortSignal,
): Promise<AsyncGenerator<ExplainEvent, void, undefined>> {
  const asked = await prepare(ctx, actor, input);
  const known = await recallAnswer(ctx, asked.key, KeptExplanation);
  if (known) return atOnce({ ...known, cached: true });
  await charge(ctx, asked);
  const answer = ctx.ai.stream(asked.task, { signal });
  const first = answer.next();
  try {
    // Not longer: only an answer that has begun can notice that its reader left.
    await Promise.race([first, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
    return follow(ctx, asked, answer, first);
  } catch (error) {
    throw await refunded(ctx, asked, error);
  }
}

async function* atOnce(explanation: Explanation): AsyncGenerator<ExplainEvent, void, undefined> {
  yield { event: "delta", data: { text: explanation.explanation } };
  yield { event: "done", data: explanation };
}

type Step = IteratorResult<string, AiAnswer<ExplanationAnswer>>;

async function* follow(
  ctx: Ctx,
  asked: Asked,
  answer: AsyncGenerator<string, AiAnswer<ExplanationAnswer>, undefined>,
  first: Promise<Step>,
): AsyncGenerator<ExplainEvent, void, undefined> {
  let delivered = false;
  let settled = false;
  try {
    let step = await first;
    while (step.done !== true) {
      delivered = true;
      yield { event: "delta", data: { text: step.value } };
      step = await answer.next();
    }
    const explanation = await finish(ctx, asked, step.value);
    settled = true;
    yield { event: "done", data: explanation };
  } catch (error) {
    settled = true;
    const { code, message } = await refunded(ctx, asked, error, delivered);
    yield { event: "error", data: { code, message } };
  } finally {
    // The reader left between two pieces.
    if (!settled) await refunded(ctx, asked, new AiError("CANCELLED", "The request was cancelled."), delivered);
  }
}

async function prepare(ctx: Ctx, actor: UserActor, input: Explain): Promise<Asked> {
  const startedAt = ctx.clock.now();
  const [[profile], templates, [gate]] = await ctx.db.batch([
    ctx.db.select({ timezone: users.timezone, locale: users.locale }).from(users).where(eq(users.id, actor.id)),
    selectActiveTemplates(ctx),
    selectGate(ctx),
  ]);
  if (!profile) throw notFound("user");
  assertOpen(ctx, gate, "explain");
  const template = activeTemplate(templates, "explain-concept");
  const question = { ...input, language: input.language ?? profile.locale };
  return {
    userId: actor.id,
    timezone: profile.timezone,
    day: localDay(startedAt, profile.timezone),
    key: await answerKey(ctx, template, question),
    templateVersion: template.version,
    task: explanationTask(question, template),
    startedAt,
  };
}

/** Before the call, and not through `commit`: a failed call must leave no idempotency key behind. */
async function charge(ctx: Ctx, { userId, day, timezone }: Asked): Promise<void> {
  const allowed = ensure(ctx.db, hasQuota(ctx, "explanations", userId, day));
  try {
    await batch(ctx.db, [allowed, chargeExplanation(ctx, userId, day)]);
  } catch (error) {
    if (!wasRefused(error)) throw error;
    throw quotaExceeded(ctx, "explanations", day, timezone);
  }
}

const callOf = ({ userId, templateVersion, startedAt }: Asked) => ({
  userId,
  templateVersion,
  startedAt,
  feature: "explain" as const,
});

async function finish(ctx: Ctx, asked: Asked, { value, usage }: AiAnswer<ExplanationAnswer>): Promise<Explanation> {
  await commit(ctx, recordCall(ctx, { ...callOf(asked), outcome: "OK", usage }));
  const kept: KeptExplanation = { ...value, provider: ctx.ai.name, model: ctx.ai.model };
  ctx.later(keepAnswer(ctx, asked.key, kept));
  return { ...kept, cached: false };
}

/** Gives the charge back, except to somebody who left with a part of the answer; returns the refusal to be told. */
async function refunded(ctx: Ctx, asked: Asked, error: unknown, delivered = false): Promise<AppError> {
  const known = error instanceof AiError ? error : undefined;
  const keeps = known?.reason === "CANCELLED" && delivered;
  const call = known ? recordCall(ctx, { ...callOf(asked), outcome: known.reason, usage: known.usage }) : [];
  await batch(ctx.db, [...(keeps ? [] : [giveBackExplanation(ctx, asked.userId, asked.day)]), ...call]);
  if (error instanceof AppError) return error;
  if (!known) throw error;
  ctx.logger.warn("ai explanation failed", { reason: known.reason });
  return new AppError("UNAVAILABLE", known.message, { retryAfter: known.retryAfter ?? RETRY_S, cause: error });
}
