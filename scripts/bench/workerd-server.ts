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

interface Bench {
  /** Of `test/bench/<name>-worker.ts` and `test/bench/wrangler.<name>.toml`; must answer `/nothing`. */
  name: string;
  /** The classes of its objects, by binding. */
  objects: Record<string, string>;
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

const list = (entries: string[]): string => `[${entries.join(", ")}]`;

function configuration({ name, objects }: Bench, port: number): string {
  const classes = Object.values(objects).map(
    (className) => `(className = "${className}", uniqueKey = "bench-${className}", enableSql = true)`,
  );
  const bindings = Object.entries(objects).map(
    ([binding, className]) => `(name = "${binding}", durableObjectNamespace = "${className}")`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .bench), (name = "disk", disk = (path = "state", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const bench :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "dist/${name}-worker.js")],
  compatibilityDate = "2026-11-02",
  durableObjectNamespaces = ${list(classes)},
  durableObjectStorage = (localDisk = "disk"),
  bindings = ${list(bindings)},
);
`;
}

/** A bench's own entry around real objects, on the bare runtime: no proxy of a development server between. */
export async function serveBench(bench: Bench): Promise<Served> {
  const directory = await mkdtemp(path.join(tmpdir(), `${bench.name}-`));
  const config = path.join(root, `test/bench/wrangler.${bench.name}.toml`);
  const bundle = ["deploy", "--dry-run", "--outdir", path.join(directory, "dist"), "-c", config];
  const { code, output } = await run("wrangler", bundle);
  if (code !== 0) throw new Error(output);
  const port = await freePort();
  await mkdir(path.join(directory, "state"));
  await writeFile(path.join(directory, "bench.capnp"), configuration(bench, port));
  const workerd = path.join(root, "node_modules/.bin/workerd");
  const server = spawn(workerd, ["serve", "bench.capnp"], { cwd: directory, stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    server.kill("SIGKILL");
    await exitOf(server);
    await rm(directory, { recursive: true });
  };
  await untilAnswering(`${url}/nothing`);
  return { url, pid: server.pid ?? 0, stop };
}

export async function untilAnswering(address: string): Promise<void> {
  for (let tries = 0; (await fetch(address).catch(() => undefined))?.ok !== true; tries++) {
    if (tries > 100) throw new Error(`${address} does not answer`);
    await delay(100);
  }
}
