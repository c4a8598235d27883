import "./test/counterparts/trust.ts";
import { availableParallelism } from "node:os";
import path from "node:path";
import { defineConfig, defineProject } from "vitest/config";
import { createSecrets } from "./scripts/secrets.ts";

/** After `trust.ts`, which a static import would overtake. */
const { cloudflareTest, readD1Migrations } = await import("@cloudflare/vitest-pool-workers");

const queue = (deadLetterQueue: string) => ({ maxBatchTimeout: 0.05, maxRetries: 2, deadLetterQueue });

/** Inside the Workers runtime, with real bindings; storage is per file. */
const workers = async () =>
  defineProject({
    plugins: [
      cloudflareTest({
        wrangler: { configPath: "./wrangler.toml" },
        miniflare: {
          bindings: {
            ENVIRONMENT: "test",
            RATE_LIMITS: "off",
            ...(await createSecrets()),
            TEST_MIGRATIONS: await readD1Migrations(path.join(import.meta.dirname, "migrations")),
          },
          compatibilityFlags: ["service_binding_extra_handlers"],
          r2Buckets: ["UPLOADS"],
          queueConsumers: {
            events: queue("events-dlq"),
            email: queue("email-dlq"),
            "ai-feedback": queue("ai-feedback-dlq"),
            "events-dlq": { maxBatchTimeout: 0.05 },
            "email-dlq": { maxBatchTimeout: 0.05 },
            "ai-feedback-dlq": { maxBatchTimeout: 0.05 },
          },
        },
      }),
    ],
    test: {
      name: "workers",
      setupFiles: ["./test/setup.ts"],
      globalSetup: ["./test/counterparts/setup.ts"],
      include: ["test/**/*.test.ts"],
      exclude: ["test/node/**", "**/node_modules/**"],
      testTimeout: 20_000,
    },
  });

/** In Node, for what drives a served Worker from outside: browsers, command-line tools, a Redis to compare with. */
const node = defineProject({
  test: { name: "node", environment: "node", include: ["test/node/**/*.test.ts"], testTimeout: 120_000 },
});

/** Two even where there are two cores: a file waits as often as it computes, and one at a time takes nearly twice as long. */
const maxWorkers = Math.max(2, availableParallelism() - 1);

export default defineConfig(async () => ({ test: { maxWorkers, projects: [await workers(), node] } }));
