import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { createContext } from "../../src/context.ts";
import {
  selectActiveGoals,
  selectDue,
  selectItems,
  selectLearner,
  selectOpenLeases,
} from "../../src/features/dashboard/queries.ts";
import { selectUnread } from "../../src/features/notifications/service.ts";
import { FACT_TYPES, selectFacts } from "../../src/features/progress/facts.ts";
import type { Learner } from "../helpers/factories.ts";
import { challenge, goal, learner } from "../helpers/factories.ts";

const ROWS = 100_000;
const LIMIT = 20;
const BUDGET = 5 * LIMIT;
const ctx = createContext(env, { waitUntil: () => undefined });

let ana: Learner;

/** A hundred thousand of everything that ana ever did, minute by minute. */
beforeAll(async () => {
  ana = await learner();
  const ben = await learner();
  const { id: goalId } = await goal(ana, { visibility: "public" });
  const { id: challengeId } = await challenge(ben, (await goal(ben)).id);
  const c = `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${ROWS})`;
  const load = (sql: string, ...values: string[]) => env.DB.prepare(`${c} ${sql}`).bind(...values);
  await env.DB.batch([
    load(
      "INSERT INTO study_log (id, user_id, goal_id, minutes, day, created_at) SELECT printf('l%09d', n), ?, ?, 5, '', n * 60000 FROM c",
      ana.id,
      goalId,
    ),
    load(
      `INSERT INTO submissions (id, challenge_id, author_id, attempt, content, status, validation, rubric, created_at, decided_at)
       SELECT printf('s%09d', n), ?, ?, 1, '{}', 'needs_work', '[]', '[]', n * 60000, n * 60000 FROM c`,
      challengeId,
      ana.id,
    ),
    load(
      `INSERT INTO submissions (id, challenge_id, author_id, attempt, content, status, validation, rubric, created_at)
       SELECT printf('r%09d', n), ?, ?, 1, '{}', 'in_review', '[]', '[]', n * 60000 FROM c`,
      challengeId,
      ben.id,
    ),
    load(
      `INSERT INTO reviews (id, submission_id, reviewer_id, scores, comment, created_at, updated_at)
       SELECT printf('v%09d', n), printf('r%09d', n), ?, '[]', '', n * 60000, 0 FROM c`,
      ana.id,
    ),
    load(
      `INSERT INTO review_assignments (id, submission_id, reviewer_id, author_id, state, claimed_at, expires_at)
       SELECT printf('a%09d', n), printf('r%09d', n), ?, ?, iif(n % 100 = 0, 'open', 'done'), 0, ${Number.MAX_SAFE_INTEGER} FROM c`,
      ana.id,
      ben.id,
    ),
    load(
      `INSERT INTO xp_entries (id, user_id, amount, reason, source_type, source_id, rules_version, balance, day, created_at)
       SELECT printf('x%09d', n), ?, 1, 'adjustment', 'test', n, 1, 1, '', n * 60000 FROM c`,
      ana.id,
    ),
    load(
      `INSERT INTO milestones (id, goal_id, title, position, completed_at, completed_by)
       SELECT printf('m%09d', n), ?, 'Step', n, n * 60000, ? FROM c`,
      (await goal(ben)).id,
      ana.id,
    ),
    load(
      `INSERT INTO goals (id, owner_id, title, status, completed_at, created_at, updated_at)
       SELECT printf('g%09d', n), ?, 'Goal', iif(n % 100 < 50, 'active', 'completed'), iif(n % 100 < 50, NULL, n * 60000), n * 60000, 0 FROM c`,
      ana.id,
    ),
    load("INSERT INTO user_badges (user_id, code, earned_at) SELECT ?, printf('b%09d', n), n * 60000 FROM c", ana.id),
    load(
      `INSERT INTO challenges (id, goal_id, created_by, title, kind, difficulty, points, due_at, created_at, updated_at)
       SELECT printf('c%09d', n), printf('g%09d', n), ?, 'Task', 'text', 'beginner', 10, ${Number.MAX_SAFE_INTEGER} - n, 0, 0 FROM c`,
      ana.id,
    ),
    load(
      `INSERT INTO notifications (id, user_id, kind, dedupe_key, title, body, url, data, listed, created_at, read_at)
       SELECT printf('n%09d', n), ?, 'system', n, '', '', '', '{}', 1, 0, iif(n % 1000 = 0, NULL, 0) FROM c`,
      ana.id,
    ),
  ]);
}, 120_000);

interface Query {
  getQuery(): { sql: string; params: unknown[] };
}

const built = (query: { toSQL(): { sql: string; params: unknown[] } }): Query => ({ getQuery: () => query.toSQL() });

async function measured(query: Query) {
  const { sql, params } = query.getQuery();
  const ask = (text: string) => env.DB.prepare(text).bind(...params);
  const { results: plan } = await ask(`EXPLAIN QUERY PLAN ${sql}`).all<{ detail: string }>();
  const { meta, results } = await ask(sql).all();
  return { rowsRead: meta.rows_read, results, plan: plan.map(({ detail }) => detail) };
}

const middle = (type: (typeof FACT_TYPES)[number]) => ({ at: 50_000 * 60_000, key: "s000050000", type });

test.each([
  ["the first page", {}],
  ["a page far down", { after: middle("decision") }],
  ["a page that begins between two facts of one thing", { after: middle("submission") }],
  ["a page of some days", { from: 40_000 * 60_000, to: 60_000 * 60_000 }],
])("of a timeline %s reads few rows, scans none and sorts none", async (_, span) => {
  const { rowsRead, results, plan } = await measured(selectFacts(ctx, ana.id, { ...span, limit: LIMIT + 2 }));
  expect(results).toHaveLength(LIMIT + 2);
  expect(rowsRead).toBeGreaterThan(LIMIT);
  expect(rowsRead).toBeLessThanOrEqual(BUDGET);
  expect(plan.filter((detail) => /TEMP B-TREE|^SCAN (?!page)/u.test(detail))).toEqual([]);
  expect(plan.filter((detail) => detail.startsWith("MERGE"))).toHaveLength(FACT_TYPES.length - 1);
});

test("what the dashboard shows is read from few rows", async () => {
  const costs = {
    learner: await measured(built(selectLearner(ctx, ana.id))),
    goals: await measured(built(selectActiveGoals(ctx, ana.id))),
    due: await measured(selectDue(ctx, ana.id)),
    leases: await measured(built(selectOpenLeases(ctx, ana.id))),
    unread: await measured(built(selectUnread(ctx, ana.id))),
    recent: await measured(selectFacts(ctx, ana.id, { limit: 11 })),
    items: await measured(built(selectItems(ctx, ana.id))),
  };
  const counted = Object.entries(costs).map(
    ([name, { rowsRead, results }]) => [name, rowsRead, results.length] as const,
  );
  expect(Object.fromEntries(counted.map(([name, , rows]) => [name, rows]))).toEqual({
    learner: 1,
    goals: 20,
    due: 10,
    leases: 10,
    unread: 1,
    recent: 11,
    items: 0,
  });
  expect(costs.unread.results).toEqual([{ unread: 100 }]);
  // Twenty goals are read with what hangs on them, and weighed again for what is due; a hundred notifications are counted.
  const budgets: Record<string, number> = { goals: 10 * 20, due: 10 * 20, unread: 5 * 100 };
  expect(counted.filter(([name, rowsRead]) => rowsRead > (budgets[name] ?? BUDGET))).toEqual([]);
  const scans = Object.values(costs).flatMap(({ plan }) =>
    plan.filter((detail) =>
      /^SCAN (?:goals|challenges|submissions|notifications|review_assignments)\b(?! USING)/u.test(detail),
    ),
  );
  expect(scans).toEqual([]);
});
