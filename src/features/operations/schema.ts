import { z } from "@hono/zod-openapi";

const Check = z.object({ status: z.enum(["ok", "down"]), latencyMs: z.int() });

export const Health = z
  .object({
    status: z.enum(["ok", "degraded", "down"]),
    checks: z.object({ d1: Check, kv: Check, queue: Check, chatRoom: Check, leaderboard: Check, metricStore: Check }),
  })
  .openapi("Health");
export type Health = z.infer<typeof Health>;

export const Live = z.object({ status: z.literal("ok") }).openapi("Live");

export const Jwks = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })) }).openapi("Jwks");
