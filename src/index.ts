import { app } from "./app.ts";
import type { ServiceContext } from "./context.ts";
import { createContext } from "./context.ts";
import { runCron } from "./cron/run.ts";
import { restoreClock } from "./platform/moved-clock.ts";
import { consumeBatch } from "./queues/index.ts";

export { ChatRoom } from "./durable-objects/chat-room/chat-room.ts";
export { Leaderboard } from "./durable-objects/leaderboard/leaderboard.ts";

async function contextOf(env: Env, execution: ExecutionContext): Promise<ServiceContext> {
  await restoreClock(env);
  return createContext(env, { waitUntil: (work) => execution.waitUntil(work) });
}

export default {
  fetch: app.fetch,
  queue: async (batch, env, execution) => consumeBatch(await contextOf(env, execution), batch),
  scheduled: async (_, env, execution) => void (await runCron(await contextOf(env, execution))),
} satisfies ExportedHandler<Env>;
