import { app } from "./app.ts";
import { createContext } from "./context.ts";
import { runCron } from "./cron/jobs.ts";
import { consumeBatch } from "./queues/index.ts";

export { ChatRoom } from "./durable-objects/chat-room/chat-room.ts";
export { Leaderboard } from "./durable-objects/leaderboard/leaderboard.ts";

const waitUntil = (execution: ExecutionContext) => ({
  waitUntil: (work: Promise<unknown>) => execution.waitUntil(work),
});

export default {
  fetch: app.fetch,
  queue: (batch, env, execution) => consumeBatch(createContext(env, waitUntil(execution)), batch),
  scheduled: (_, env, execution) => runCron(createContext(env, waitUntil(execution))),
} satisfies ExportedHandler<Env>;
