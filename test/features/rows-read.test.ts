import { env } from "cloudflare:workers";
import { and, desc, eq, lt } from "drizzle-orm";
import { expect, test } from "vitest";
import { createContext } from "../../src/context.ts";
import { goals } from "../../src/db/schema/goals.ts";
import { selectGoals } from "../../src/features/goals/queries.ts";
import { learner } from "../helpers/factories.ts";

const ROWS = 100_000;
const BUDGET = 100;

test("a page of goals reads few rows, however many there are", async () => {
  const ana = await learner();
  await env.DB.prepare(
    `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?)
     INSERT INTO goals (id, owner_id, title, created_at, updated_at) SELECT printf('g%09d', n), ?, 'Goal', 0, 0 FROM c`,
  )
    .bind(ROWS, ana.id)
    .run();
  const ctx = createContext(env, { waitUntil: () => undefined });
  for (const wanted of [eq(goals.ownerId, ana.id), and(eq(goals.ownerId, ana.id), lt(goals.id, "g000050000"))]) {
    const { sql, params } = selectGoals(ctx, wanted).orderBy(desc(goals.id)).limit(21).toSQL();
    const { meta } = await env.DB.prepare(sql)
      .bind(...params)
      .all();
    expect(meta.rows_read).toBeGreaterThanOrEqual(21);
    expect(meta.rows_read).toBeLessThanOrEqual(BUDGET);
  }
});
