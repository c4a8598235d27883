import type { Server } from "../served/serve.ts";
import type { Ask, Slice } from "./http-load.ts";
import { load } from "./http-load.ts";
import { interval, median, quantile, ratio } from "./statistics.ts";
import type { Visitor } from "./visitor.ts";

const REQUESTS = Number(process.env.REQUESTS ?? 300);
const TARGET = 1.5;

const NAMES = {
  bare: "bare Worker: one row by Drizzle, nothing around it",
  again: "the same again (A/A)",
  refused: "`GET /users/me` without a token (401: everything but token and row)",
  fresh: "`GET /users/me`, 304 by its `ETag`",
  me: "`GET /users/me`: token, deny list, row, envelope",
  goal: "`GET /goals/{id}` with its milestones",
  list: "`GET /goals?limit=20`",
};
type Kind = keyof typeof NAMES;
const KINDS = Object.keys(NAMES) as Kind[];

/** What an authenticated read costs beside a Worker that does nothing but read the row. CPU of the runtime, one of each in turn. */
export async function measureReads(server: Server, visitor: Visitor, goalId: string, pairs: number): Promise<string> {
  const etag = await etagOf(visitor);
  const bare = { url: `${server.url}/${visitor.id}`, headers: { host: "bare.test" } };
  const me = visitor.ask("GET", "/users/me");
  const asks: Record<Kind, Ask> = {
    bare,
    again: bare,
    refused: { url: me.url, status: 401 },
    fresh: { ...me, headers: { ...me.headers, "if-none-match": etag }, status: 304 },
    me,
    goal: visitor.ask("GET", `/goals/${goalId}`),
    list: visitor.ask("GET", "/goals?limit=20"),
  };
  const slices = new Map<Kind, Slice[]>(KINDS.map((kind) => [kind, []]));
  for (const kind of KINDS) await load(server.pids, REQUESTS, () => asks[kind]);
  for (let pair = 0; pair < pairs; pair++)
    for (const kind of KINDS.toSorted(() => Math.random() - 0.5))
      slices.get(kind)?.push(await load(server.pids, REQUESTS, () => asks[kind]));
  return table(slices, pairs);
}

function table(slices: ReadonlyMap<Kind, Slice[]>, pairs: number): string {
  const cpu = (kind: Kind) => slices.get(kind)?.map(({ cpuMicros }) => cpuMicros) ?? [];
  const ofBare = (kind: Kind) => cpu(kind).map((value, n) => value / (cpu("bare")[n] ?? Number.NaN));
  const rows = KINDS.map((kind) => {
    const latencies = slices.get(kind)?.flatMap((slice) => slice.latencies) ?? [];
    const speed = median(slices.get(kind)?.map(({ perSecond }) => perSecond) ?? []);
    const times = `${median(latencies).toFixed(1)} / ${quantile(latencies, 0.99).toFixed(1)}`;
    return `| ${NAMES[kind]} | ${median(cpu(kind)).toFixed(0)} | ${ratio(ofBare(kind))} | ${speed.toFixed(0)} | ${times} |`;
  });
  const [low, high] = interval(ofBare("again"));
  const valid = low <= 1 && high >= 1 ? "" : "\n\nThe A/A interval excludes 1: this run is void.";
  const reached = median(ofBare("me")) <= TARGET ? "met" : "missed";
  return [
    `${pairs} rounds of ${REQUESTS} requests each, 16 at once; medians, ratios with their 95 % bootstrap interval. Target for \`GET /users/me\`: at most ${TARGET} × the bare row, ${reached}.${valid}`,
    "",
    "| request | CPU µs | of the bare row | per second | p50 / p99 ms |\n| --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

async function etagOf(visitor: Visitor): Promise<string> {
  const { url, ...init } = visitor.ask("GET", "/users/me");
  const answer = await fetch(url, init);
  await answer.text();
  return answer.headers.get("etag") ?? "";
}
