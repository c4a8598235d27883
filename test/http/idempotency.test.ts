import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { call, eventually, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { challenge, goal, learner } from "../helpers/factories.ts";

const newKey = () => ({ "Idempotency-Key": crypto.randomUUID() });
const setGoal = (who: Learner, headers: Record<string, string>, title = "Once") =>
  post("/api/v1/goals", { title }, who.token, { headers });

async function countGoals(who: Learner): Promise<number> {
  const row = await env.DB.prepare("SELECT count(*) AS n FROM goals WHERE owner_id = ?")
    .bind(who.id)
    .first<{ n: number }>();
  return row?.n ?? -1;
}

test("the same request again gets the stored answer", async () => {
  const ana = await learner();
  const headers = newKey();
  const first = await setGoal(ana, headers);
  expect(first.status).toBe(201);
  expect(first.headers.get("Idempotency-Replayed")).toBeNull();
  for (let i = 0; i < 3; i += 1) {
    const again = await setGoal(ana, headers);
    expect(again.status).toBe(201);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get("Location")).toBe(first.headers.get("Location"));
    expect(again.headers.get("Content-Type")).toBe(first.headers.get("Content-Type"));
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
    expect(again.headers.get("X-Request-Id")).not.toBe(first.headers.get("X-Request-Id"));
  }
  expect(await countGoals(ana)).toBe(1);
});

test("a key belongs to one request and one user", async () => {
  const [ana, ben] = [await learner(), await learner()];
  const headers = newKey();
  const first = await setGoal(ana, headers);
  for (const other of [
    await setGoal(ana, headers, "Another"),
    await post("/api/v1/goals?x=1", { title: "Once" }, ana.token, { headers }),
    await post("/api/v1/rooms", { title: "Once" }, ana.token, { headers }),
  ])
    expect([other.status, other.code]).toEqual([422, "IDEMPOTENCY_KEY_REUSED"]);
  const bens = await setGoal(ben, headers);
  expect(bens.status).toBe(201);
  expect(bens.data.id).not.toBe(first.data.id);
  expect([await countGoals(ana), await countGoals(ben)]).toEqual([1, 1]);
});

test("ten at once with one key have one effect", async () => {
  const ana = await learner();
  const headers = newKey();
  const answers = await Promise.all(Array.from({ length: 10 }, () => setGoal(ana, headers)));
  const made = answers.filter(({ status }) => status === 201);
  const waiting = answers.filter(({ status }) => status !== 201);
  expect(made.length).toBeGreaterThan(0);
  expect(new Set(made.map(({ data }) => data.id)).size).toBe(1);
  expect(made.filter(({ headers: said }) => !said.has("Idempotency-Replayed"))).toHaveLength(1);
  for (const { status, code, headers: said } of waiting) {
    expect([status, code]).toEqual([409, "IDEMPOTENCY_IN_PROGRESS"]);
    expect(Number(said.get("Retry-After"))).toBeGreaterThan(0);
  }
  expect(await countGoals(ana)).toBe(1);
  const later = await setGoal(ana, headers);
  expect([later.status, later.data.id]).toEqual([201, made[0]?.data.id]);
});

test("ten hand-ins at once with one key are one submission, paid once", async () => {
  const ana = await learner();
  const work = await challenge(ana, (await goal(ana)).id);
  const headers = newKey();
  const body = { challengeId: work.id, content: { text: "Hola, me llamo Ana" }, requestFeedback: false };
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => post("/api/v1/submissions", body, ana.token, { headers })),
  );
  for (const { status, code } of answers)
    expect([201, 409]).toContain(code ? (code === "IDEMPOTENCY_IN_PROGRESS" ? status : code) : status);
  const row = await env.DB.prepare(
    "SELECT (SELECT count(*) FROM submissions WHERE author_id = ?1) AS works, (SELECT xp FROM users WHERE id = ?1) AS xp",
  )
    .bind(ana.id)
    .first();
  expect(row).toEqual({ works: 1, xp: 25 });
  const replay = await post("/api/v1/submissions", body, ana.token, { headers });
  expect([replay.status, replay.data.status, replay.headers.get("Idempotency-Replayed")]).toEqual([
    201,
    "accepted",
    "true",
  ]);
});

test("a refusal is an answer too, and is stored", async () => {
  const ana = await learner();
  const headers = newKey();
  const challengeId = crypto.randomUUID();
  const body = { challengeId, content: { text: "Hola" } };
  const first = await post("/api/v1/submissions", body, ana.token, { headers });
  expect([first.status, first.code]).toEqual([404, "NOT_FOUND"]);
  const again = await eventually(
    () => post("/api/v1/submissions", body, ana.token, { headers }),
    (answer) => answer.headers.has("Idempotency-Replayed"),
  );
  expect(again.status).toBe(404);
  expect(again.body).toEqual((await post("/api/v1/submissions", body, ana.token, { headers })).body);
  const invalid = newKey();
  expect((await setGoal(ana, invalid, "")).status).toBe(400);
  await eventually(
    () => setGoal(ana, invalid, ""),
    (answer) => answer.status === 400 && answer.headers.has("Idempotency-Replayed"),
  );
});

test("a key is kept for 24 hours", async () => {
  const ana = await learner();
  const headers = newKey();
  const first = await setGoal(ana, headers);
  await eventually(
    () => setGoal(ana, headers),
    (answer) => answer.headers.has("Idempotency-Replayed"),
  );
  const age = (hours: number) =>
    env.DB.prepare("UPDATE idempotency_keys SET created_at = created_at - ? WHERE user_id = ?")
      .bind(hours * 3_600_000, ana.id)
      .run();
  await age(23);
  expect((await setGoal(ana, headers)).data.id).toBe(first.data.id);
  await age(1);
  const fresh = await setGoal(ana, headers);
  expect(fresh.status).toBe(201);
  expect(fresh.data.id).not.toBe(first.data.id);
});

test("what is no key is refused; what is no authenticated POST takes no notice of one", async () => {
  const ana = await learner();
  for (const key of ["", "x".repeat(256), "tab\there", "schlüssel"]) {
    const answer = await setGoal(ana, { "Idempotency-Key": key });
    expect([key.slice(0, 9), answer.status, answer.code]).toEqual([key.slice(0, 9), 400, "VALIDATION_ERROR"]);
  }
  expect((await setGoal(ana, { "Idempotency-Key": "x".repeat(255) })).status).toBe(201);
  const headers = newKey();
  const email = `${crypto.randomUUID()}@example.org`;
  expect((await post("/api/v1/auth/login", { email, password: "x" }, undefined, { headers })).status).toBe(401);
  expect(
    (await post("/api/v1/auth/login", { email, password: "x" }, undefined, { headers })).headers.has(
      "Idempotency-Replayed",
    ),
  ).toBe(false);
  const mine = await goal(ana);
  for (let i = 0; i < 2; i += 1) {
    const answer = await call("PATCH", `/api/v1/goals/${mine.id}`, {
      token: ana.token,
      body: { title: "New" },
      headers,
    });
    expect([answer.status, answer.headers.has("Idempotency-Replayed")]).toEqual([200, false]);
  }
});
