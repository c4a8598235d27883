import { spawn } from "node:child_process";
import { once } from "node:events";
import { createClient } from "redis";
import { exitOf } from "../process.ts";
import { freePort } from "./workerd-server.ts";

export type Redis = ReturnType<typeof connect>;

const connect = (url: string) => createClient({ url });

export interface RunningRedis {
  client: Redis;
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/** A Redis of this machine, in memory only; undefined where none is installed. */
export async function startRedis(): Promise<RunningRedis | undefined> {
  const port = await freePort();
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const server = spawn("redis-server", args, { stdio: "ignore" });
  const started = await Promise.race([once(server, "spawn"), once(server, "error").then(() => undefined)]);
  if (started === undefined) return undefined;
  const url = `redis://127.0.0.1:${port}`;
  const client = connect(url);
  client.on("error", () => undefined);
  await client.connect();
  const stop = async () => {
    client.destroy();
    server.kill("SIGKILL");
    await exitOf(server);
  };
  return { client, url, pid: server.pid ?? 0, stop };
}
