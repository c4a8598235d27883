import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createClient } from "redis";
import { memberOf } from "../../test/bench/members.ts";

/** The peer over HTTP: a bare Node server with a Redis behind it. Arguments: its port, the address of Redis. */
const [port, url] = process.argv.slice(2);
const redis = createClient({ url: url ?? "" });
await redis.connect();

async function answer(address: URL): Promise<unknown> {
  const member = memberOf(Number(address.searchParams.get("n")));
  if (address.pathname === "/lookup") return await redis.zScore("board", member);
  if (address.pathname === "/rank") {
    const score = await redis.zScore("board", member);
    return score === null ? null : { rank: 1 + (await redis.zCount("board", `(${score}`, "+inf")), score };
  }
  if (address.pathname === "/around") {
    const place = (await redis.zRevRank("board", member)) ?? 0;
    return await redis.zRangeWithScores("board", Math.max(0, place - 5), place + 5, { REV: true });
  }
  if (address.pathname === "/top") return await redis.zRangeWithScores("board", 0, 99, { REV: true });
  if (address.pathname === "/update")
    return await redis.zIncrBy("board", Number(address.searchParams.get("points")), member);
  return "ok";
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const value = await answer(new URL(request.url ?? "/", "http://front"));
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify(value));
}

createServer((request, response) => void respond(request, response)).listen(Number(port), "127.0.0.1");
