import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createContext, type ServiceContext } from "../../src/context.ts";
import { commit, type OutboxMessage } from "../../src/events/outbox.ts";
import { MAX_ATTEMPTS, runJob } from "../../src/features/ai/job-run.ts";
import { enqueueFeedback } from "../../src/features/ai/jobs.ts";
import { createOpenAiProvider } from "../../src/platform/ai/openai.ts";
import { eventually, get, post } from "../helpers/client.ts";
import { challenge, goal, type Learner, learner } from "../helpers/factories.ts";

const WORK =
  "My sister learned a thousand words in one year. The the reason was a habit: ten minutes each morning, with examples of her own.";
const RUBRIC = [{ criterion: "Evidence", description: "Claims have examples", weight: 2 }];

async function handIn(fields: Record<string, unknown> = {}) {
  const author = await learner(fields);
  const { id: goalId } = await goal(author);
  const { id: challengeId } = await challenge(author, goalId, { rubric: RUBRIC });
  const submitted = await post(
    "/api/v1/submissions",
    { challengeId, content: { text: WORK }, requestFeedback: false },
    author.token,
  );
  expect(submitted.status).toBe(201);
  return { author, challengeId, submissionId: submitted.data.id as string };
}

const ask = (submissionId: string, who: Learner) => post("/api/v1/ai/feedback", { submissionId }, who.token);
const job = async (id: string, who: Learner) => (await get(`/api/v1/ai/jobs/${id}`, who.token)).data;
const settledJob = (id: string, who: Learner) =>
  eventually(
    () => job(id, who),
    ({ status }) => status === "succeeded" || status === "failed",
  );
const usedJobs = async (who: Learner): Promise<number> => (await get("/api/v1/ai/usage", who.token)).data.jobs.used;
const outboxRows = async (id: string) =>
  (await env.DB.prepare("SELECT id FROM outbox WHERE id = ?").bind(id).all()).results.length;

/** A context whose provider is a model somewhere in the network, and which keeps what it would relay. */
function contextWithModel() {
  const relayed: OutboxMessage[] = [];
  const ctx: ServiceContext = {
    ...createContext(env, { waitUntil: () => {} }),
    ai: createOpenAiProvider({ baseUrl: "https://ai.test/v1", model: "m-1", timeoutMs: 1_000 }),
    relayLater: (messages) => void relayed.push(...messages),
  };
  return { ctx, relayed };
}

/** A job that no queue knows of, so that the test alone runs it. */
async function queuedJob(ctx: ServiceContext, author: Learner, submissionId: string) {
  const order = enqueueFeedback(ctx, { submissionId, userId: author.id, timezone: "UTC" });
  const results = await commit(ctx, order.statements, [order.message]);
  expect(order.granted(results)).toBe(true);
  return { jobId: order.jobId, messageId: order.message.envelope.id };
}

const modelAnswer = () =>
  Response.json({
    choices: [
      {
        message: {
          content: JSON.stringify({
            summary: "Good.",
            comments: [{ criterion: "Evidence", quote: "a thousand words", comment: "A number.", severity: "praise" }],
            nextSteps: [],
          }),
        },
      },
    ],
  });

afterEach(() => vi.restoreAllMocks());

describe("feedback", () => {
  test("goes through the queue, and the author reads it at the job and at the work", async () => {
    const { author, submissionId } = await handIn();
    const asked = await ask(submissionId, author);
    expect(asked).toMatchObject({
      status: 202,
      roundTrips: 2,
      data: { job: { type: "feedback", status: "queued", submissionId, attempts: 0 } },
    });
    expect(asked.headers.get("Location")).toBe(`/api/v1/ai/jobs/${asked.data.job.id}`);

    const done = await settledJob(asked.data.job.id, author);
    expect(done).toMatchObject({ status: "succeeded", attempts: 1, result: { provider: "offline", model: "coach-1" } });
    expect(done.result.comments.length).toBeGreaterThan(0);
    for (const comment of done.result.comments) {
      expect(WORK).toContain(comment.quote);
      expect(comment.criterion).toBe("Evidence");
    }
    expect((await get(`/api/v1/ai/jobs/${done.id}`, author.token)).roundTrips).toBe(1);
    expect((await get(`/api/v1/submissions/${submissionId}`, author.token)).data.feedback).toEqual(done.result);
    const usage = await get("/api/v1/ai/usage", author.token);
    expect(usage).toMatchObject({
      status: 200,
      roundTrips: 1,
      data: { jobs: { used: 1, limit: 20, remaining: 19 }, explanations: { used: 0, limit: 50 } },
    });
    const left = await env.DB.prepare("SELECT count(*) AS n FROM outbox WHERE queue = 'ai-feedback'").first<{
      n: number;
    }>();
    expect(left?.n).toBe(0);
  });

  test("comes with the hand-in unless it is declined", async () => {
    const { author, challengeId } = await handIn();
    const { id: goalId } = await goal(author);
    const other = await challenge(author, goalId, {});
    expect(other.id).not.toBe(challengeId);
    const submitted = await post(
      "/api/v1/submissions",
      { challengeId: other.id, content: { text: WORK } },
      author.token,
    );
    const done = await settledJob(submitted.data.feedbackJobId, author);
    expect(done.status).toBe("succeeded");
    expect(new Set(done.result.comments.map((comment: { criterion: string }) => comment.criterion))).toEqual(
      new Set(["Overall"]),
    );
    expect(await usedJobs(author)).toBe(1);
  });

  test("is nobody else's business", async () => {
    const { author, submissionId } = await handIn();
    const stranger = await learner();
    expect(await ask(submissionId, stranger)).toMatchObject({ status: 404, code: "NOT_FOUND" });
    const { job: mine } = (await ask(submissionId, author)).data;
    expect(await get(`/api/v1/ai/jobs/${mine.id}`, stranger.token)).toMatchObject({ status: 404, code: "NOT_FOUND" });
    expect(await post(`/api/v1/ai/jobs/${mine.id}/retry`, undefined, stranger.token)).toMatchObject({
      status: 404,
      code: "NOT_FOUND",
    });
    expect(await usedJobs(stranger)).toBe(0);
    expect(await get(`/api/v1/ai/jobs/${mine.id}`)).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
    expect(await post("/api/v1/ai/feedback", { submissionId: "x" }, author.token)).toMatchObject({
      status: 400,
      code: "VALIDATION_ERROR",
    });
  });
});

describe("the quota", () => {
  test("is exact under thirty requests at once, and does not stop the work itself", async () => {
    const { author, submissionId, challengeId } = await handIn({ timezone: "Asia/Tokyo" });
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(submissionId, author)));
    const refused = answers.filter((answer) => answer.status === 429);
    expect(answers.filter((answer) => answer.status === 202)).toHaveLength(20);
    expect(refused).toHaveLength(10);
    for (const answer of refused) {
      expect(answer.code).toBe("QUOTA_EXCEEDED");
      const wait = Number(answer.headers.get("Retry-After"));
      expect(wait > 0 && wait <= 86_400).toBe(true);
    }
    const usage = (await get("/api/v1/ai/usage", author.token)).data;
    expect(usage.jobs).toEqual({ used: 20, limit: 20, remaining: 0 });
    expect(usage.resetsAt).toMatch(/T15:00:00\.000Z$/);

    const { id: goalId } = await goal(author);
    const other = await challenge(author, goalId);
    expect(other.id).not.toBe(challengeId);
    const submitted = await post(
      "/api/v1/submissions",
      { challengeId: other.id, content: { text: WORK } },
      author.token,
    );
    expect(submitted).toMatchObject({
      status: 201,
      data: { status: "accepted", feedbackUnavailable: "QUOTA_EXCEEDED" },
    });
    expect(await usedJobs(author)).toBe(20);
  });

  test("is given back once when a job fails for good; a retry costs nothing", async () => {
    const { author, submissionId } = await handIn();
    const { ctx } = contextWithModel();
    const kept = await queuedJob(ctx, author, submissionId);
    const { jobId, messageId } = await queuedJob(ctx, author, submissionId);
    expect(await usedJobs(author)).toBe(2);

    const fetch = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("no", { status: 401 }));
    expect(await runJob(ctx, jobId, messageId)).toEqual({ done: true });
    expect(await job(jobId, author)).toMatchObject({
      status: "failed",
      attempts: 1,
      error: "The AI provider refused the request (401).",
    });
    expect(await usedJobs(author)).toBe(1);
    expect(await outboxRows(messageId)).toBe(0);

    await env.DB.prepare("UPDATE ai_jobs SET status = 'queued' WHERE id = ?").bind(jobId).run();
    await runJob(ctx, jobId, messageId);
    expect(await job(jobId, author)).toMatchObject({ status: "failed", attempts: 2 });
    expect(await usedJobs(author)).toBe(1);
    fetch.mockRestore();

    const retried = await Promise.all(
      [1, 2, 3].map(() => post(`/api/v1/ai/jobs/${jobId}/retry`, undefined, author.token)),
    );
    expect(retried.filter((answer) => answer.status === 202)).toMatchObject([
      { data: { job: { id: jobId, status: "queued", attempts: 0 } } },
    ]);
    expect(retried.filter((answer) => answer.code === "JOB_NOT_RETRYABLE")).toHaveLength(2);
    expect(await settledJob(jobId, author)).toMatchObject({ status: "succeeded", attempts: 1 });
    expect(await usedJobs(author)).toBe(1);
    expect(await post(`/api/v1/ai/jobs/${kept.jobId}/retry`, undefined, author.token)).toMatchObject({
      status: 422,
      code: "JOB_NOT_RETRYABLE",
    });
  });
});

describe("a job", () => {
  test("delivered many times at once and again later is done once", async () => {
    const { author, submissionId } = await handIn();
    const { ctx, relayed } = contextWithModel();
    const { jobId, messageId } = await queuedJob(ctx, author, submissionId);
    relayed.length = 0;
    const fetch = vi.spyOn(globalThis, "fetch").mockImplementation(async () => modelAnswer());
    await Promise.all(Array.from({ length: 5 }, () => runJob(ctx, jobId, messageId)));
    const first = await job(jobId, author);
    expect(first).toMatchObject({
      status: "succeeded",
      attempts: 1,
      result: { provider: "openai", model: "m-1", comments: [{ quote: "a thousand words" }] },
    });
    expect(await runJob(ctx, jobId, messageId)).toEqual({ done: true });
    expect(await job(jobId, author)).toEqual(first);
    expect(fetch).toHaveBeenCalledTimes(1);
    expect(relayed.map((entry) => entry.envelope.body)).toEqual([
      { type: "feedback.ready", jobId, submissionId, userId: author.id },
    ]);
    expect(await outboxRows(messageId)).toBe(0);
  });

  test("waits as long as the provider says, and fails when its attempts are used up", async () => {
    const { author, submissionId } = await handIn();
    const { ctx, relayed } = contextWithModel();
    const { jobId, messageId } = await queuedJob(ctx, author, submissionId);
    relayed.length = 0;
    vi.spyOn(globalThis, "fetch").mockImplementation(
      async () => new Response("busy", { status: 429, headers: { "retry-after": "70" } }),
    );
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) {
      expect(await runJob(ctx, jobId, messageId)).toEqual({ done: false, retryInSeconds: 70 });
      expect(await job(jobId, author)).toMatchObject({ status: "queued", attempts: attempt });
      const row = await env.DB.prepare("SELECT sent_at FROM outbox WHERE id = ?")
        .bind(messageId)
        .first<{ sent_at: number }>();
      expect(row?.sent_at).toBeGreaterThan(ctx.clock.now().getTime());
    }
    expect(await runJob(ctx, jobId, messageId)).toEqual({ done: true });
    expect(await job(jobId, author)).toMatchObject({
      status: "failed",
      attempts: MAX_ATTEMPTS,
      error: "The AI provider is busy (429).",
    });
    expect(await usedJobs(author)).toBe(0);
    expect(await outboxRows(messageId)).toBe(0);
    expect(relayed).toEqual([]);
  });

  test("that its worker left behind is taken over, one that is at work is not", async () => {
    const { author, submissionId } = await handIn();
    const { ctx } = contextWithModel();
    const { jobId, messageId } = await queuedJob(ctx, author, submissionId);
    const fetch = vi.spyOn(globalThis, "fetch").mockImplementation(async () => modelAnswer());
    const running = env.DB.prepare("UPDATE ai_jobs SET status = 'running', attempts = 1, updated_at = ? WHERE id = ?");

    await running.bind(ctx.clock.now().getTime(), jobId).run();
    expect(await runJob(ctx, jobId, messageId)).toEqual({ done: true });
    expect(fetch).not.toHaveBeenCalled();
    expect(await outboxRows(messageId)).toBe(1);

    await running.bind(ctx.clock.now().getTime() - 600_000, jobId).run();
    expect(await runJob(ctx, jobId, messageId)).toEqual({ done: true });
    expect(await job(jobId, author)).toMatchObject({ status: "succeeded", attempts: 2 });
  });

  test("that is not there is a message done", async () => {
    const { ctx } = contextWithModel();
    expect(await runJob(ctx, crypto.randomUUID(), crypto.randomUUID())).toEqual({ done: true });
  });
});
