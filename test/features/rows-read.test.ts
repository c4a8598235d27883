import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { createContext } from "../../src/context.ts";
import type { ServiceContext } from "../../src/context.ts";
import { openDatabase } from "../../src/db/client.ts";
import { listChallenges } from "../../src/features/challenges/service.ts";
import { exploreGoals, listGoals } from "../../src/features/goals/service.ts";
import { listForChallenge, listMine } from "../../src/features/submissions/service.ts";
import type { UserActor } from "../../src/platform/actor.ts";
import type { Paged } from "../../src/platform/paging.ts";
import type { Learner } from "../helpers/factories.ts";
import { learner } from "../helpers/factories.ts";

const ROWS = 100_000;
const LIMIT = 20;
const BUDGET = 5 * LIMIT;

const SEQUENCE = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?1)";
let [ana, ben, thea]: Learner[] = [];

const actorOf = (who: Learner | undefined, role: UserActor["role"] = "student"): UserActor => ({
  kind: "user",
  id: who?.id ?? "",
  username: who?.username ?? "",
  role,
  sessionId: "",
  tokenId: "",
  expiresAt: new Date(0),
});

beforeAll(async () => {
  [ana, ben, thea] = [await learner(), await learner(), await learner()];
  const load = (sql: string, ...values: unknown[]) => env.DB.prepare(`${SEQUENCE} ${sql}`).bind(...values);
  await env.DB.batch([
    load(
      `INSERT INTO goals (id, owner_id, title, category, tags, status, visibility, created_at, updated_at)
       SELECT printf('g%09d', n), CASE n % 4 WHEN 0 THEN ?3 ELSE ?2 END, 'Speak ' || CASE n % 3 WHEN 0 THEN 'Spanish' ELSE 'Thai' END || n,
         'c' || (n % 10), '["t' || (n % 100) || '"]', CASE n % 5 WHEN 0 THEN 'paused' ELSE 'active' END,
         CASE n % 2 WHEN 0 THEN 'public' ELSE 'private' END, 0, 0 FROM c`,
      ROWS,
      ana?.id,
      ben?.id,
    ),
    load(
      `INSERT INTO challenges (id, goal_id, created_by, title, kind, difficulty, points, archived_at, created_at, updated_at)
       SELECT printf('c%09d', n), 'g000000004', ?2, 'Task', 'text', 'beginner', 10, CASE WHEN n > 300 THEN 0 END, 0, 0 FROM c`,
      1000,
      ben?.id,
    ),
    load(
      `INSERT INTO submissions (id, challenge_id, author_id, attempt, content, status, validation, rubric, created_at)
       SELECT printf('s%09d', n), 'c00000000' || (1 + n % 2), CASE n % 10 WHEN 0 THEN ?2 ELSE ?3 END, 1, '{}',
         CASE WHEN n > 50000 THEN 'rejected' WHEN n % 100 < 2 THEN 'accepted' ELSE 'in_review' END, '[]', '[]', 0 FROM c`,
      ROWS,
      ana?.id,
      ben?.id,
    ),
    env.DB.prepare("INSERT INTO goal_members (goal_id, user_id, joined_at) VALUES ('g000000004', ?, 0)").bind(thea?.id),
  ]);
}, 60_000);

interface Spent {
  rowsRead: number;
  plan: string[];
}

/** What a list costs, and how SQLite goes about each of its statements. Each is asked again, since one read alone tells no costs. */
async function spentBy(list: (ctx: ServiceContext) => Promise<Paged<unknown>>): Promise<Spent> {
  const statements: { sql: string; values: unknown[] }[] = [];
  const { db } = openDatabase(watched(statements), "primary");
  const { items } = await list({ ...createContext(env, { waitUntil: () => undefined }), db });
  expect(items).toHaveLength(LIMIT);
  const spent: Spent = { rowsRead: 0, plan: [] };
  for (const { sql, values } of statements) {
    const ask = (text: string) =>
      env.DB.prepare(text)
        .bind(...values)
        .all<{ detail: string }>();
    spent.rowsRead += (await ask(sql)).meta.rows_read;
    spent.plan.push(...(await ask(`EXPLAIN QUERY PLAN ${sql}`)).results.map(({ detail }) => detail));
  }
  return spent;
}

/** The database, writing down what it is asked. */
function watched(statements: { sql: string; values: unknown[] }[]): D1Database {
  const session = env.DB.withSession("first-primary");
  const prepare = (sql: string) => {
    const prepared = session.prepare(sql);
    const bind = prepared.bind.bind(prepared);
    prepared.bind = (...values: unknown[]) => {
      statements.push({ sql, values });
      return bind(...values);
    };
    return prepared;
  };
  return Object.assign(Object.create(env.DB), {
    withSession: () => ({
      prepare,
      batch: (list: D1PreparedStatement[]) => session.batch(list),
      getBookmark: () => null,
    }),
  });
}

/** A scan is one of an index's order, of a virtual table that is asked by its index, or of what a subquery made of few rows. */
const isFullScan = (detail: string) =>
  detail.startsWith("SCAN ") &&
  !/ USING (?:COVERING )?INDEX | VIRTUAL TABLE INDEX [1-9]|^SCAN (?:m|c|CONSTANT ROW|\(subquery)/u.test(detail);

const page = { limit: LIMIT };
const lists: Record<string, (ctx: ServiceContext) => Promise<Paged<unknown>>> = {
  "my goals": (ctx) => listGoals(ctx, actorOf(ana), {}, page),
  "my goals, by status": (ctx) => listGoals(ctx, actorOf(ana), { status: "paused" }, page),
  "my goals, by all filters": (ctx) =>
    listGoals(ctx, actorOf(ana), { status: "active", category: "c1", tag: "t1", q: "thai" }, page),
  "my goals, by words": (ctx) => listGoals(ctx, actorOf(ben), { q: "spa" }, page),
  explore: (ctx) => exploreGoals(ctx, {}, page),
  "explore by tag": (ctx) => exploreGoals(ctx, { tag: "t2" }, page),
  "explore by words": (ctx) => exploreGoals(ctx, { category: "c6", q: "speak s" }, page),
  "a goal's challenges": (ctx) => listChallenges(ctx, actorOf(ana), { goalId: "g000000004", archived: false }, page),
  "a goal's archived challenges": (ctx) =>
    listChallenges(ctx, actorOf(ana), { goalId: "g000000004", archived: true }, page),
  "my work": (ctx) => listMine(ctx, actorOf(ana), {}, page),
  "my accepted work": (ctx) => listMine(ctx, actorOf(ana), { status: "accepted" }, page),
  "work on a challenge, for its owner": (ctx) => listForChallenge(ctx, actorOf(ben), "c000000001", page),
  "work on a challenge, for a member": (ctx) => listForChallenge(ctx, actorOf(thea), "c000000001", page),
  "work on a challenge, for a teacher": (ctx) => listForChallenge(ctx, actorOf(thea, "teacher"), "c000000001", page),
  "work on a challenge, for somebody who has only their own": (ctx) =>
    listForChallenge(ctx, actorOf(ana), "c000000001", page),
};

test.each(Object.entries(lists))("%s: few rows are read, none scanned, none sorted", async (_, list) => {
  const first = await spentBy(list);
  expect(first.rowsRead).toBeGreaterThan(0);
  expect(first.rowsRead).toBeLessThanOrEqual(BUDGET);
  expect(first.plan.length).toBeGreaterThan(0);
  expect(first.plan.filter((detail) => isFullScan(detail) || detail.includes("TEMP B-TREE"))).toEqual([]);
});

test("a page far down costs no more than the first", async () => {
  const deep = async (list: (ctx: ServiceContext, cursor?: string) => Promise<Paged<unknown>>) => {
    let cursor: string | undefined;
    const ctx = createContext(env, { waitUntil: () => undefined });
    for (let i = 0; i < 30; i += 1) cursor = (await list(ctx, cursor)).pagination.nextCursor ?? undefined;
    return (await spentBy((watchedCtx) => list(watchedCtx, cursor))).rowsRead;
  };
  const costs = [
    await deep((ctx, cursor) => listGoals(ctx, actorOf(ana), { status: "paused" }, { ...page, cursor })),
    await deep((ctx, cursor) => exploreGoals(ctx, { q: "speak" }, { ...page, cursor })),
    await deep((ctx, cursor) => listForChallenge(ctx, actorOf(thea), "c000000001", { ...page, cursor })),
  ];
  expect(costs.filter((rows) => rows === 0 || rows > BUDGET)).toEqual([]);
});
