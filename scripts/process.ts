import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import path from "node:path";

export const root = path.join(import.meta.dirname, "..");

const bin = path.join(root, "node_modules/.bin");

/** The environment of every tool: this project's binaries (and Node) first, and a wrangler that asks the network for nothing. */
export const toolEnv: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${bin}${path.delimiter}${process.env.PATH ?? ""}`,
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_NO_SKILLS_UPDATE_PROMPTS: "true",
  WRANGLER_WRITE_LOGS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  REDOCLY_TELEMETRY: "off",
  REDOCLY_SUPPRESS_UPDATE_NOTICE: "true",
};

export interface Outcome {
  code: number;
  output: string;
}

/** Runs a tool of node_modules to its end and keeps what it printed. */
export async function run(
  tool: string,
  args: string[],
  options: { cwd?: string; show?: boolean } = {},
): Promise<Outcome> {
  const child = spawn(path.join(bin, tool), args, {
    cwd: options.cwd ?? root,
    env: toolEnv,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (options.show === true) process.stdout.write(chunk);
    });
  }
  return { code: await exitOf(child), output };
}

/** The exit code of a child; one that never started, or was killed, counts as 1. */
export function exitOf(child: ChildProcess): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  child.once("error", (error) => {
    console.error(error.message);
    resolve(1);
  });
  child.once("close", (code) => resolve(code ?? 1));
  return promise;
}

/** The process and all that it started, children before parents. */
export function descendants(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  const table = execFileSync("ps", ["-Ao", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const rows = table.map((line) => line.trim().split(/\s+/).map(Number));
  const under = (parent: number): number[] =>
    rows.flatMap(([child, of]) => (of === parent && child !== undefined ? [...under(child), child] : []));
  return [...under(pid), pid];
}

export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}
