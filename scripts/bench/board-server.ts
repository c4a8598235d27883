import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { exitOf, root, run } from "../process.ts";

export interface Served {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

const configuration = (port: number) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .bench), (name = "disk", disk = (path = "state", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const bench :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "dist/leaderboard-worker.js")],
  compatibilityDate = "2026-11-02",
  durableObjectNamespaces = [(className = "BenchBoard", uniqueKey = "bench", enableSql = true)],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [(name = "BOARD", durableObjectNamespace = "BenchBoard")],
);
`;

/** The real leaderboard object behind the bench's own entry, on the bare runtime: no proxy of a development server between. */
export async function serveBoard(): Promise<Served> {
  const directory = await mkdtemp(path.join(tmpdir(), "board-"));
  const config = path.join(root, "test/bench/wrangler.leaderboard.toml");
  const bundle = ["deploy", "--dry-run", "--outdir", path.join(directory, "dist"), "-c", config];
  const { code, output } = await run("wrangler", bundle);
  if (code !== 0) throw new Error(output);
  const port = await freePort();
  await mkdir(path.join(directory, "state"));
  await writeFile(path.join(directory, "bench.capnp"), configuration(port));
  const workerd = path.join(root, "node_modules/.bin/workerd");
  const server = spawn(workerd, ["serve", "bench.capnp"], { cwd: directory, stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    server.kill("SIGKILL");
    await exitOf(server);
    await rm(directory, { recursive: true });
  };
  for (let tries = 0; (await fetch(`${url}/nothing`).catch(() => undefined))?.ok !== true; tries++) {
    if (tries > 100) throw new Error("workerd does not answer");
    await delay(100);
  }
  return { url, pid: server.pid ?? 0, stop };
}
