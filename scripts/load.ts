import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Visitor } from "./bench/visitor.ts";
import { loadTable } from "./load-report.ts";
import type { LoadReport } from "./load-report.ts";
import { keepTable } from "./markdown.ts";
import { exitOf, root, toolEnv } from "./process.ts";
import { bundle, CONFIG, freePort, localVars, migrate, serve, stateIn } from "./served/serve.ts";

/** `npm run load`: Artillery against the built Worker on the local runtime; warm-up, load and a spike, about a minute and a half. */
const RATE = Number(process.env.RATE ?? 1);
const PEOPLE = 20;
const arrivals = {
  WARM_UP_S: process.env.WARM_UP_S ?? "15",
  LOAD_S: process.env.LOAD_S ?? "45",
  SPIKE_S: process.env.SPIKE_S ?? "10",
  RATE_LOAD: String(6 * RATE),
  RATE_SPIKE: String(18 * RATE),
};

const tools = path.join(root, "test/load");
if (!existsSync(path.join(tools, "node_modules"))) await runIn(tools, "npm", ["ci", "--ignore-scripts", "--no-audit"]);

const folder = await mkdtemp(path.join(tmpdir(), "guildhall-load-"));
const state = stateIn(folder);
const built = await bundle(CONFIG, path.join(folder, "dist"));
await migrate(state);
const workers = [{ name: "guildhall", config: CONFIG, bundle: built, vars: await localVars() }] as const;
const server = await serve({ port: await freePort(), state, workers: [...workers] });
try {
  const variables = path.join(folder, "people.json");
  await writeFile(variables, JSON.stringify({ config: { target: server.url, variables: await people() } }));
  const output = path.join(folder, "report.json");
  const artillery = path.join(tools, "node_modules/.bin/artillery");
  await runIn(tools, artillery, ["run", "--quiet", "--config", variables, "--output", output, "scenarios.yml"]);
  const report = JSON.parse(await readFile(output, "utf8")) as { aggregate: LoadReport };
  const table = loadTable(report.aggregate);
  console.log(`\n${table}`);
  const text = `${new Date().toISOString().slice(0, 10)}, \`npm run load\`: ${describe()}.\n\n${table}`;
  await keepTable("docs/performance.md", "load", text);
} finally {
  await server.kill();
  await rm(folder, { recursive: true });
}

/** People who were there before, with a goal of the first one's and a room that all are in. A virtual user is one of them at random. */
async function people(): Promise<Record<string, string[]>> {
  const all: Visitor[] = [];
  for (let n = 0; n < PEOPLE; n++) all.push(await new Visitor(server.url).register(`regular_${n}`));
  const [first] = all;
  if (first === undefined) throw new Error("Nobody is there.");
  const goal = await first.call("POST", "/goals", { title: "Speak Spanish", visibility: "public" });
  const room = await first.call("POST", "/rooms", { kind: "public", name: "Study hall" });
  for (const one of all.slice(1)) await one.call("POST", `/rooms/${room.id}/join`, {});
  return { token: all.map(({ token }) => token), owner: [first.token], goal: [goal.id], room: [room.id] };
}

function describe(): string {
  const { WARM_UP_S, LOAD_S, SPIKE_S, RATE_LOAD, RATE_SPIKE } = arrivals;
  return `${WARM_UP_S} s of warm-up, ${LOAD_S} s with ${RATE_LOAD} arrivals a second, ${SPIKE_S} s with ${RATE_SPIKE}; 30 % register and log in, 50 % browse, 20 % hand in and chat`;
}

async function runIn(cwd: string, tool: string, args: string[]): Promise<void> {
  const env = { ...toolEnv, ...arrivals, ARTILLERY_DISABLE_TELEMETRY: "true" };
  const code = await exitOf(spawn(tool, args, { cwd, env, stdio: ["ignore", "inherit", "inherit"] }));
  if (code !== 0) throw new Error(`${path.basename(tool)} ended with ${code}.`);
}
