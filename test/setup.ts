import { env } from "cloudflare:workers";
import { applyD1Migrations } from "cloudflare:test";
import { afterAll, afterEach, expect } from "vitest";
import { brokenPromises } from "./helpers/contract.ts";
import { brokenFrames } from "./helpers/frames.ts";

await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);

/** Hono checks what comes in; what goes out is checked here, in every test. */
afterEach(async () => {
  expect([...(await brokenPromises()), ...brokenFrames()]).toEqual([]);
});

/** A queue that still delivers while the runtime is torn down takes the whole run with it. */
afterAll(async () => {
  for (let i = 0; i < 100; i += 1) {
    const waiting = await env.DB.prepare(
      "SELECT count(*) AS n FROM outbox WHERE sent_at IS NOT NULL AND dead_at IS NULL",
    ).first<number>("n");
    if (!waiting) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});
