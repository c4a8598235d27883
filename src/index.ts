import { app } from "./app.ts";
import type { ServiceContext } from "./context.ts";
import { createContext } from "./context.ts";
import { runCron } from "./cron/run.ts";
import { tellMetrics } from "./platform/metric-sink.ts";
import { restoreClock } from "./platform/moved-clock.ts";
import { consumeBatch } from "./queues/index.ts";

export { ChatRoom } from "./durable-objects/chat-room/chat-room.ts";
export { Leaderboard } from "./durable-objects/leaderboard/leaderboard.ts";
export { RoomRelay } from "./durable-objects/room-relay/room-relay.ts";
export { MetricStore } from "./durable-objects/metric-store/metric-store.ts";
export { UserHub } from "./durable-objects/user-hub/user-hub.ts";

/** For work that no request asked for; what it counted is told when it has ended. */
async function inContext<T>(env: Env, execution: ExecutionContext, work: (ctx: ServiceContext) => Promise<T>) {
  await restoreClock(env);
  const ctx = createContext(env, { waitUntil: (later) => execution.waitUntil(later) });
  await work(ctx);
  await tellMetrics(ctx.metrics);
}

export default {
  fetch: app.fetch,
  queue: (batch, env, execution) => inContext(env, execution, (ctx) => consumeBatch(ctx, batch)),
  scheduled: (_, env, execution) => inContext(env, execution, runCron),
} satisfies ExportedHandler<Env>;
