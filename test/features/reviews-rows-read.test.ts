import { env } from "cloudflare:workers";
import { and, eq, lt } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { createContext } from "../../src/context.ts";
import { reviewAssignments } from "../../src/db/schema/reviews.ts";
import { claim } from "../../src/features/reviews/claims.ts";
import { selectLeases } from "../../src/features/reviews/leases.ts";
import { selectReviewsOf } from "../../src/features/reviews/queries.ts";
import type { Learner } from "../helpers/factories.ts";
import { challenge, goal, learner } from "../helpers/factories.ts";

const ROWS = 100_000;
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
  ]);
}, 120_000);

interface Query {
  toSQL(): { sql: string; params: unknown[] };
}

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
