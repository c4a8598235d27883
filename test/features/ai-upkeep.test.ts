import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { createContext } from "../../src/context.ts";
import { purgeAiCalls } from "../../src/features/ai/upkeep.ts";
import { get, post } from "../helpers/client.ts";
import { learner } from "../helpers/factories.ts";

const DAY_MS = 86_400_000;

const inDays = (days: number) => ({
  ...createContext(env, { waitUntil: () => {} }),
  clock: { now: () => new Date(Date.now() + days * DAY_MS) },
});

const countOf = async (table: string, userId: string): Promise<unknown> =>
  (await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE user_id = ?`).bind(userId).first())?.["n"];

test("what a call took and a day's quota are kept for 90 days, what all of them cost is kept for good", async () => {
  const reader = await learner();
  expect(await post("/api/v1/ai/explain", { concept: "erosion" }, reader.token)).toMatchObject({ status: 200 });
  const counted = async () => [await countOf("ai_calls", reader.id), await countOf("ai_usage", reader.id)];
  await purgeAiCalls(inDays(89));
  expect(await counted()).toEqual([1, 1]);
  expect((await get("/api/v1/ai/usage", reader.token)).data.explanations.used).toBe(1);
  await purgeAiCalls(inDays(92));
  expect(await counted()).toEqual([0, 0]);
  expect((await env.DB.prepare("SELECT sum(calls) AS n FROM ai_spend").first())?.["n"]).toBeGreaterThan(0);
});

test.each([
  ["DELETE FROM ai_calls WHERE created_at < ?", "ai_calls_created"],
  ["DELETE FROM ai_usage WHERE day < ?", "ai_usage_day"],
])("%s reads no row that stays", async (sql, index) => {
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind(0).all<{ detail: string }>();
  expect(results[0]?.detail).toContain(`INDEX ${index}`);
});
