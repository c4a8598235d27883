import type { Server } from "../served/serve.ts";
import type { Ask } from "./http-load.ts";
import { load } from "./http-load.ts";
import { interval, median, ratio } from "./statistics.ts";
import { Visitor } from "./visitor.ts";

/** Below the ten failures that slow an account down. */
const TRIES_AN_ACCOUNT = 9;
const A_SAMPLE = 3;

/** Whether the time of a refusal tells if there is such an account: wrong passwords for known and unknown ones, in turn. */
export async function measureLogins(server: Server, pairs: number): Promise<string> {
  const accounts = Math.ceil((2 * pairs * A_SAMPLE) / TRIES_AN_ACCOUNT);
  const run = Date.now().toString(36);
  const visitor = new Visitor(server.url);
  for (let n = 0; n < accounts; n++) await new Visitor(server.url).register(`known_${run}_${n}`);
  let tries = 0;
  const login = (email: string): Ask => ({
    ...visitor.ask("POST", "/auth/login", { email, password: "Wrong-Harbour-7" }),
    status: 401,
  });
  const known = () => login(`known_${run}_${Math.floor(tries++ / TRIES_AN_ACCOUNT)}@example.org`);
  let strangers = 0;
  const unknown = () => login(`nobody_${run}_${Math.floor(strangers++ / TRIES_AN_ACCOUNT)}@example.org`);

  const kinds = { known, again: known, unknown };
  const times = { known: [] as number[], again: [] as number[], unknown: [] as number[] };
  await load(server.pids, A_SAMPLE, unknown, 1);
  for (let pair = 0; pair < pairs; pair++)
    for (const kind of (["known", "again", "unknown"] as const).toSorted(() => Math.random() - 0.5))
      times[kind].push(median((await load(server.pids, A_SAMPLE, kinds[kind], 1)).latencies));

  const over = (of: number[]) => of.map((value, n) => value / (times.known[n] ?? Number.NaN));
  const [low, high] = interval(over(times.unknown));
  const verdict =
    low <= 1 && high >= 1 ? "The interval holds 1: no difference seen." : "The interval does not hold 1: look closer.";
  return [
    `${pairs} rounds of ${A_SAMPLE} wrong passwords each, one at a time. ${verdict}`,
    "",
    "| account | median ms | of a known one |\n| --- | --- | --- |",
    `| known | ${median(times.known).toFixed(1)} | |`,
    `| known again (A/A) | ${median(times.again).toFixed(1)} | ${ratio(over(times.again))} |`,
    `| unknown | ${median(times.unknown).toFixed(1)} | ${ratio(over(times.unknown))} |`,
  ].join("\n");
}
