import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { call, get, patch, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { challenge, goal, learner } from "../helpers/factories.ts";

const handIn = (by: Learner, challengeId: string, content: unknown) =>
  post("/api/v1/submissions", { challengeId, content, requestFeedback: false }, by.token);

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

test("goals: moves, percent, lost updates and other people's", async () => {
  const [ana, ben] = [await learner(), await learner()];
  const open = await goal(ana, { visibility: "public", milestones: [{ title: "a", weight: 3 }, { title: "b" }] });
  const hidden = await goal(ana);
  expect((await patch(`/api/v1/goals/${open.id}`, { title: "Mine" }, ben.token)).status).toBe(403);
  expect((await patch(`/api/v1/goals/${hidden.id}`, { title: "Mine" }, ben.token)).status).toBe(404);

  const read = await get(`/api/v1/goals/${open.id}`, ana.token);
  const etag = read.headers.get("ETag") ?? "";
  expect((await get(`/api/v1/goals/${open.id}`, ana.token, { headers: { "If-None-Match": etag } })).status).toBe(304);
  const change = (title: string) =>
    patch(`/api/v1/goals/${open.id}`, { title }, ana.token, { headers: { "If-Match": etag } });
  expect((await change("first")).status).toBe(200);
  expect((await change("second")).code).toBe("PRECONDITION_FAILED");

  const step = read.data.milestones[0].id;
  const done = await call("PUT", `/api/v1/goals/${open.id}/milestones/${step}/completion`, { token: ana.token });
  expect(done.data.progress).toMatchObject({ percent: 75, milestonesDone: 1 });
  await call("DELETE", `/api/v1/goals/${open.id}/milestones/${step}/completion`, { token: ana.token });
  await call("PUT", `/api/v1/goals/${open.id}/milestones/${step}/completion`, { token: ana.token });
  expect((await ledgerOf(ana.id)).rows.filter(({ reason }) => reason === "milestone")).toHaveLength(1);

  await patch(`/api/v1/goals/${open.id}`, { status: "archived" }, ana.token);
  const illegal = await patch(`/api/v1/goals/${open.id}`, { status: "paused" }, ana.token);
  expect([illegal.status, illegal.code, illegal.body.error.details.allowed]).toEqual([
    422,
    "ILLEGAL_TRANSITION",
    ["active"],
  ]);
});
