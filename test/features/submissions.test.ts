import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { createContext } from "../../src/context.ts";
import type { OutboxMessage } from "../../src/events/outbox.ts";
import * as service from "../../src/features/submissions/hand-in.ts";
import type { UserActor } from "../../src/platform/actor.ts";
import { call, get, patch, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { challenge, goal, learner, staff } from "../helpers/factories.ts";

const handIn = (by: Learner, challengeId: string, content: unknown) =>
  post("/api/v1/submissions", { challengeId, content, requestFeedback: false }, by.token);

const API = "/api/v1/submissions";
const TEXT = { text: "Hola, me llamo Ana" };
const reverse = (by: Learner, id: string, reason: unknown = "Copied word by word.") =>
  post(`${API}/${id}/reversal`, { reason }, by.token);
const statusesOf = (work: { history: { status: string }[] }) => work.history.map(({ status }) => status);
const ids = (list: { id: string }[]) => list.map(({ id }) => id);

async function ledgerOf(userId: string) {
  const rows = await env.DB.prepare("SELECT reason, amount, balance FROM xp_entries WHERE user_id = ? ORDER BY seq")
    .bind(userId)
    .all();
  const xp = await env.DB.prepare("SELECT xp FROM users WHERE id = ?").bind(userId).first<number>("xp");
  return { rows: rows.results as { reason: string; amount: number; balance: number }[], xp };
}

test("twenty identical hand-ins at once are accepted and paid once", async () => {
  const ana = await learner();
  const task = await challenge(ana, (await goal(ana)).id);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => handIn(ana, task.id, { text: "Hola, me llamo Ana" })),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  const refused = answers.filter(({ status }) => status !== 201).map(({ status, code }) => `${status} ${code}`);
  expect(refused.filter((one) => one !== "409 CONFLICT" && one !== "422 ALREADY_ACCEPTED")).toEqual([]);
  const { rows, xp } = await ledgerOf(ana.id);
  expect(rows.map(({ reason, amount }) => [reason, amount])).toEqual([
    ["challenge", 20],
    ["daily_bonus", 5],
  ]);
  expect(xp).toBe(25);
  expect(rows.at(-1)?.balance).toBe(25);
});

test("the bonus of a day is paid once, however many challenges are handed in at once", async () => {
  const ben = await learner({ timezone: "Asia/Tokyo" });
  const { id } = await goal(ben);
  const tasks = await Promise.all(Array.from({ length: 8 }, () => challenge(ben, id)));
  const answers = await Promise.all(tasks.map((task) => handIn(ben, task.id, { text: "Hola, me llamo Ben" })));
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
  const { rows, xp } = await ledgerOf(ben.id);
  expect(rows.filter(({ reason }) => reason === "daily_bonus")).toHaveLength(1);
  expect(xp).toBe(8 * 20 + 5);
  expect(rows.reduce((sum, { amount }) => sum + amount, 0)).toBe(xp);
});

test("what the rules reject spends no attempt; what is spent is spent", async () => {
  const ana = await learner();
  const quiz = {
    questions: [
      {
        id: "q",
        type: "single",
        prompt: "1 + 1",
        options: [
          { id: "a", text: "2" },
          { id: "b", text: "3" },
        ],
        answer: "a",
      },
    ],
  };
  const task = await challenge(ana, (await goal(ana)).id, { kind: "quiz", rules: {}, quiz, maxAttempts: 2 });
  expect((await handIn(ana, task.id, { answers: {} })).data).toMatchObject({ status: "rejected", attempt: 1 });
  expect((await handIn(ana, task.id, { answers: { q: "b" } })).data).toMatchObject({
    status: "needs_work",
    attempt: 1,
    quizScore: 0,
  });
  expect((await handIn(ana, task.id, { answers: { q: "b" } })).data).toMatchObject({ attempt: 2 });
  const spent = await handIn(ana, task.id, { answers: { q: "a" } });
  expect([spent.status, spent.code]).toEqual([422, "ATTEMPTS_EXHAUSTED"]);
  const wrongKind = await handIn(ana, task.id, { text: "a" });
  expect(wrongKind.body.error.details[0].path).toBe("body.content.answers");
});

test("a circle's challenges are its members'; a quiz's answers are its writers'; a private goal is nobody else's", async () => {
  const [owner, other] = [await learner(), await learner()];
  const open = await goal(owner, { visibility: "public" });
  const quiz = {
    questions: [{ id: "q", type: "gap", prompt: "Hola, me ___ Ana", answer: [["llamo"]] }],
  };
  const task = await challenge(owner, open.id, { kind: "quiz", rules: {}, quiz });
  expect(task.quiz.questions[0].answer).toEqual([["llamo"]]);
  expect((await get(`/api/v1/challenges/${task.id}`, other.token)).data.quiz.questions[0]).not.toHaveProperty("answer");
  expect((await handIn(other, task.id, { answers: { q: ["LLAMO "] } })).code).toBe("NOT_A_MEMBER");
  expect((await post(`/api/v1/goals/${open.id}/join`, undefined, other.token)).status).toBe(200);
  expect((await handIn(other, task.id, { answers: { q: ["LLAMO "] } })).data).toMatchObject({
    status: "accepted",
    quizScore: 100,
  });

  const closed = await challenge(owner, (await goal(owner)).id);
  expect((await get(`/api/v1/challenges/${closed.id}`, other.token)).status).toBe(404);
  expect((await handIn(other, closed.id, { text: "Hola, me llamo" })).status).toBe(404);
});

test("twenty hand-ins at once spend three attempts of three", async () => {
  const ana = await learner();
  const task = await challenge(ana, (await goal(ana)).id, { requiresVerdict: true, maxAttempts: 3 });
  const spent = () => ids((work.data as { id: string }[]) ?? []).length;
  let work = await get(`${API}/challenge/${task.id}`, ana.token);
  for (let round = 0; round < 4 && spent() < 3; round += 1) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => handIn(ana, task.id, TEXT)));
    expect(answers.map(({ status }) => status).filter((status) => ![201, 409, 422].includes(status))).toEqual([]);
    work = await get(`${API}/challenge/${task.id}`, ana.token);
  }
  expect(work.data.map(({ attempt }: { attempt: number }) => attempt)).toEqual([3, 2, 1]);
  expect((await handIn(ana, task.id, TEXT)).code).toBe("ATTEMPTS_EXHAUSTED");
});

test("a hand-in sent again with its key is one submission, paid once", async () => {
  const ana = await learner();
  const task = await challenge(ana, (await goal(ana)).id);
  const body = { challengeId: task.id, content: TEXT, requestFeedback: false };
  const send = () => post(API, body, ana.token, { headers: { "Idempotency-Key": "the same work" } });
  const answers = [...(await Promise.all([send(), send(), send(), send()])), await send(), await send()];
  expect(new Set(answers.filter(({ status }) => status === 201).map(({ data }) => data.id)).size).toBe(1);
  expect(answers.at(-1)?.headers.get("Idempotency-Replayed")).toBe("true");
  expect((await get(API, ana.token)).data).toHaveLength(1);
  const { xp } = await ledgerOf(ana.id);
  expect(xp).toBe(25);
});

test("work keeps the terms it was handed in under", async () => {
  const ana = await learner();
  const rubric = [{ criterion: "Grammar", weight: 2, description: "" }];
  const task = await challenge(ana, (await goal(ana)).id, {
    rubric,
    requiresVerdict: true,
    peerReviews: 2,
    passScore: 80,
    points: 25,
  });
  const { id } = (await handIn(ana, task.id, TEXT)).data;
  const change = { rubric: [{ criterion: "Style" }], passScore: 10, points: 5, peerReviews: 0, requiresVerdict: false };
  await patch(`/api/v1/challenges/${task.id}`, change, ana.token);
  const row = await env.DB.prepare(
    "SELECT rubric, pass_score, points, peer_reviews, requires_verdict, challenge_version FROM submissions WHERE id = ?",
  )
    .bind(id)
    .first();
  expect({ ...row, rubric: JSON.parse(String(row?.["rubric"])) }).toEqual({
    rubric,
    pass_score: 80,
    points: 25,
    peer_reviews: 2,
    requires_verdict: 1,
    challenge_version: 1,
  });
});

test("withdrawn before a review the attempt comes back, after one it is spent", async () => {
  const [ana, ben] = [await learner(), await learner()];
  const made = await goal(ana, { visibility: "public" });
  const task = await challenge(ana, made.id, { requiresVerdict: true, maxAttempts: 1 });
  const withdraw = (id: string, by = ana) => post(`${API}/${id}/withdraw`, {}, by.token);
  const first = (await handIn(ana, task.id, TEXT)).data;
  expect((await handIn(ana, task.id, TEXT)).code).toBe("ATTEMPTS_EXHAUSTED");
  await post(`/api/v1/goals/${made.id}/join`, undefined, ben.token);
  expect((await withdraw(first.id, ben)).status).toBe(404);
  const both = await Promise.all([withdraw(first.id), withdraw(first.id)]);
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 422]);
  const again = await withdraw(first.id);
  expect([again.code, again.body.error.details]).toEqual(["ILLEGAL_TRANSITION", { allowed: [] }]);
  expect(statusesOf((await get(`${API}/${first.id}`, ana.token)).data)).toEqual(["in_review", "withdrawn"]);
  const second = (await handIn(ana, task.id, TEXT)).data;
  expect(second.attempt).toBe(1);
  await env.DB.prepare("UPDATE submissions SET review_count = 1 WHERE id = ?").bind(second.id).run();
  expect((await withdraw(second.id)).data.status).toBe("withdrawn");
  expect((await handIn(ana, task.id, TEXT)).code).toBe("ATTEMPTS_EXHAUSTED");
  expect((await get(`${API}/${second.id}`, ben.token)).data.author).toBeNull();
});

test("a reversal takes back exactly what was paid, once, and says so", async () => {
  const [ana, thea, other] = [await learner(), await staff("teacher"), await staff("teacher")];
  const made = await goal(ana, { category: "languages", milestones: [] });
  const quiz = { questions: [{ id: "q", type: "gap", prompt: "me ___", answer: [["llamo"]] }] };
  const task = await challenge(ana, made.id, { kind: "quiz", rules: {}, quiz, points: 25 });
  const work = (await handIn(ana, task.id, { answers: { q: ["llamo"] } })).data;
  expect((await ledgerOf(ana.id)).xp).toBe(30 + 5);
  await patch(`/api/v1/challenges/${task.id}`, { points: 1 }, ana.token);
  expect((await get(`/api/v1/goals/${made.id}`, ana.token)).data.progress.percent).toBe(100);

  expect((await reverse(ana, work.id)).status).toBe(403);
  expect((await reverse(thea, work.id, " ")).body.error.details[0].path).toBe("body.reason");
  const both = await Promise.all([reverse(thea, work.id), reverse(other, work.id), reverse(thea, work.id)]);
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 422, 422]);
  expect(both.find(({ status }) => status === 422)?.code).toBe("ILLEGAL_TRANSITION");

  const entries = await env.DB.prepare(
    "SELECT id, amount, reason, source_type, source_id, goal_id, category, balance FROM xp_entries WHERE user_id = ? ORDER BY seq",
  )
    .bind(ana.id)
    .all();
  const paid = entries.results.find(({ reason }) => reason === "challenge");
  expect(entries.results.filter(({ reason }) => reason === "reversal")).toMatchObject([
    {
      amount: -30,
      source_type: "xp_entry",
      source_id: paid?.["id"],
      goal_id: made.id,
      category: "languages",
      balance: 5,
    },
  ]);
  expect((await ledgerOf(ana.id)).xp).toBe(5);
  expect((await get(`/api/v1/goals/${made.id}`, ana.token)).data.progress.percent).toBe(0);

  const seen = (await get(`${API}/${work.id}`, ana.token)).data;
  expect([seen.status, statusesOf(seen), seen.history[1].by]).toEqual([
    "reversed",
    ["accepted", "reversed"],
    "teacher",
  ]);
  expect(seen.history[1].reason).toBe("Copied word by word.");
  const audit = await env.DB.prepare(
    "SELECT actor_id, details FROM audit_log WHERE action = 'submission.reversed' AND target_id = ?",
  )
    .bind(work.id)
    .all<{ details: string }>();
  expect(audit.results.map(({ details }) => JSON.parse(details))).toEqual([
    { challengeId: task.id, authorId: ana.id, reason: "Copied word by word." },
  ]);

  const anew = await handIn(ana, task.id, { answers: { q: ["llamo"] } });
  expect(anew.data.status).toBe("accepted");
  expect((await ledgerOf(ana.id)).xp).toBe(5);
});

test("a reversal leaves what other accepted work still earns, and no balance below zero", async () => {
  const [ana, thea] = [await learner(), await staff("teacher")];
  const { id: goalId } = await goal(ana);
  const task = await challenge(ana, goalId);
  const first = (await handIn(ana, task.id, TEXT)).data;
  await env.DB.prepare(
    "INSERT INTO submissions (id, challenge_id, author_id, attempt, content, status, validation, rubric, created_at) SELECT ?, challenge_id, author_id, 2, content, 'accepted', '[]', '[]', 0 FROM submissions WHERE id = ?",
  )
    .bind(crypto.randomUUID(), first.id)
    .run();
  expect((await reverse(thea, first.id)).data.status).toBe("reversed");
  expect((await ledgerOf(ana.id)).xp).toBe(25);

  const poor = await challenge(ana, goalId);
  const work = (await handIn(ana, poor.id, TEXT)).data;
  await env.DB.prepare("UPDATE users SET xp = 7 WHERE id = ?").bind(ana.id).run();
  expect((await reverse(thea, work.id)).data.status).toBe("reversed");
  expect((await ledgerOf(ana.id)).xp).toBe(0);
});

test("who sees what: the author theirs, the circle and teachers what was not rejected, without names until it is decided", async () => {
  const people = [await learner(), await learner(), await learner(), await learner(), await staff("teacher")] as const;
  const [owner, ana, ben, stranger, thea] = people;
  const made = await goal(owner, { visibility: "public" });
  for (const one of [ana, ben]) await post(`/api/v1/goals/${made.id}/join`, undefined, one.token);
  const task = await challenge(owner, made.id, { requiresVerdict: true, rules: { minWords: 3 } });
  const open = (await handIn(ana, task.id, TEXT)).data;
  const rejected = (await handIn(ana, task.id, { text: "Hola" })).data;
  const own = (await handIn(ben, task.id, { text: "Hi" })).data;

  const listed = async (by: Learner) => (await get(`${API}/challenge/${task.id}`, by.token)).data;
  expect(ids(await listed(ana))).toEqual([rejected.id, open.id]);
  expect(ids(await listed(ben))).toEqual([own.id, open.id]);
  expect(ids(await listed(owner))).toEqual([open.id]);
  expect(ids(await listed(thea))).toEqual([open.id]);
  expect(await listed(stranger)).toEqual([]);
  const authors = [(await listed(ben))[1].author, (await listed(owner))[0].author];
  expect(authors).toEqual([null, null]);
  expect((await listed(thea))[0].author.id).toBe(ana.id);

  const read = async (by: Learner, id: string) => {
    const { status, data } = await get(`${API}/${id}`, by.token);
    return status === 200 ? (data.author?.id ?? null) : status;
  };
  expect(await Promise.all(people.map((by) => read(by, open.id)))).toEqual([null, ana.id, null, 404, ana.id]);
  expect(await Promise.all(people.map((by) => read(by, rejected.id)))).toEqual([404, ana.id, 404, 404, 404]);
  await env.DB.prepare("UPDATE submissions SET status = 'accepted', decided_at = 1 WHERE id = ?").bind(open.id).run();
  expect(await read(ben, open.id)).toBe(ana.id);
  expect(JSON.stringify(await listed(ben))).not.toContain("@");

  await patch(`/api/v1/goals/${made.id}`, { visibility: "private" }, owner.token);
  expect(await Promise.all(people.map((by) => read(by, open.id)))).toEqual([ana.id, ana.id, 404, 404, ana.id]);
  expect((await get(`${API}/challenge/${task.id}`, ben.token)).status).toBe(404);
  expect((await handIn(ben, task.id, TEXT)).status).toBe(404);
});

test("my work is filtered by status, and somebody else's is not mine", async () => {
  const [ana, ben] = [await learner(), await learner()];
  const { id: goalId } = await goal(ana);
  await handIn(ana, (await challenge(ana, goalId)).id, TEXT);
  await handIn(ana, (await challenge(ana, goalId)).id, { text: "Hola" });
  const list = async (query: string, by = ana) =>
    (await get(`${API}${query}`, by.token)).data.map(({ status }: { status: string }) => status);
  expect(await list("")).toEqual(["rejected", "accepted"]);
  expect(await list("?status=rejected")).toEqual(["rejected"]);
  expect(await list("?limit=1&page=2")).toEqual(["accepted"]);
  expect(await list("", ben)).toEqual([]);
  expect((await get(`${API}?status=lost`, ana.token)).status).toBe(400);
});

test("what is too large, empty or no text is refused; what breaks a rule says which", async () => {
  const ana = await learner();
  const { id: goalId } = await goal(ana);
  const code = await challenge(ana, goalId, { kind: "code", rules: { maxBytes: 4, language: "TypeScript" } });
  const refused = async (id: string, content: unknown) => (await handIn(ana, id, content)).status;
  expect(await refused(code.id, { code: " \n" })).toBe(400);
  expect(await refused(code.id, { code: "a\u0000" })).toBe(400);
  expect(await refused(code.id, { code: "x".repeat(100_001) })).toBe(400);
  expect(await refused(code.id, { text: "x".repeat(100_001) })).toBe(400);
  expect((await handIn(ana, code.id, { code: "é\né", language: "typescript" })).data).toMatchObject({
    status: "rejected",
    validation: [
      { rule: "maxBytes", passed: false, expected: 4, actual: 5 },
      { rule: "language", passed: true },
    ],
  });
  expect((await handIn(ana, code.id, { code: "let", language: "python" })).data.validation[1]).toMatchObject({
    rule: "language",
    passed: false,
    actual: "python",
  });
  const link = await challenge(ana, goalId, { kind: "link", rules: { hosts: ["github.com"] } });
  expect(await refused(link.id, { url: "javascript:alert(1)" })).toBe(400);
  for (const [url, status] of [
    ["https://notgithub.com/a", "rejected"],
    ["https://github.com.evil.org/", "rejected"],
    ["https://github.com@evil.org/", "rejected"],
    ["https://Gist.GitHub.com/a", "accepted"],
  ])
    expect((await handIn(ana, link.id, { url })).data.status).toBe(status);
});

test("content that fits no kind is told what would, at the place where it goes wrong", async () => {
  const ana = await learner();
  const task = await challenge(ana, (await goal(ana)).id);
  const detailsOf = async (content: unknown) => (await handIn(ana, task.id, content)).body.error.details;
  expect(await detailsOf({})).toMatchObject([{ path: "body.content", message: expect.stringContaining("{ text }") }]);
  expect(await detailsOf({ answers: { q1: "a", q2: 5 } })).toMatchObject([{ path: "body.content.answers.q2" }]);
  expect(await detailsOf({ answers: { q1: ["a", 5] } })).toMatchObject([{ path: "body.content.answers.q1[1]" }]);
});

test("what becomes of work on arrival is told with it, and nothing is told of what its rules reject", async () => {
  const ana = await learner();
  const { id: goalId } = await goal(ana);
  const actor: UserActor = {
    ...ana,
    kind: "user",
    role: "student",
    sessionId: "",
    tokenId: "",
    expiresAt: new Date(0),
  };
  const toldOf = async (fields: Record<string, unknown>, content = TEXT) => {
    const told: unknown[] = [];
    const relayLater = (messages: readonly OutboxMessage[]) =>
      void told.push(...messages.map(({ envelope }) => envelope.body));
    const ctx = { ...createContext(env, { waitUntil: () => undefined }), relayLater };
    const { id: challengeId } = await challenge(ana, goalId, fields);
    const { id: submissionId } = await service.handIn(ctx, actor, { challengeId, content, requestFeedback: false });
    return { told, about: { submissionId, challengeId, authorId: ana.id } };
  };
  const waiting = await toldOf({ peerReviews: 1 });
  expect(waiting.told[0]).toEqual({ type: "submission.in_review", ...waiting.about });
  const done = await toldOf({});
  expect(done.told).toEqual([
    { type: "submission.decided", status: "accepted", ...done.about },
    { type: "xp.changed", userId: ana.id, scopes: ["global", `goal:${goalId}`, "category:general"] },
  ]);
  expect((await toldOf({}, { text: "Hola" })).told).toEqual([]);
});

test("a challenge that is due takes work until then, and none after", async () => {
  const ana = await learner();
  const { id: goalId } = await goal(ana);
  const dueIn = (ms: number) => challenge(ana, goalId, { dueAt: new Date(Date.now() + ms).toISOString() });
  expect((await handIn(ana, (await dueIn(3_600_000)).id, TEXT)).status).toBe(201);
  const late = await handIn(ana, (await dueIn(-1000)).id, TEXT);
  expect([late.status, late.code]).toEqual([422, "CHALLENGE_CLOSED"]);
});

test("somebody suspended hands in nothing and reads nothing", async () => {
  const [ana, root] = [await learner(), await staff("superadmin")];
  const task = await challenge(ana, (await goal(ana)).id);
  await call("PATCH", `/api/v1/admin/users/${ana.id}`, { token: root.token, body: { status: "suspended" } });
  expect((await handIn(ana, task.id, TEXT)).status).toBe(401);
  for (const path of [API, "/api/v1/goals", `/api/v1/challenges/${task.id}`])
    expect((await get(path, ana.token)).status).toBe(401);
});
