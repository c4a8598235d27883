import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { doubles, drain, lostWrites, unbalanced, wrongScores } from "./crash/checks.ts";
import { acknowledged, emptyJournal } from "./crash/journal.ts";
import { Person } from "./crash/person.ts";
import type { World } from "./crash/person.ts";
import { historyFaults, Rooms } from "./crash/rooms.ts";
import { keepTable } from "./markdown.ts";
import { bundle, CONFIG, freePort, localVars, migrate, serve, stateIn } from "./served/serve.ts";

/** `npm run crash`: kills the server with SIGKILL at random moments under load and looks at what is left. Some minutes. */
const KILLS = Number(process.env.KILLS ?? 20);
const WRITERS = Number(process.env.WRITERS ?? 10);
const ROOMS = 3;
const LOAD_MS = { least: 300, most: 5_000 };

const HEAD = `| kill | after, s | writes acknowledged | of them lost | written twice | ledgers off | gaps in rooms | waited in the outbox | drained in, s | effects off |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |`;

const folder = await mkdtemp(path.join(tmpdir(), "guildhall-crash-"));
const state = stateIn(folder);
console.log("Building the Worker and a fresh database …");
const built = await bundle(CONFIG, path.join(folder, "dist"));
await migrate(state);
const worker = { name: "guildhall", config: CONFIG, bundle: built, vars: await localVars() };
const port = await freePort();
const start = () => serve({ port, state, workers: [worker] });

let server = await start();
const journal = emptyJournal();
const world: World = { url: server.url, rooms: [], journal, find };
const rooms = new Rooms();
const faults: string[] = [];
const rows: string[] = [];

try {
  const people = await settle();
  console.log(`${WRITERS} people write in ${ROOMS} rooms; ${KILLS} kills.\n\n${HEAD}`);
  for (let kill = 1; kill <= KILLS; kill++) await crash(kill, people);
  const [reader] = people;
  if (reader) for (const room of world.rooms) faults.push(...(await historyFaults(room, reader, journal)));
  await conclude();
} finally {
  rooms.close();
  await server.kill();
  await rm(folder, { recursive: true });
}
// A WebSocket whose server was killed may still hold the process.
process.exit(faults.length === 0 ? 0 : 1);

async function settle(): Promise<Person[]> {
  const people = Array.from({ length: WRITERS }, () => new Person(world));
  const [first] = people;
  if (first === undefined) throw new Error("WRITERS is at least 1");
  await first.start();
  for (let n = 1; n <= ROOMS; n++) world.rooms.push(await first.openRoom(`Room ${n}`));
  await Promise.all(people.slice(1).map((person) => person.start()));
  return people;
}

async function crash(kill: number, people: Person[]): Promise<void> {
  const [listener] = people;
  if (listener === undefined) return;
  const before = acknowledged(journal);
  for (const room of world.rooms) await rooms.listen(server.url, room, listener);
  const seconds = await killUnderLoad(people);
  const written = acknowledged(journal) - before;
  server = await start();
  world.url = server.url;

  const lost = await lostWrites(server, journal);
  const twice = await doubles(server);
  const off = await unbalanced(server);
  const gaps: string[] = [];
  for (const room of world.rooms) gaps.push(...(await rooms.faults(server.url, room, listener, journal)));
  const drained = await drain(server);
  const effects = [...drained.faults, ...(await wrongScores(server, listener))];
  const counts = [lost, twice, off, gaps].map(({ length }) => length);
  const times = [drained.waited, drained.seconds.toFixed(1)];
  const row = `| ${[kill, seconds.toFixed(1), written, ...counts, ...times, effects.length].join(" | ")} |`;
  rows.push(row);
  faults.push(...[...lost, ...twice, ...off, ...gaps, ...effects].map((fault) => `kill ${kill}: ${fault}`));
  console.log(row);
}

/** Lets people write for a random time, kills every process at once, and waits until the writers have noticed. */
async function killUnderLoad(people: Person[]): Promise<number> {
  const stop = new AbortController();
  const writing = Promise.all(people.map((person) => person.write(stop.signal)));
  const ms = LOAD_MS.least + Math.random() * (LOAD_MS.most - LOAD_MS.least);
  await Promise.race([delay(ms), writing]);
  await server.kill();
  stop.abort();
  world.url = null;
  rooms.close();
  await writing;
  return ms / 1000;
}

async function find(table: "goals" | "challenges", title: string): Promise<string> {
  const [row] = await server.query<{ id: string }>(`SELECT id FROM ${table} WHERE title = ?`, title);
  if (row === undefined) faults.push(`${title}: its key is taken and it is not there`);
  return row?.id ?? "";
}

async function conclude(): Promise<void> {
  const { people, goals, milestones, submissions, messages, rotations } = journal;
  const kinds = `${people.length} registrations, ${goals.length} goals, ${submissions.length} accepted submissions, ${milestones.length} milestones, ${messages.length} messages, ${rotations} token rotations`;
  const summary = [
    `${acknowledged(journal)} acknowledged writes over ${KILLS} kills (${kinds}); ${faults.length} faults.`,
    `${journal.repeated} requests were cut off by a kill and sent again: ${journal.answersLost} times the server said that it had been carried out and only the answer was lost.`,
    `${journal.signedInAgain} sessions were lost because the answer of a rotation was, for longer than the ten seconds of grace.`,
    `${journal.serverErrors.length} answers were 500 or above.`,
  ].join("\n");
  const notes = [...faults, ...journal.serverErrors].map((line) => `- ${line}`).join("\n");
  console.log(`\n${summary}\n${notes}`);
  const text = [`${new Date().toISOString().slice(0, 10)}: ${summary}`, `${HEAD}\n${rows.join("\n")}`, notes];
  await keepTable("docs/faults.md", "crash", text.filter((part) => part !== "").join("\n\n"));
}
