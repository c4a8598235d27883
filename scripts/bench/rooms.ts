import { spawn } from "node:child_process";
import { availableParallelism, loadavg } from "node:os";
import path from "node:path";
import { exitOf } from "../process.ts";
import { keepTable } from "../markdown.ts";
import { Crowd } from "./rooms-load.ts";
import type { Dialect, Slice } from "./rooms-load.ts";
import { median, ratio } from "./statistics.ts";
import { freePort, serveBench, untilAnswering } from "./workerd-server.ts";
import type { Served } from "./workerd-server.ts";

/** `npm run bench:rooms`: one room, everything said to everybody, beside a bare `ws` and a Socket.IO. Under four minutes. */
const ROUNDS = Number(process.env.ROUNDS ?? 2);
const SECONDS = Number(process.env.SECONDS ?? 1.5);
const ROOMS = [500, 100] as const;
/** Thousands of deliveries a second that are offered, one after another, until a server falls behind. */
const PEER_LOADS = [50, 100, 200, 400];
const OUR_LOADS = [50, 100, 200, 400, 700, 1000, 1500];
/** The share of what is offered below which a server has fallen behind, and the growth that makes it worth asking for more. */
const BEHIND = 0.85;
const WORTHWHILE = 1.1;
/** No round of a room begins later than this, and nothing runs longer than that. */
const LATEST_ROUND_MS = { 500: 70_000, 100: 150_000 };
const LONGEST_MS = 240_000;
const JOINERS = 1000;
/** What goes into docs/performance.md. */
const report: string[] = [];
const started = performance.now();
const elapsedMs = (): number => performance.now() - started;

function say(text: string): void {
  console.log(text);
  report.push(text);
}

interface Contestant {
  name: string;
  loads: number[];
  serve(): Promise<Served>;
  dialect(url: string, room: string): Dialect;
}

async function servePeer(which: string): Promise<Served> {
  const port = await freePort();
  const script = path.join(import.meta.dirname, "rooms-peer.ts");
  const child = spawn(process.execPath, ["--no-warnings", script, which, String(port)], { stdio: "inherit" });
  const url = `http://127.0.0.1:${port}`;
  await untilAnswering(url);
  const stop = async () => {
    child.kill("SIGKILL");
    await exitOf(child);
  };
  return { url, pid: child.pid ?? 0, stop };
}

const bare: Contestant = {
  name: "bare ws",
  loads: PEER_LOADS,
  serve: () => servePeer("ws"),
  dialect: (url) => ({ address: () => url, say: (_, body) => body }),
};

const contestants: Contestant[] = [
  {
    name: "this room",
    loads: OUR_LOADS,
    serve: () => serveBench({ name: "rooms", objects: { ROOM: "ChatRoom", METRICS: "MetricStore" } }),
    dialect: (url, room) => ({
      address: (user) => `${url}/socket?room=${room}&user=user${user}`,
      welcomes: (text) => text.includes('"type":"welcome"'),
      heartbeat: "ping",
      say: (n, body) => JSON.stringify({ type: "send_message", payload: { clientId: `c${n}`, body } }),
    }),
  },
  {
    name: "Socket.IO 4",
    loads: PEER_LOADS,
    serve: () => servePeer("socket.io"),
    dialect: (url) => ({
      address: () => `${url}/socket.io/?EIO=4&transport=websocket`,
      hello: "40",
      welcomes: (text) => text.startsWith("40"),
      say: (_, body) => `42${JSON.stringify(["say", body])}`,
    }),
  },
  bare,
  { ...bare, name: "bare ws again (A/A)" },
];

/** Loads that grow until the server falls behind; a fresh server, so that nothing is left of what came before. */
async function climb(contestant: Contestant, clients: number): Promise<Slice[]> {
  const { name, loads, dialect } = contestant;
  const server = await start(contestant);
  const crowd = new Crowd(dialect(server.url, "loud"));
  const slices: Slice[] = [];
  try {
    await crowd.join(clients);
    for (const load of loads) {
      const slice = await crowd.load((load * 1000) / clients, SECONDS, server.pid);
      slices.push(slice);
      if (isBehind(slice) && slice.delivered < WORTHWHILE * most(slices.slice(0, -1))) break;
    }
    if (crowd.lost > 0) say(`${name}: ${crowd.lost} of ${clients} sockets were lost under load.`);
    if (name === "this room") await compareWithStored(server, crowd);
  } finally {
    crowd.close();
    await end(server);
  }
  return slices;
}

async function compareWithStored({ url }: Served, { said }: Crowd): Promise<void> {
  const stored = Number(await (await fetch(`${url}/stored?room=loud`)).text());
  if (stored !== said) say(`this room: of ${said} messages said ${stored} are in its history.`);
}

const isBehind = ({ delivered, offered }: Slice): boolean => delivered < BEHIND * offered;
const most = (slices: readonly Slice[]): number => Math.max(...slices.map(({ delivered }) => delivered));
const thousands = (count: number): string => (count / 1000).toFixed(0);

async function measureRoom(clients: (typeof ROOMS)[number]): Promise<void> {
  const runs = new Map<string, Slice[][]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS && elapsedMs() < LATEST_ROUND_MS[clients]; round++)
    for (const contestant of contestants) runs.get(contestant.name)?.push(await climb(contestant, clients));

  say(`\n${clients} clients in one room; medians of ${runs.get("this room")?.length} rounds of ${SECONDS} s a step.\n`);
  say("| server | offered k/s | delivered k/s | p50 / p99 ms | server CPU µs a delivery |");
  say("| --- | --- | --- | --- | --- |");
  for (const { name, loads } of contestants)
    for (const [step] of loads.entries()) {
      const slices = (runs.get(name) ?? []).flatMap((slices) => slices[step] ?? []);
      const of = (pick: (slice: Slice) => number) => median(slices.map(pick));
      if (slices.length === 0) continue;
      const behind = of(({ delivered, offered }) => delivered / offered) < BEHIND ? ", behind" : "";
      say(
        `| ${name} | ${thousands(of((s) => s.offered))} | ${thousands(of((s) => s.delivered))}${behind} | ${of((s) => s.p50)} / ${of((s) => s.p99)} | ${of((s) => s.cpuMicros).toFixed(2)} |`,
      );
    }
  compare(runs);
}

function compare(runs: Map<string, Slice[][]>): void {
  const mosts = (name: string) => (runs.get(name) ?? []).map(most);
  const ours = mosts("this room");
  const over = (name: string) => ratio(ours.map((value, n) => value / (mosts(name)[n] ?? Number.NaN)));
  const again = ratio(mosts("bare ws again (A/A)").map((value, n) => value / (mosts("bare ws")[n] ?? Number.NaN)));
  say(
    `\nThe most a second: this room ${thousands(median(ours))} k, ${over("Socket.IO 4")} × Socket.IO, ${over("bare ws")} × bare ws; bare ws against itself ${again}.`,
  );
}

/** A message now and then among ten, and everybody coming at once. */
async function measureCalm(contestant: Contestant): Promise<void> {
  const { name, dialect } = contestant;
  const server = await start(contestant);
  const few = new Crowd(dialect(server.url, "quiet"));
  const many = new Crowd(dialect(server.url, "crowded"));
  try {
    await few.join(10);
    const { p50, p99 } = await few.load(10, 3, server.pid);
    few.close();
    const seconds = await many.join(JOINERS);
    say(`| ${name} | ${p50} / ${p99} | ${seconds.toFixed(2)} |`);
  } finally {
    few.close();
    many.close();
    await end(server);
  }
}

/** Servers outlive a process that is killed, unless it takes them along. */
const running = new Set<Served>();

async function start({ serve }: Contestant): Promise<Served> {
  const server = await serve();
  running.add(server);
  return server;
}

async function end(server: Served): Promise<void> {
  running.delete(server);
  await server.stop();
}

async function giveUp(): Promise<never> {
  await Promise.all([...running].map(end));
  process.exit(1);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void giveUp());
setTimeout(() => void giveUp(), LONGEST_MS).unref();

for (const clients of ROOMS) await measureRoom(clients);
say(`\n| server | idle room of 10: p50 / p99 ms | ${JOINERS} joins at once: s |\n| --- | --- | --- |`);
for (const contestant of contestants) await measureCalm(contestant);
say(
  `\nTook ${(elapsedMs() / 1000).toFixed(0)} s; load average ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores.`,
);
await keepTable(
  "docs/performance.md",
  "rooms",
  `${new Date().toISOString().slice(0, 10)}, \`npm run bench:rooms\`:\n${report.join("\n")}`,
);
