import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { createMissingSecrets, localConfiguration } from "./configuration.ts";
import { descendants, exitOf, kill, root, run, toolEnv } from "./process.ts";

const port = Number(process.env.PORT ?? 8787);
const stateDir = path.resolve(root, process.env.STATE_DIR ?? ".wrangler/state");
const seed = process.env.SEED ?? "demo";
const origin = `http://localhost:${port}`;

let stopping = false;

await start();

async function start(): Promise<void> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) fail(`PORT is not a port: ${process.env.PORT}`);
  if (seed !== "none" && seed !== "demo") fail(`SEED is none or demo, not ${seed}`);
  if (await isTaken()) fail(`Port ${port} is taken. Stop what runs there, or choose another: PORT=8788 npm run dev`);

  const made = await createMissingSecrets();
  if (made.length > 0) console.log(`Made local secrets in .dev.vars: ${made.join(", ")}`);
  await applyMigrations();

  const configuration = await localConfiguration();
  const server = serve(configuration);
  const log = relayLog(server);
  const ended = endWith(server, log);
  stopWith(server);

  await Promise.race([untilAnswering(), ended]);
  log.open();
  await seedIfEmpty();
  announce(configuration);
  fireCron();
  await ended;
}

async function applyMigrations(): Promise<void> {
  const args = ["d1", "migrations", "apply", "DB", "--local", "--persist-to", stateDir, "--env="];
  const { code, output } = await run("wrangler", args);
  if (code !== 0) fail(`The migrations could not be applied.\n${output}`);
}

/** `--var` and not `.dev.vars` alone: with `[secrets] required` wrangler drops every other name it finds in that file. */
function serve(configuration: Record<string, string>): ChildProcess {
  const args = ["dev", "--local", "--env=", "--port", String(port), "--persist-to", stateDir, "--log-level", "log"];
  const vars = Object.entries({ LOCAL_ORIGIN: origin, ...configuration }).flatMap(([name, value]) => [
    "--var",
    `${name}:${value}`,
  ]);
  // The channel closes when this process dies, however it dies, and takes the server and its port with it.
  const follow = `data:text/javascript,process.once("disconnect",()=>process.kill(process.pid,"SIGTERM"))`;
  const cli = path.join(root, "node_modules/wrangler/wrangler-dist/cli.js");
  return spawn(process.execPath, ["--no-warnings", "--import", follow, cli, ...args, ...vars], {
    cwd: root,
    env: toolEnv,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
}

async function endWith(server: ChildProcess, log: { flush(): void }): Promise<never> {
  const code = await exitOf(server);
  log.flush();
  process.exit(stopping ? 0 : code);
}

/** Keeps the tool's start-up chatter back, to be shown only when it ends early; then lets the Worker's own lines through. */
function relayLog(server: ChildProcess): { open(): void; flush(): void } {
  const held: string[] = [];
  let opened = false;
  const noise = /^\[wrangler:info\]|^env\.|^Your Worker has access to|^Binding |^⎔ |^Using secrets|^$/;
  for (const input of [server.stdout, server.stderr]) {
    if (input === null) continue;
    createInterface({ input }).on("line", (line) => {
      if (!opened) held.push(line);
      else if (!noise.test(line)) console.log(line);
    });
  }
  return {
    open: () => (opened = true),
    flush: () => !opened && console.error(held.join("\n")),
  };
}

function stopWith(server: ChildProcess): void {
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    const family = descendants(server.pid);
    server.kill("SIGTERM");
    // workerd waits for open requests and sockets to end by themselves.
    await delay(3000);
    for (const pid of family) kill(pid);
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop());
  // A signal to npm ends its shell without telling this process.
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event === "dev") setInterval(() => process.ppid !== parent && void stop(), 500).unref();
}

async function isTaken(): Promise<boolean> {
  const probe = createServer().listen(port, "127.0.0.1");
  try {
    await once(probe, "listening");
    return false;
  } catch {
    return true;
  } finally {
    probe.close();
  }
}

async function untilAnswering(): Promise<void> {
  for (;;) {
    const answer = await fetch(`${origin}/health/live`).catch(() => undefined);
    if (answer !== undefined) {
      if (!answer.ok) console.error(`The Worker is not well (${answer.status}): ${await answer.text()}`);
      return;
    }
    await delay(200);
  }
}

async function seedIfEmpty(): Promise<void> {
  const answer = await fetch(`${origin}/dev/seed`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ seed }),
  });
  if (!answer.ok) console.error(`The demo data could not be written (${answer.status}): ${await answer.text()}`);
}

/** wrangler does not fire cron triggers by itself. */
function fireCron(): void {
  const fire = async (): Promise<void> => {
    const answer = await fetch(`${origin}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`).catch(() => undefined);
    await answer?.body?.cancel();
  };
  void fire();
  setInterval(() => void fire(), 60_000);
}

function announce(configuration: Record<string, string>): void {
  const admin = configuration.ADMIN_EMAIL ?? "admin@guildhall.local";
  const adminPassword = configuration.ADMIN_PASSWORD === undefined ? "Guildhall1" : "the one in ADMIN_PASSWORD";
  const demo = ["ana", "ben", "chidi", "thea"].map((name) => `${name}@guildhall.local`).join(", ");
  console.log(
    [
      "",
      `  Guildhall runs at  ${origin}`,
      `  API                ${origin}/api/v1`,
      `  Documentation      ${origin}/docs and ${origin}/docs/sockets`,
      `  Rooms page         ${origin}/app/rooms/`,
      `  Dev mailbox        ${origin}/dev/mailbox`,
      `  State              ${stateDir}`,
      ...(seed === "demo"
        ? ["", `  Demo logins        ${demo}`, "                     password Guildhall1 (thea teaches)"]
        : [""]),
      `  Admin              ${admin}, password ${adminPassword}`,
      "",
      "  Ctrl-C stops it; the data stays.",
      "",
    ].join("\n"),
  );
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
