import { type ChildProcess, spawn } from "node:child_process";
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
