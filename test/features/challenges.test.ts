import fc from "fast-check";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { asLearnersSee } from "../../src/features/challenges/learner-view.ts";
import { capPoints, faultOf, pointsAfter } from "../../src/features/challenges/rules.ts";
import { WholeChallenge } from "../../src/features/challenges/schema.ts";
import { call, get, patch, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { challenge, goal, learner, staff } from "../helpers/factories.ts";

const API = "/api/v1/challenges";
const put = (id: string, body: unknown, by: Learner, headers: Record<string, string> = {}) =>
  call("PUT", `${API}/${id}`, { body, token: by.token, headers });
const remove = (id: string, by: Learner, headers: Record<string, string> = {}) =>
  call("DELETE", `${API}/${id}`, { token: by.token, headers });
const handIn = (by: Learner, challengeId: string, content: unknown = { text: "one two three" }) =>
  post("/api/v1/submissions", { challengeId, content, requestFeedback: false }, by.token);

const option = (id: string) => ({ id, text: `option ${id}` });
const QUIZ = {
  questions: [
    { id: "s", type: "single", prompt: "One", options: [option("a"), option("b")], answer: "a" },
    { id: "m", type: "multiple", prompt: "Some", options: ["a", "b", "c"].map(option), answer: ["a", "c"] },
    { id: "o", type: "ordering", prompt: "Order", options: ["1", "2", "3"].map(option), answer: ["1", "2", "3"] },
    { id: "g", type: "gap", prompt: "Me ___ Ana, ___ de Lisboa", answer: [["llamo"], ["soy", "vengo"]] },
  ],
};

test("each kind takes its own rules, and contradictions are refused where they are", async () => {
  const ana = await learner();
  const { id: goalId } = await goal(ana);
  const make = (fields: Record<string, unknown>) => post(API, { goalId, title: "x", ...fields }, ana.token);
  const kinds = [
    { kind: "text", rules: { minWords: 1, maxWords: 9, mustInclude: ["a"] } },
    { kind: "code", rules: { language: "typescript", maxBytes: 10 } },
    { kind: "link", rules: { hosts: ["github.com"] } },
    { kind: "quiz", rules: {}, quiz: QUIZ },
  ];
  for (const fields of kinds) expect((await make(fields)).data).toMatchObject(fields);
  const wrong: [Record<string, unknown>, string][] = [
    [{ kind: "text", rules: { minWords: 9, maxWords: 1 } }, "body.rules.minWords"],
    [{ kind: "text", rubric: [{ criterion: "A" }, { criterion: "a" }] }, "body.rubric"],
    [{ kind: "text", rubric: [{ criterion: "A", weight: 101 }] }, "body.rubric[0].weight"],
    [{ kind: "link", rules: { hosts: ["https://x"] } }, "body.rules.hosts[0]"],
    [{ kind: "quiz" }, "body.quiz"],
    [{ kind: "quiz", quiz: { questions: [{ ...QUIZ.questions[0], answer: "z" }] } }, "body.quiz.questions[0].answer"],
    [
      { kind: "quiz", quiz: { questions: [{ ...QUIZ.questions[2], answer: ["1", "2"] }] } },
      "body.quiz.questions[0].answer",
    ],
    [{ kind: "quiz", quiz: { questions: [QUIZ.questions[0], QUIZ.questions[0]] } }, "body.quiz.questions"],
    [{ kind: "text", milestoneId: goalId }, "body.milestoneId"],
    [{ kind: "text", passScore: 101 }, "body.passScore"],
  ];
  for (const [fields, path] of wrong) {
    const refused = await make(fields);
    expect([refused.status, refused.body.error?.details?.[0]?.path]).toEqual([400, path]);
  }
});

test("answers are for writers, in every answer that there is", async () => {
  const [owner, ben, thea] = [await learner(), await learner(), await staff("teacher")];
  const { id: goalId } = await goal(owner, { visibility: "public" });
  const task = await challenge(owner, goalId, { kind: "quiz", rules: {}, quiz: QUIZ });
  for (const writer of [owner, thea])
    expect((await get(`${API}/${task.id}`, writer.token)).data.quiz.questions).toMatchObject(QUIZ.questions);
  for (const path of [`${API}/${task.id}`, `${API}?goalId=${goalId}`]) {
    const text = JSON.stringify((await get(path, ben.token)).body);
    expect(text).toContain("Me ___ Ana");
    for (const secret of ["answer", "llamo", "vengo"]) expect(text).not.toContain(secret);
  }
  const [, , ordering, gap] = (await get(`${API}/${task.id}`, ben.token)).data.quiz.questions;
  expect(gap.gaps).toBe(2);
  expect(ordering.options.map(({ id }: { id: string }) => id)).not.toEqual(["1", "2", "3"]);
  expect(ordering.options).toHaveLength(3);
});

test("points: learners' are capped by difficulty, teachers' are not, and a change does not lift the cap", async () => {
  const [owner, thea] = [await learner(), await staff("teacher")];
  const { id: goalId } = await goal(owner, { visibility: "public" });
  for (const [difficulty, cap] of Object.entries({ beginner: 25, intermediate: 50, advanced: 100, expert: 200 })) {
    const made = await challenge(owner, goalId, { difficulty, points: 500 });
    expect(made.points).toBe(cap);
  }
  const big = await challenge(thea, goalId, { points: 500, difficulty: "beginner" });
  expect(big.points).toBe(500);
  expect((await patch(`${API}/${big.id}`, { title: "Renamed" }, owner.token)).data.points).toBe(500);
  expect((await patch(`${API}/${big.id}`, { points: 400 }, owner.token)).data.points).toBe(25);
  const mine = await challenge(owner, goalId, { points: 25 });
  expect((await patch(`${API}/${mine.id}`, { difficulty: "expert", points: 400 }, owner.token)).data.points).toBe(200);
  expect((await patch(`${API}/${mine.id}`, { difficulty: "beginner" }, owner.token)).data.points).toBe(25);
  await env.DB.prepare("UPDATE challenges SET source = 'ai' WHERE id = ?").bind(mine.id).run();
  expect((await patch(`${API}/${mine.id}`, { points: 500 }, thea.token)).data.points).toBe(25);
});

test("PUT replaces, PATCH keeps what it does not name, both as it was seen", async () => {
  const ana = await learner();
  const made = await goal(ana);
  const task = await challenge(ana, made.id, { rubric: [{ criterion: "Grammar" }], maxAttempts: 7 });
  const read = await get(`${API}/${task.id}`, ana.token);
  const etag = read.headers.get("ETag") ?? "";
  const seen = { "If-Match": etag };
  expect((await get(`${API}/${task.id}`, ana.token, { headers: { "If-None-Match": etag } })).status).toBe(304);
  const changed = await patch(`${API}/${task.id}`, { rules: { minWords: 9 } }, ana.token, { headers: seen });
  expect(changed.data).toMatchObject({ title: task.title, maxAttempts: 7, rules: { minWords: 9 } });
  for (const stale of [
    patch(`${API}/${task.id}`, { title: "x" }, ana.token, { headers: seen }),
    put(task.id, { title: "x", kind: "text" }, ana, seen),
    remove(task.id, ana, seen),
  ])
    expect([(await stale).status, (await stale).code]).toEqual([412, "PRECONDITION_FAILED"]);
  const replaced = await put(task.id, { title: "Code", kind: "code", rules: { maxBytes: 5 } }, ana);
  expect(replaced.data).toMatchObject({ kind: "code", rubric: [], maxAttempts: 3, rules: { maxBytes: 5 } });
  expect((await patch(`${API}/${task.id}`, { kind: "quiz" }, ana.token)).body.error.details[0].path).toBe("body.quiz");
  const misfit = await patch(`${API}/${task.id}`, { rules: { maxBytes: 0 } }, ana.token);
  expect(misfit.body.error.details[0].path).toBe("body.rules.maxBytes");
  const racing = await Promise.all(["a", "b", "c"].map((title) => patch(`${API}/${task.id}`, { title }, ana.token)));
  expect(racing.map(({ status }) => status)).toEqual([200, 200, 200]);
});

test("what is read can be sent back, and what a change answers bears the ETag of what it left", async () => {
  const ana = await learner();
  const { id: goalId } = await goal(ana);
  const empty = { description: null, rubric: null, rules: null, quiz: null, milestoneId: null, dueAt: "2027-03-01" };
  const made = await post(API, { goalId, title: "x", kind: "text", ...empty }, ana.token);
  expect(made.data).toMatchObject({ description: "", rubric: [], rules: {}, dueAt: "2027-03-01T00:00:00.000Z" });
  const path = `${API}/${made.data.id}`;
  let etag = made.headers.get("ETag") ?? "none";
  for (const method of ["PATCH", "PUT"]) {
    const { data, headers } = await get(path, ana.token);
    expect(headers.get("ETag")).toBe(etag);
    const echoed = await call(method, path, { body: data, token: ana.token, headers: { "If-Match": etag } });
    expect(echoed.data).toEqual({ ...data, updatedAt: echoed.data.updatedAt });
    etag = echoed.headers.get("ETag") ?? "none";
  }
});

test("deleted while unused; archived once used, and then it takes no work and is no progress", async () => {
  const ana = await learner();
  const { id: goalId } = await goal(ana, { milestones: [{ title: "m" }] });
  const [unused, used] = [await challenge(ana, goalId), await challenge(ana, goalId)];
  await handIn(ana, used.id);
  const progress = async () => (await get(`/api/v1/goals/${goalId}`, ana.token)).data.progress;
  expect(await progress()).toMatchObject({ percent: 33, challengesTotal: 2 });
  expect((await remove(unused.id, ana)).status).toBe(204);
  expect((await get(`${API}/${unused.id}`, ana.token)).status).toBe(404);
  expect((await remove(used.id, ana)).status).toBe(204);
  expect((await get(`${API}/${used.id}`, ana.token)).data.archivedAt).not.toBeNull();
  expect(await progress()).toMatchObject({ percent: 0, challengesTotal: 0, challengesDone: 0 });
  const list = async (query = "") => (await get(`${API}?goalId=${goalId}${query}`, ana.token)).data;
  expect([await list(), (await list("&archived=true")).length]).toEqual([[], 1]);
  const late = await handIn(ana, used.id);
  expect([late.status, late.code]).toEqual([422, "CHALLENGE_CLOSED"]);
  const inUse = await patch(`${API}/${used.id}`, { kind: "code", rules: {} }, ana.token);
  expect([inUse.status, inUse.code]).toEqual([422, "CHALLENGE_IN_USE"]);
  expect((await patch(`${API}/${used.id}`, { archived: false }, ana.token)).data.archivedAt).toBeNull();
  expect(await progress()).toMatchObject({ percent: 50, challengesDone: 1 });
});

test("lists are filtered by kind, difficulty and milestone", async () => {
  const ana = await learner();
  const made = await goal(ana);
  const [step] = made.milestones;
  await challenge(ana, made.id, { title: "a" });
  await challenge(ana, made.id, { title: "b", kind: "code", rules: {}, difficulty: "expert" });
  await challenge(ana, made.id, { title: "c", milestoneId: step.id });
  const list = async (query: string) =>
    (await get(`${API}?goalId=${made.id}${query}`, ana.token)).data.map(({ title }: { title: string }) => title);
  expect(await list("")).toEqual(["c", "b", "a"]);
  expect(await list("&kind=code")).toEqual(["b"]);
  expect(await list("&difficulty=beginner")).toEqual(["c", "a"]);
  expect(await list(`&milestoneId=${step.id}`)).toEqual(["c"]);
  expect(await list("&limit=1&page=2")).toEqual(["b"]);
});

test("who may: the owner, a teacher for a circle; others are refused, or know of nothing", async () => {
  const [owner, ben, thea] = [await learner(), await learner(), await staff("teacher")];
  for (const [visibility, byBen, byThea] of [
    ["public", 403, 200],
    ["private", 404, 404],
  ] as const) {
    const made = await goal(owner, { visibility });
    const task = await challenge(owner, made.id);
    const body = { goalId: made.id, title: "x", kind: "text" };
    const tries = async (who: Learner) =>
      await Promise.all([
        patch(`${API}/${task.id}`, { title: "y" }, who.token),
        post(API, body, who.token),
        get(`${API}/${task.id}`, who.token),
      ]);
    expect((await tries(ben)).map(({ status }) => status)).toEqual([byBen, byBen, visibility === "public" ? 200 : 404]);
    expect((await remove(task.id, ben)).status).toBe(byBen);
    expect((await put(task.id, body, ben)).status).toBe(byBen);
    expect((await tries(thea)).map(({ status }) => status)).toEqual([byThea, byThea === 200 ? 201 : 404, byThea]);
  }
});

test("a challenge posted again with its key is one challenge", async () => {
  const ana = await learner();
  const { id: goalId } = await goal(ana);
  const headers = { "Idempotency-Key": "one challenge" };
  const send = () => post(API, { goalId, title: "Once", kind: "text" }, ana.token, { headers });
  await Promise.all([send(), send(), send()]);
  await send();
  expect((await get(`${API}?goalId=${goalId}`, ana.token)).data).toHaveLength(1);
});

test("a learner's view of an ordering has the same options, in one order, which is never the right one", () => {
  const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(ids, fc.string(), (answer, id) => {
      const question = { id, type: "ordering", options: answer.map(option), answer };
      const seen = asLearnersSee(question);
      const order = seen.options.map((one) => one.id);
      expect(order.toSorted()).toEqual(answer.toSorted());
      expect(order).not.toEqual(answer);
      expect(asLearnersSee(question)).toEqual(seen);
      expect(seen).not.toHaveProperty("answer");
    }),
  );
});

test("points never rise above the cap, nor above what was asked for", () => {
  const terms = fc.record({
    points: fc.integer({ min: 1, max: 500 }),
    difficulty: fc.constantFrom("beginner" as const, "intermediate" as const, "advanced" as const, "expert" as const),
  });
  fc.assert(
    fc.property(terms, terms, fc.boolean(), (before, after, byTeacher) => {
      expect(capPoints(after, true)).toBe(after.points);
      expect(capPoints(after, false)).toBeLessThanOrEqual(Math.min(200, after.points));
      expect(pointsAfter(before, after, byTeacher)).toBeLessThanOrEqual(after.points);
      expect(pointsAfter(before, before, byTeacher)).toBe(before.points);
    }),
  );
});

test("a quiz whose answers are drawn from its options has no fault", () => {
  const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 6 });
  fc.assert(
    fc.property(ids, (options) => {
      const questions = [
        { id: "1", type: "single", prompt: "p", options: options.map(option), answer: options[0] },
        { id: "2", type: "multiple", prompt: "p", options: options.map(option), answer: options.slice(1) },
        { id: "3", type: "ordering", prompt: "p", options: options.map(option), answer: options.toReversed() },
      ];
      const parse = (list: unknown[]) => WholeChallenge.parse({ title: "t", kind: "quiz", quiz: { questions: list } });
      expect(faultOf(parse(questions))).toBeNull();
      const [single] = questions;
      expect(faultOf(parse([{ ...single, answer: options.join("") }]))).not.toBeNull();
    }),
  );
});
