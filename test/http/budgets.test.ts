import { env } from "cloudflare:workers";
import { createExecutionContext } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import type { ServiceContext } from "../../src/context.ts";
import { createContext } from "../../src/context.ts";
import { listGoals } from "../../src/features/goals/service.ts";
import { listChallenges } from "../../src/features/challenges/service.ts";
import { listForChallenge, listMine } from "../../src/features/submissions/service.ts";
import { getStreak, listXp } from "../../src/features/users/service.ts";
import type { UserActor } from "../../src/platform/actor.ts";
import type { Answer } from "../helpers/client.ts";
import { call, get, patch, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { PASSWORD, challenge, goal, learner } from "../helpers/factories.ts";

const API = "/api/v1";
const ROWS = 100_000;

let ana: Learner;
let goalId: string;

beforeAll(async () => {
  ana = await learner();
  goalId = (await goal(ana, { visibility: "public" })).id;
});

async function spends(trips: number, status: number, asked: Promise<Answer>): Promise<Answer> {
  const answer = await asked;
  expect({ status: answer.status, code: answer.code }).toMatchObject({ status });
  expect(answer.roundTrips).toBeLessThanOrEqual(trips);
  return answer;
}

test("reading costs one round trip", async () => {
  const work = await challenge(ana, goalId);
  const handedIn = await post(`${API}/submissions`, { challengeId: work.id, content: { text: "one two three" } }, ana.token);
  const paths = [
    "users/me", "users/me/xp", "users/me/streak", "goals", "goals?status=active&category=general", `goals/${goalId}`,
    `challenges?goalId=${goalId}`, `challenges/${work.id}`, "submissions", `submissions/${handedIn.data.id}`,
    "rooms", "leaderboard", `leaderboard/user/${ana.id}`, `ai/jobs/${handedIn.data.feedbackJobId}`,
  ];
  const costs: Record<string, number> = {};
  for (const path of paths) {
    const answer = await get(`${API}/${path}`, ana.token);
    expect([path, answer.status]).toEqual([path, 200]);
    if (answer.roundTrips > 1) costs[path] = answer.roundTrips;
  }
  expect(costs).toEqual({});
  expect((await get(`${API}/users/me`, ana.token)).roundTrips).toBe(1);
});

test("signing in and out", async () => {
  const email = "budget@example.org";
  const made = await spends(3, 201, post(`${API}/auth/register`, { email, password: PASSWORD }));
  const login = await spends(2, 200, post(`${API}/auth/login`, { email, password: PASSWORD }));
  const unknown = await spends(2, 401, post(`${API}/auth/login`, { email: "nobody@example.org", password: PASSWORD }));
  const wrong = await spends(2, 401, post(`${API}/auth/login`, { email, password: "Wrong-Harbour-7" }));
  expect(unknown.roundTrips).toBe(wrong.roundTrips);
  await spends(2, 200, post(`${API}/auth/refresh`, { refreshToken: login.data.refreshToken }));
  await spends(1, 204, post(`${API}/auth/logout`, {}, made.data.accessToken));
});

test("writing", async () => {
  const made = await spends(1, 201, post(`${API}/goals`, { title: "Cheap", milestones: [{ title: "a" }, { title: "b" }] }, ana.token));
  await spends(2, 200, patch(`${API}/goals/${made.data.id}`, { title: "Cheaper" }, ana.token));
  await spends(3, 200, call("PUT", `${API}/goals/${made.data.id}/milestones/${made.data.milestones[0].id}/completion`, { token: ana.token }));
  const work = await spends(2, 201, post(`${API}/challenges`, { goalId, title: "x", kind: "text", rules: {}, maxAttempts: 100, requiresVerdict: true }, ana.token));
  const body = { challengeId: work.data.id, content: { text: "Hola" } };
  const handedIn = await spends(2, 201, post(`${API}/submissions`, body, ana.token));
  await spends(3, 201, post(`${API}/submissions`, body, ana.token, { headers: { "Idempotency-Key": "budget" } }));
  await spends(2, 200, post(`${API}/submissions/${handedIn.data.id}/withdraw`, {}, ana.token));
});

test("what is refused at the border costs nothing", async () => {
  await spends(0, 401, get(`${API}/goals`));
  await spends(0, 401, get(`${API}/goals`, "a.b.c"));
  await spends(0, 400, post(`${API}/goals`, {}, ana.token));
  await spends(0, 400, get(`${API}/goals?cursor=x`, ana.token));
  await spends(0, 404, get("/nope"));
});

/** A row of the table copied so often; each copy has an id of its own that sorts among the others. */
async function multiply(table: string, where: string, times: number, changes: Record<string, string>): Promise<void> {
  const { results } = await env.DB.prepare(`SELECT name FROM pragma_table_info('${table}')`).all<{ name: string }>();
  const names = results.map(({ name }) => name).filter((name) => name !== "seq");
  const values = names.map((name) => changes[name] ?? `"${name}"`);
  const STEP = 20_000;
  for (let from = 0; from < times; from += STEP)
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${Math.min(from + STEP, times)})
       INSERT INTO ${table} (${names.map((name) => `"${name}"`).join(", ")})
       SELECT ${values.join(", ")} FROM (SELECT * FROM ${table} WHERE ${where} LIMIT 1) AS origin CROSS JOIN n`,
    ).run();
}

const ID = "printf('01900000-0000-7000-8000-%012d', i)";
const actorOf = (who: Learner): UserActor => ({
  kind: "user", id: who.id, username: who.username, role: "student", sessionId: "x", expiresAt: new Date(Date.now() + 60_000),
});

/** Rows that D1 read for a call, with every statement run so that D1 tells. */
async function rowsReadBy(work: (ctx: ServiceContext) => Promise<unknown>): Promise<number> {
  const execution = createExecutionContext();
  let rows = 0;
  const count = <T>(result: T): T => {
    for (const one of [result].flat() as { meta?: { rows_read?: number } }[]) rows += one.meta?.rows_read ?? 0;
    return result;
  };
  const counted = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get: (target, name) => {
        if (name === "bind") return (...values: unknown[]) => counted(target.bind(...values));
        if (name === "inner") return target;
        if (name === "raw") return async () => {
          const again = await target.all();
          count(again);
          return await target.raw();
        };
        return async () => count(await target.all());
      },
    });
  const session = {
    prepare: (query: string) => counted(env.DB.prepare(query)),
    batch: async (statements: (D1PreparedStatement & { inner: D1PreparedStatement })[]) =>
      count(await env.DB.batch(statements.map((statement) => statement.inner))),
    getBookmark: () => null,
  };
  const DB = { withSession: () => session } as unknown as D1Database;
  await work(createContext({ ...env, DB }, { waitUntil: (promise) => execution.waitUntil(promise) }));
  expect(rows).toBeGreaterThan(0);
  return rows;
}

test("a page of 20 reads no more than 100 rows of 100,000", { timeout: 120_000 }, async () => {
  const work = await challenge(ana, goalId);
  await post(`${API}/submissions`, { challengeId: work.id, content: { text: "one two three" }, requestFeedback: false }, ana.token);
  const half = ROWS / 2;
  const ben = await learner();
  const bens = await goal(ben, { milestones: [] });
  await multiply("goals", `id = '${bens.id}'`, ROWS, { id: ID, owner_id: `CASE WHEN i < ${half} THEN '${ana.id}' ELSE owner_id END`, category: "'c' || (i % 10)", status: "CASE i % 2 WHEN 0 THEN 'active' ELSE 'paused' END" });
  await multiply("submissions", `challenge_id = '${work.id}'`, ROWS, { id: ID, author_id: `CASE WHEN i < ${half} THEN author_id ELSE '${ben.id}' END`, attempt: "i" });
  await multiply("xp_entries", `user_id = '${ana.id}'`, ROWS, { id: ID, source_id: "'s' || i", user_id: `CASE WHEN i < ${half} THEN user_id ELSE '${ben.id}' END` });
  await multiply("challenges", `id = '${work.id}'`, ROWS, { id: ID });

  const actor = actorOf(ana);
  const page = { limit: 20 };
  const second = async (list: (ctx: ServiceContext, query: { limit: number; cursor?: string }) => Promise<{ pagination: { nextCursor: string | null } }>) => {
    let cursor: string | null = null;
    const first = await rowsReadBy(async (ctx) => ({ pagination: { nextCursor: cursor } } = await list(ctx, page)));
    expect(cursor).not.toBeNull();
    return Math.max(first, await rowsReadBy((ctx) => list(ctx, { ...page, cursor: cursor ?? "" })));
  };
  const costs = {
    goals: await second((ctx, query) => listGoals(ctx, actor, {}, query)),
    paused: await second((ctx, query) => listGoals(ctx, actor, { status: "paused" }, query)),
    submissions: await second((ctx, query) => listMine(ctx, actor, {}, query)),
    ofChallenge: await second((ctx, query) => listForChallenge(ctx, actor, work.id, query)),
    ofBen: await second((ctx, query) => listForChallenge(ctx, { ...actorOf(ben) }, work.id, query)),
    xp: await second((ctx, query) => listXp(ctx, actor, query)),
    challenges: await second((ctx, query) => listChallenges(ctx, actor, goalId, query)),
    streak: await rowsReadBy((ctx) => getStreak(ctx, actor)),
  };
  const tooMany = Object.entries(costs).filter(([, rows]) => rows > 100);
  expect(tooMany).toEqual([]);
});
