import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { descendants, exitOf, kill, root, run, toolEnv } from "../process.ts";
import { createSecrets } from "../secrets.ts";

export interface ServedWorker {
  name: string;
  /** Its wrangler.toml and the folder that `bundle` wrote. */
  config: string;
  bundle: string;
  vars?: Record<string, string>;
}

/** The first worker answers everything; another one answers for the host `<name>.test`. */
export interface ServerOptions {
  port: number;
  state: string;
  workers: [ServedWorker, ...ServedWorker[]];
}

export interface Query {
  id: number;
  sql: string;
  params: unknown[];
}

export interface Server {
  url: string;
  /** The runtime's own process, without the one that started it and reads its log. */
  pids: number[];
  query<T>(sql: string, ...params: unknown[]): Promise<T[]>;
  /** SIGKILL to every process of it at once; resolves when all are gone. */
  kill(): Promise<void>;
}

export const CONFIG = path.join(root, "wrangler.toml");

/** Builds a Worker into a folder, as a deploy would; with another `entry` than its own when there is one. */
export async function bundle(config: string, folder: string, ...entry: string[]): Promise<string> {
  const args = ["deploy", ...entry, "--dry-run", "--minify", "--outdir", folder, "--env=", "-c", config];
  const { code, output } = await run("wrangler", args);
  if (code !== 0) throw new Error(output);
  return folder;
}

/** Applies the migrations to the database in a state folder that `serve` has not opened yet. */
export async function migrate(state: string): Promise<void> {
  const place = ["--local", "--env=", "--persist-to", path.dirname(state)];
  const { code, output } = await run("wrangler", ["d1", "migrations", "apply", "DB", ...place]);
  if (code !== 0) throw new Error(output);
}

/** A state folder below `folder`, named as wrangler names it. */
export const stateIn = (folder: string): string => path.join(folder, "v3");

/** What the Worker needs to know to run here, with fresh keys and no rate limits: all load comes from one address. */
export const localVars = async (): Promise<Record<string, string>> => ({
  ENVIRONMENT: "development",
  RATE_LIMITS: "off",
  ...(await createSecrets()),
});

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

const isRuntime = (pid: number): boolean => readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("workerd");

interface Answer {
  id: number;
  rows?: unknown[];
  error?: string;
}

export async function serve(options: ServerOptions): Promise<Server> {
  const script = path.join(import.meta.dirname, "server.ts");
  const child = spawn(process.execPath, ["--no-warnings", script, JSON.stringify(options)], {
    cwd: root,
    env: { ...toolEnv, WRANGLER_LOG: "error" },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = exitOf(child);
  const early = ended.then((code) => Promise.reject(new Error(`The server ended at its start (${code}).`)));
  const [{ url }] = (await Promise.race([once(child, "message"), early])) as [{ url: string }];
  early.catch(() => undefined);

  const asked = new Map<number, PromiseWithResolvers<unknown[]>>();
  child.on("message", ({ id, rows, error }: Answer) => {
    const waiting = asked.get(id);
    asked.delete(id);
    if (rows) waiting?.resolve(rows);
    else waiting?.reject(new Error(error));
  });
  void ended.then(() => asked.forEach(({ reject }) => reject(new Error("the server is gone"))));

  let last = 0;
  return {
    url,
    pids: descendants(child.pid).filter(isRuntime),
    query<T>(sql: string, ...params: unknown[]) {
      const answer = Promise.withResolvers<unknown[]>();
      asked.set((last += 1), answer);
      child.send({ id: last, sql, params } satisfies Query);
      return answer.promise as Promise<T[]>;
    },
    async kill() {
      for (const pid of descendants(child.pid)) kill(pid);
      await ended;
    },
  };
}
