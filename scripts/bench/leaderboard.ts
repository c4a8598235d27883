import { spawn } from "node:child_process";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { memberOf, scoreOf } from "../../test/bench/members.ts";
import { keepTable } from "../markdown.ts";
import { exitOf } from "../process.ts";
import { serveBoard } from "./board-server.ts";
import { freePort } from "./workerd-server.ts";
import type { Served } from "./workerd-server.ts";
import { closeLoad, cpuOf, load, memoryOf } from "./http-load.ts";
import type { Slice } from "./http-load.ts";
import { startRedis } from "./redis.ts";
import type { Redis, RunningRedis } from "./redis.ts";
import { interval, median, quantile, ratio } from "./statistics.ts";

/** `npm run bench:leaderboard`: a million members in one object, beside a Redis on the same machine. Some minutes. */
const MEMBERS = Number(process.env.MEMBERS ?? 1_000_000);
const FEW = 10_000;
const LOADED_AT_ONCE = 100_000;
const ROUNDS = 40;
const EACH = 512;
const PAIRS = Number(process.env.PAIRS ?? 12);
const REQUESTS = 1200;
/** Enough for submissions to meet: what arrives during a commit shares the next one. */
const AT_ONCE = 64;
/** What goes into docs/performance.md. */
const report: string[] = [];

function say(text: string): void {
  console.log(text);
  report.push(text);
}

const INSIDE = ["rank", "around", "top", "update", "commit"] as const;
const NAMES: Record<(typeof INSIDE)[number], string> = {
  rank: "rank",
  around: "around me (11 entries, with names)",
  top: "top 100 (with names)",
  update: "update",
  commit: "update, committed to disk",
};

const below = (limit: number): number => Math.floor(Math.random() * limit);
const paths = {
  nothing: () => "/nothing?board=big",
  again: () => "/nothing?board=big",
  lookup: () => `/lookup?board=big&n=${below(MEMBERS)}`,
  rank: () => `/rank?board=big&n=${below(MEMBERS)}`,
  update: () => `/update?board=big&n=${below(MEMBERS)}&points=${1 + below(60)}`,
  around: () => `/around?board=big&n=${below(MEMBERS)}`,
  top: () => "/top?board=big",
};
type Kind = keyof typeof paths;
const CALLS: Partial<Record<Kind, string>> = {
  nothing: "no-op object call",
  again: "the same again (A/A)",
  lookup: "one row by its primary key",
  around: "around me",
  top: "top 100",
};
const KINDS = Object.keys(paths) as Kind[];

async function ask<T>(board: Served, address: string): Promise<T> {
  const answer = await fetch(board.url + address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function fill(board: Served, name: string, members: number): Promise<number> {
  const start = performance.now();
  for (let from = 0; from < members; from += LOADED_AT_ONCE)
    await ask(board, `/load?board=${name}&from=${from}&to=${Math.min(members, from + LOADED_AT_ONCE)}`);
  return (performance.now() - start) / 1000;
}

async function fillRedis(redis: Redis): Promise<void> {
  for (let from = 0; from < MEMBERS; from += 10_000) {
    const rows = Array.from({ length: Math.min(10_000, MEMBERS - from) }, (_, n) => from + n);
    await redis.zAdd(
      "board",
      rows.map((n) => ({ value: memberOf(n), score: scoreOf(n) })),
    );
  }
}

/** Wall clock of each round, and the process's CPU of all of them: on a busy machine only the latter says much. */
async function inside(board: Served, name: string, operation: string, members: number) {
  const before = cpuOf([board.pid]);
  const address = `/time/${operation}?board=${name}&members=${members}&rounds=${ROUNDS}&each=${EACH}`;
  const wall = await ask<number[]>(board, address);
  return { wall, cpu: ((cpuOf([board.pid]) - before) * 1_000_000) / (ROUNDS * EACH) };
}

type Inside = Map<(typeof INSIDE)[number], { few: number; many: number }>;

async function measureInside(board: Served): Promise<Inside> {
  say(
    `\nIn the object, µs an operation: median and 99th percentile of ${ROUNDS} rounds of ${EACH}, CPU of the process, and the growth of the CPU.\n`,
  );
  say(`| operation | ${FEW} members | ${MEMBERS} members | growth |\n| --- | --- | --- | --- |`);
  const medians: Inside = new Map();
  for (const operation of INSIDE) {
    const few = await inside(board, "small", operation, FEW);
    const many = await inside(board, "big", operation, MEMBERS);
    const cell = ({ wall, cpu }: typeof few) =>
      `${median(wall).toFixed(0)} / ${quantile(wall, 0.99).toFixed(0)}, CPU ${cpu.toFixed(0)}`;
    say(`| ${NAMES[operation]} | ${cell(few)} | ${cell(many)} | ${(many.cpu / few.cpu).toFixed(1)} × |`);
    medians.set(operation, { few: median(few.wall), many: median(many.wall) });
  }
  return medians;
}

const shuffled = <T>(values: readonly T[]): T[] =>
  values
    .map((value) => ({ value, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value);

interface Outside {
  ours: Map<Kind, Slice[]>;
  theirs: Map<Kind, Slice[]>;
}

/** Rounds in which every kind has its turn, in any order: what the machine does besides hits all of them. */
async function measureOutside(board: Served, front: { url: string; pids: number[] } | undefined): Promise<Outside> {
  const ours = new Map<Kind, Slice[]>(KINDS.map((kind) => [kind, []]));
  const theirs = new Map<Kind, Slice[]>(KINDS.map((kind) => [kind, []]));
  for (let pair = 0; pair < PAIRS; pair++)
    for (const kind of shuffled(KINDS)) {
      ours.get(kind)?.push(await load([board.pid], REQUESTS, () => board.url + paths[kind](), AT_ONCE));
      if (front) theirs.get(kind)?.push(await load(front.pids, REQUESTS, () => front.url + paths[kind](), AT_ONCE));
    }
  return { ours, theirs };
}

const speeds = (of: Map<Kind, Slice[]>, kind: Kind) => of.get(kind)?.map(({ perSecond }) => perSecond) ?? [];
const cpus = (of: Map<Kind, Slice[]>, kind: Kind) => of.get(kind)?.map(({ cpuMicros }) => cpuMicros) ?? [];
const ratios = (a: number[], b: number[]) => a.map((value, n) => value / (b[n] ?? Number.NaN));

function tellOutside({ ours, theirs }: Outside): void {
  const floor = speeds(ours, "nothing");
  say(
    `\nOver HTTP, ${PAIRS} rounds of ${REQUESTS} requests each, ${AT_ONCE} at once: medians; ratios with their 95 % bootstrap interval.\n`,
  );
  say(
    "| call | per second | p50 / p99 ms | server CPU µs | of the no-op call: speed | of the no-op call: CPU | Redis: per second | ours ÷ Redis |\n| --- | --- | --- | --- | --- | --- | --- | --- |",
  );
  for (const kind of KINDS) {
    const latencies = ours.get(kind)?.flatMap((slice) => slice.latencies) ?? [];
    const peer = speeds(theirs, kind);
    say(
      [
        `| ${CALLS[kind] ?? kind}`,
        median(speeds(ours, kind)).toFixed(0),
        `${median(latencies).toFixed(1)} / ${quantile(latencies, 0.99).toFixed(1)}`,
        median(cpus(ours, kind)).toFixed(0),
        ratio(ratios(speeds(ours, kind), floor)),
        ratio(ratios(cpus(ours, "nothing"), cpus(ours, kind))),
        peer.length === 0 ? "–" : median(peer).toFixed(0),
        peer.length === 0 ? "–" : ratio(ratios(speeds(ours, kind), peer)),
      ].join(" | ") + " |",
    );
  }
  judge(speeds(ours, "again"), floor);
}

/** A run in which the same command differs from itself tells nothing about others. */
function judge(again: number[], floor: number[]): void {
  const [low, high] = interval(ratios(again, floor));
  if (low > 1 || high < 1) say("\nThe A/A interval excludes 1: this run is void.");
}

/** The short table of the README. */
function summary(medians: Inside, { ours }: Outside): string {
  const rows = (["rank", "update", "around", "top"] as const).map((kind) => {
    const { few, many } = medians.get(kind) ?? { few: Number.NaN, many: Number.NaN };
    const share = median(ratios(speeds(ours, kind), speeds(ours, "nothing")));
    return `| ${NAMES[kind]} | ${many.toFixed(0)} (${few.toFixed(0)}) | ${median(speeds(ours, kind)).toFixed(0)} | ${share.toFixed(2)} |`;
  });
  return [
    `| at ${MEMBERS} members | µs in the object, median (${FEW} members) | calls a second over HTTP | of the no-op call |`,
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

async function startFront(redis: RunningRedis): Promise<{ url: string; pids: number[]; stop(): Promise<unknown> }> {
  const port = await freePort();
  const script = path.join(import.meta.dirname, "redis-front.ts");
  const child = spawn(process.execPath, ["--no-warnings", script, String(port), redis.url], { stdio: "inherit" });
  const url = `http://127.0.0.1:${port}`;
  while ((await fetch(`${url}/nothing`).catch(() => undefined))?.ok !== true) await delay(50);
  const stop = async () => {
    child.kill("SIGKILL");
    await exitOf(child);
  };
  return { url, pids: [child.pid ?? 0, redis.pid], stop };
}

say(`${new Date().toISOString().slice(0, 10)}, \`npm run bench:leaderboard\`:\n`);
const redis = await startRedis();
const front = redis && (await startFront(redis));
if (redis === undefined) console.log("No redis-server is installed here: the board is measured alone.");
const board = await serveBoard();
try {
  await fill(board, "small", FEW);
  const empty = memoryOf(board.pid);
  const seconds = await fill(board, "big", MEMBERS);
  if (redis) await fillRedis(redis.client);
  const size = await ask<number>(board, "/size?board=big");
  await ask(board, "/rank?board=small&n=1");
  const start = performance.now();
  await ask(board, "/rank?board=big&n=1");
  const firstMs = performance.now() - start;
  say(
    `${MEMBERS} members in one object: filled in ${seconds.toFixed(0)} s, ${(size / 1e6).toFixed(0)} MB on disk; the first rank after waking took ${firstMs.toFixed(0)} ms.`,
  );
  const medians = await measureInside(board);
  say(
    `\nMemory of the process: ${memoryOf(board.pid).toFixed(0)} MB, ${empty.toFixed(0)} MB of it before the million.` +
      (redis ? ` Redis: ${memoryOf(redis.pid).toFixed(0)} MB.` : ""),
  );
  const outside = await measureOutside(board, front);
  tellOutside(outside);
  await keepTable("docs/performance.md", "leaderboards", report.join("\n"));
  await keepTable("README.md", "leaderboards", summary(medians, outside));
} finally {
  closeLoad();
  await Promise.all([board.stop(), front?.stop()]);
  await redis?.stop();
}
