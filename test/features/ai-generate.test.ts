import { describe, expect, test } from "vitest";
import { requestChallenges } from "../../src/features/ai/generation.ts";
import { runJob } from "../../src/features/ai/job-run.ts";
import { call, eventually, get, post } from "../helpers/client.ts";
import { goal, type Learner, learner, staff } from "../helpers/factories.ts";
import { callsOf, contextWith, modelThat } from "../helpers/model.ts";

const PATH = "/api/v1/ai/generate-challenges";
const job = async (id: string, who: Learner) => (await get(`/api/v1/ai/jobs/${id}`, who.token)).data;
const usedJobs = async (who: Learner): Promise<number> => (await get("/api/v1/ai/usage", who.token)).data.jobs.used;
const accept = (id: string, indexes: number[], who: Learner) =>
  post(`/api/v1/ai/jobs/${id}/accept`, { indexes }, who.token);
const challengesOf = async (goalId: string, who: Learner) =>
  (await get(`/api/v1/challenges?goalId=${goalId}&limit=50`, who.token)).data as { id: string; source: string }[];

async function proposed(who: Learner, goalId: string, fields: Record<string, unknown> = {}) {
  const asked = await post(PATH, { goalId, count: 3, ...fields }, who.token);
  expect(asked.status).toBe(202);
  return await eventually(
    () => job(asked.data.job.id, who),
    ({ status }) => status === "succeeded" || status === "failed",
  );
}

describe("proposals", () => {
  test("come by the queue, follow difficulty and milestones, and add nothing by themselves", async () => {
    const owner = await learner();
    const { id: goalId } = await goal(owner, {
      title: "Speak Spanish",
      milestones: [{ title: "First words" }, { title: "Order a meal" }],
    });
    const asked = await post(PATH, { goalId, count: 4, difficulty: "advanced" }, owner.token);
    expect(asked).toMatchObject({
      status: 202,
      data: { job: { type: "generate_challenges", status: "queued", goalId } },
    });
    expect(asked.headers.get("Location")).toBe(`/api/v1/ai/jobs/${asked.data.job.id}`);
    const done = await eventually(
      () => job(asked.data.job.id, owner),
      ({ status }) => status === "succeeded",
    );
    const { proposals, provider } = done.result;
    expect(provider).toBe("offline");
    expect(proposals).toHaveLength(4);
    expect(new Set(proposals.map((one: { title: string }) => one.title)).size).toBe(4);
    for (const [index, one] of proposals.entries()) {
      expect(one).toMatchObject({ index, difficulty: "advanced", challengeId: null });
      expect(one.points).toBeLessThanOrEqual(100);
      expect(one.rubric.length).toBeGreaterThan(0);
    }
    expect(proposals.map((one: { milestone: string }) => one.milestone)).toEqual([
      "First words",
      "Order a meal",
      "First words",
      "Order a meal",
    ]);
    expect(await challengesOf(goalId, owner)).toEqual([]);
    expect(await usedJobs(owner)).toBe(1);
  });

  test("asked for again are the same at no cost, until the goal has changed", async () => {
    const owner = await learner();
    const { id: goalId } = await goal(owner);
    const first = await proposed(owner, goalId);
    const again = await post(PATH, { goalId, count: 3 }, owner.token);
    expect(again).toMatchObject({ status: 202, data: { job: { status: "succeeded" } } });
    const titles = (result: { proposals: { title: string }[] }) => result.proposals.map(({ title }) => title);
    expect(titles(again.data.job.result)).toEqual(titles(first.result));
    expect(await usedJobs(owner)).toBe(1);

    await accept(first.id, [0], owner);
    const fresh = await proposed(owner, goalId);
    expect(titles(fresh.result)).not.toContain(titles(first.result)[0]);
    expect(await usedJobs(owner)).toBe(2);
  });

  test("are for whoever may write the goal", async () => {
    const owner = await learner();
    const stranger = await learner();
    const secret = await goal(owner);
    const open = await goal(owner, { visibility: "public" });
    const by = (who: Learner, goalId: string) => post(PATH, { goalId, count: 1 }, who.token);
    expect(await by(stranger, secret.id)).toMatchObject({ status: 404, code: "NOT_FOUND" });
    expect(await by(stranger, open.id)).toMatchObject({ status: 403, code: "FORBIDDEN" });
    expect((await by(await staff("teacher"), open.id)).status).toBe(202);
    expect(await usedJobs(stranger)).toBe(0);
    const { id } = await proposed(owner, secret.id);
    expect((await get(`/api/v1/ai/jobs/${id}`, stranger.token)).status).toBe(404);
    expect(await accept(id, [0], stranger)).toMatchObject({ status: 404, code: "NOT_FOUND" });
    for (const fields of [{ count: 0 }, { count: 11 }, { difficulty: "easy" }, { count: 1.5 }])
      expect(await post(PATH, { goalId: secret.id, count: 1, ...fields }, owner.token)).toMatchObject({ status: 400 });
  });
});

describe("accepting", () => {
  test("makes each proposal a challenge once, even twice at once", async () => {
    const owner = await learner();
    const { id: goalId, milestones } = await goal(owner);
    const { id } = await proposed(owner, goalId);
    const [a, b] = await Promise.all([accept(id, [0, 2], owner), accept(id, [2, 0, 2], owner)]);
    expect([a.status, b.status]).toEqual([201, 201]);
    expect(a.data).toHaveLength(2);
    expect(b.data).toEqual([a.data[1], a.data[0]]);
    for (const challenge of a.data) {
      expect(challenge).toMatchObject({ source: "ai", goalId, milestoneId: milestones[0].id });
      expect((await get(`/api/v1/challenges/${challenge.id}`, owner.token)).status).toBe(200);
    }
    expect((await accept(id, [0], owner)).data).toEqual([a.data[0]]);
    expect(await challengesOf(goalId, owner)).toHaveLength(2);
    const after = (await job(id, owner)).result.proposals.map((one: { challengeId: string | null }) => one.challengeId);
    expect(after).toEqual([a.data[0].id, null, a.data[1].id]);
  });

  test("refuses what is not there", async () => {
    const owner = await learner();
    const { id: goalId } = await goal(owner);
    const { id } = await proposed(owner, goalId);
    expect(await accept(id, [3], owner)).toMatchObject({
      status: 400,
      body: { error: { details: [{ path: "body.indexes[0]", code: "unknown" }] } },
    });
    expect(await accept(id, [], owner)).toMatchObject({ status: 400, code: "VALIDATION_ERROR" });
    expect(await challengesOf(goalId, owner)).toEqual([]);
  });
});

describe("a model's proposals", () => {
  /** A job that no queue knows of, so that the test alone runs it. */
  async function queued(behaviour: string) {
    const owner = await learner();
    const { id: goalId } = await goal(owner);
    const model = modelThat(behaviour);
    const { ctx } = contextWith(model);
    const actor = await ctx.tokens.verify(owner.token);
    const asked = await requestChallenges(ctx, actor, { goalId, count: 2, topic: "", language: "en" });
    return { owner, goalId, model, ctx, jobId: asked.id };
  }

  test("are bounded: points by difficulty, milestones that exist", async () => {
    const { owner, ctx, jobId, model } = await queued("ok");
    expect(await runJob(ctx, jobId, crypto.randomUUID())).toEqual({ done: true });
    const { result } = await job(jobId, owner);
    expect(result).toMatchObject({
      provider: "openai",
      model,
      proposals: [
        { title: "Exercise 1", points: 25, milestone: "First words", rules: { minWords: 20 } },
        { title: "Exercise 2", points: 25, milestone: null },
      ],
    });
    expect((await accept(jobId, [0, 1], owner)).data).toMatchObject([{ points: 25 }, { points: 25 }]);
  });

  test("of the wrong shape are repaired once, retried, and then failed at no cost", async () => {
    const { owner, ctx, jobId, model } = await queued("shapeless");
    expect(await usedJobs(owner)).toBe(1);
    for (let attempt = 1; attempt < 3; attempt += 1)
      expect(await runJob(ctx, jobId, crypto.randomUUID())).toMatchObject({ done: false });
    expect(await runJob(ctx, jobId, crypto.randomUUID())).toEqual({ done: true });
    expect(await callsOf(model)).toHaveLength(6);
    expect(await job(jobId, owner)).toMatchObject({ status: "failed", attempts: 3 });
    expect(await usedJobs(owner)).toBe(0);
    expect(await accept(jobId, [0], owner)).toMatchObject({ status: 422, code: "JOB_WITHOUT_PROPOSALS" });

    const retried = await post(`/api/v1/ai/jobs/${jobId}/retry`, undefined, owner.token);
    expect(retried.status).toBe(202);
    const done = await eventually(
      () => job(jobId, owner),
      ({ status }) => status === "succeeded",
    );
    expect(done.result.proposals.length).toBeGreaterThan(0);
    expect(await usedJobs(owner)).toBe(0);
  });
});

describe("a rating", () => {
  test("is the owner's to give and to change", async () => {
    const owner = await learner();
    const { id: goalId } = await goal(owner);
    const { id } = await proposed(owner, goalId);
    const rate = (who: Learner, body: unknown) =>
      call("PUT", `/api/v1/ai/jobs/${id}/rating`, { token: who.token, body });
    expect(await rate(owner, { helpful: true })).toMatchObject({ status: 200, data: { rating: { helpful: true } } });
    expect(await rate(owner, { helpful: false, comment: "Too easy" })).toMatchObject({
      data: { rating: { helpful: false, comment: "Too easy" } },
    });
    expect(await rate(await learner(), { helpful: true })).toMatchObject({ status: 404, code: "NOT_FOUND" });
    expect(await rate(owner, { helpful: "yes" })).toMatchObject({ status: 400 });
  });
});
