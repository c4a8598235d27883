import path from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { createSecrets } from "./scripts/secrets.ts";

const queue = (deadLetterQueue: string) => ({ maxBatchTimeout: 0.05, maxRetries: 2, deadLetterQueue });

export default defineConfig(async () => ({
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
  test: { setupFiles: ["./test/setup.ts"], include: ["test/**/*.test.ts"], testTimeout: 20_000 },
}));
