import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { measureBundle } from "./bench/bundle.ts";
import { closeLoad } from "./bench/http-load.ts";
import { measureLogins } from "./bench/logins.ts";
import { countOperations } from "./bench/operations.ts";
import { measureReads } from "./bench/reads.ts";
import { Visitor } from "./bench/visitor.ts";
import { keepTable } from "./markdown.ts";
import { root } from "./process.ts";
import { bundle, CONFIG, freePort, localVars, migrate, serve, stateIn } from "./served/serve.ts";

/** `npm run bench`, or `npm run bench -- reads logins` for some of it. Some minutes. */
const PAIRS = Number(process.env.PAIRS ?? 12);
const PARTS = ["operations", "reads", "logins", "bundle"] as const;
const asked = process.argv.slice(2);
const wants = (part: (typeof PARTS)[number]): boolean => asked.length === 0 || asked.includes(part);

const folder = await mkdtemp(path.join(tmpdir(), "guildhall-bench-"));
const state = stateIn(folder);
const built = await bundle(CONFIG, path.join(folder, "dist"));
const bare = path.join(root, "test/bench/wrangler.bare.toml");
const bareBuilt = await bundle(bare, path.join(folder, "bare"));
await migrate(state);
const vars = await localVars();
const server = await serve({
  port: await freePort(),
  state,
  workers: [
    { name: "guildhall", config: CONFIG, bundle: built, vars },
    { name: "bare", config: bare, bundle: bareBuilt },
  ],
});
try {
  const visitor = await new Visitor(server.url).register("visitor");
  const milestones = ["Read", "Write", "Tell"].map((title) => ({ title }));
  const goal = await visitor.call("POST", "/goals", { title: "Measure", visibility: "public", milestones });
  for (let n = 0; n < 30; n++) await visitor.call("POST", "/goals", { title: `Another ${n}`, visibility: "public" });
  if (wants("reads")) await report("reads", await measureReads(server, visitor, goal.id, PAIRS));
  if (wants("logins")) await report("logins", await measureLogins(server, PAIRS * 4));
} finally {
  closeLoad();
  await server.kill();
}
if (wants("operations")) await report("operations", await operations());
if (wants("bundle")) await report("bundle", await measureBundle(built));
await rm(folder, { recursive: true });
console.log("\nThe rooms and the boards have benchmarks of their own: npm run bench:rooms, npm run bench:leaderboard.");

/** On the same database, by the same Worker with a counter around its D1. */
async function operations(): Promise<string> {
  const entry = path.join(root, "test/bench/metered-worker.ts");
  const metered = await bundle(CONFIG, path.join(folder, "metered"), entry);
  const port = await freePort();
  const counting = await serve({
    port,
    state,
    workers: [{ name: "metered-worker", config: CONFIG, bundle: metered, vars }],
  });
  try {
    return await countOperations(counting);
  } finally {
    await counting.kill();
  }
}

/** Prints a table and puts it into docs/performance.md. */
async function report(name: (typeof PARTS)[number], table: string): Promise<void> {
  console.log(`\n${table}`);
  const text = `${new Date().toISOString().slice(0, 10)}, \`npm run bench -- ${name}\`. ${table.startsWith("|") ? "\n\n" : ""}${table}`;
  await keepTable("docs/performance.md", name, text);
}
