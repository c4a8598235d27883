import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { outboxHealth } from "../../events/health.ts";
import { tellMetrics } from "../../platform/metric-sink.ts";
import type { Sample } from "../../platform/metrics.ts";
import { renderMetrics } from "../../platform/metrics.ts";
import type { Health } from "./schema.ts";

const PATIENCE_MS = 3_000;
const PROBE = "health";

export interface HealthBindings {
  DENY_LIST: KVNamespace;
  EVENTS_QUEUE: Queue;
  EMAIL_QUEUE: Queue;
  AI_FEEDBACK_QUEUE: Queue;
}

type Check = Health["checks"][keyof Health["checks"]];

async function check(probe: () => Promise<unknown>): Promise<Check> {
  const start = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await Promise.race([
      probe(),
      new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error("timed out")), PATIENCE_MS);
      }),
    ]);
    return { status: "ok", latencyMs: Math.round(performance.now() - start) };
  } catch {
    return { status: "down", latencyMs: Math.round(performance.now() - start) };
  } finally {
    clearTimeout(timer);
  }
}

/** Asks every part that keeps state whether it answers. Without D1 nothing works; without another part some of it does. */
export async function health(
  ctx: Pick<ServiceContext, "db" | "boards" | "rooms" | "metrics">,
  bindings: HealthBindings,
): Promise<Health> {
  const queues = [bindings.EVENTS_QUEUE, bindings.EMAIL_QUEUE, bindings.AI_FEEDBACK_QUEUE];
  const [d1, kv, queue, chatRoom, leaderboard, metricStore] = await Promise.all([
    check(() => ctx.db.run(sql`SELECT 1`)),
    check(() => bindings.DENY_LIST.get(PROBE)),
    check(() => Promise.all(queues.map((queue) => queue.metrics()))),
    check(() => ctx.rooms(PROBE).ping()),
    check(() => ctx.boards("global").ping()),
    check(() => ctx.metrics.ping()),
  ]);
  const checks = { d1, kv, queue, chatRoom, leaderboard, metricStore };
  const well = Object.values(checks).every((part) => part.status === "ok");
  return { status: well ? "ok" : d1.status === "down" ? "down" : "degraded", checks };
}

/** What all isolates counted, and how much is still to be done. */
export async function metrics(ctx: Pick<ServiceContext, "db" | "metrics" | "clock">): Promise<string> {
  await tellMetrics(ctx.metrics);
  const [counted, waiting] = await Promise.all([ctx.metrics.read(), outboxGauges(ctx)]);
  return renderMetrics([...counted, ...waiting]);
}

async function outboxGauges(ctx: Pick<ServiceContext, "db" | "clock">): Promise<Sample[]> {
  const { depth, oldestAgeMs, dead } = await outboxHealth(ctx);
  return [
    { family: "outbox_messages", labels: "", part: "", value: depth },
    { family: "outbox_oldest_age_seconds", labels: "", part: "", value: oldestAgeMs / 1000 },
    { family: "dead_letters", labels: "", part: "", value: dead },
  ];
}
