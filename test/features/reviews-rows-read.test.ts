import { env } from "cloudflare:workers";
import type { SQL } from "drizzle-orm";
import { and, eq, lt } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { createContext } from "../../src/context.ts";
import { reviewAssignments } from "../../src/db/schema/reviews.ts";
import { learnersFor, teachersFor } from "../../src/features/reviews/candidates.ts";
import { claim } from "../../src/features/reviews/claims.ts";
import { selectLeases } from "../../src/features/reviews/leases.ts";
import { selectReviewsOf } from "../../src/features/reviews/queries.ts";
import { stuckWork } from "../../src/features/reviews/upkeep.ts";
import type { Learner } from "../helpers/factories.ts";
import { challenge, goal, learner } from "../helpers/factories.ts";

const ROWS = 100_000;
const MEMBERS = 10_000;
const BUDGET = 100;

let ana: Learner;
let ben: Learner;
const ctx = createContext(env, { waitUntil: () => undefined });

/** Work of ana's, all of it in review, and as many leases of ben's on work that was decided long ago. */
beforeAll(async () => {
  [ana, ben] = [await learner(), await learner()];
  const { id: goalId } = await goal(ana, { visibility: "public" });
  const { id: challengeId } = await challenge(ana, goalId);
  const fill = `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${ROWS})`;
  const work = (prefix: string, status: string) =>
    env.DB.prepare(
      `${fill} INSERT INTO submissions (id, challenge_id, author_id, attempt, content, status, validation, rubric, created_at, peer_reviews)
       SELECT printf('${prefix}%09d', n), ?, ?, 1, '{}', '${status}', '[]', '[]', n, 2 FROM c`,
    ).bind(challengeId, ana.id);
  await env.DB.batch([
    work("w", "in_review"),
    work("d", "accepted"),
    env.DB.prepare(
      `${fill} INSERT INTO review_assignments (id, submission_id, reviewer_id, author_id, state, claimed_at, expires_at)
       SELECT printf('a%09d', n), printf('d%09d', n), ?, ?, CASE n % 3 WHEN 0 THEN 'done' WHEN 1 THEN 'expired' ELSE 'returned' END, 0, 0 FROM c`,
    ).bind(ben.id, ana.id),
    env.DB.prepare("INSERT INTO goal_members (goal_id, user_id, joined_at) VALUES (?, ?, 0)").bind(goalId, ben.id),
    env.DB.prepare(
      `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${MEMBERS})
       INSERT INTO users (id, email, username, display_name, privacy, referral_code, role, created_at, updated_at)
       SELECT printf('%05d', n * 10), n || '@example.org', 'm' || n, 'M', '{}', 'R' || n, iif(n % 1000 = 0, 'teacher', 'student'), 0, 0 FROM c`,
    ),
    env.DB.prepare(
      "INSERT INTO goal_members (goal_id, user_id, joined_at) SELECT ?, id, 0 FROM users WHERE id LIKE '_____'",
    ).bind(goalId),
  ]);
}, 120_000);

interface Query {
  toSQL(): { sql: string; params: unknown[] };
}

const raw = (query: SQL): Query => ({ toSQL: () => ctx.db.all(query).getQuery() });

async function measured(query: Query): Promise<{ rowsRead: number; rows: number; plan: string }> {
  const { sql, params } = query.toSQL();
  const plan = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...params)
    .all<{ detail: string }>();
  const { meta, results } = await env.DB.prepare(sql)
    .bind(...params)
    .all();
  return { rowsRead: meta.rows_read, rows: results.length, plan: plan.results.map(({ detail }) => detail).join("\n") };
}

test("a page of assignments reads few rows, however many there are, and sorts none", async () => {
  const mine = eq(reviewAssignments.reviewerId, ben.id);
  const pages = [
    mine,
    and(mine, lt(reviewAssignments.id, "a000050000")),
    and(mine, eq(reviewAssignments.state, "done")),
    and(mine, eq(reviewAssignments.state, "done"), lt(reviewAssignments.id, "a000050000")),
  ];
  for (const where of pages) {
    const { rowsRead, rows, plan } = await measured(selectLeases(ctx).where(where).limit(21));
    expect(rows).toBe(21);
    expect(rowsRead).toBeLessThanOrEqual(BUDGET);
    expect(plan).not.toMatch(/SCAN|TEMP B-TREE/u);
  }
});

test("the reviews of a piece of work are read by its index", async () => {
  const { plan } = await measured(selectReviewsOf(ctx, "d000000001").limit(21));
  expect(plan).toMatch(/USING INDEX reviews_submission/u);
  expect(plan).not.toMatch(/SCAN|TEMP B-TREE/u);
});

test("reviewers are looked for among some of a large circle, teachers by their role", async () => {
  const learners = await measured(raw(learnersFor("w000000001")));
  expect(learners.rows).toBe(5);
  expect(learners.rowsRead).toBeLessThanOrEqual(3000);
  expect(learners.plan).not.toMatch(/SCAN (?:m|u|done|c|g)\b/u);
  const teachers = await measured(raw(teachersFor("w000000001", new Date())));
  expect(teachers.rows).toBe(1);
  expect(teachers.rowsRead).toBeLessThanOrEqual(200);
});

test("fifty of what is stuck are found without reading the rest", async () => {
  const stuck = await measured(raw(stuckWork(new Date())));
  expect(stuck.rows).toBe(50);
  expect(stuck.rowsRead).toBeLessThanOrEqual(500);
});

test("a claim weighs fifty of what waits, not all of it", async () => {
  const now = new Date();
  for (const role of ["student", "teacher"] as const) {
    const who = { id: ben.id, username: ben.username, role, sessionId: "", tokenId: "", expiresAt: now };
    const { sql, params } = claim(ctx, { kind: "user", ...who }, crypto.randomUUID(), now).getQuery();
    const { meta, results } = await env.DB.prepare(sql)
      .bind(...params)
      .all();
    expect(results).toHaveLength(1);
    expect(meta.rows_read).toBeLessThanOrEqual(300);
  }
});
