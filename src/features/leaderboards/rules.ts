import { WINDOWS, seasonEnd, seasonOf, seasonStart } from "../../platform/seasons.ts";

const DAY_MS = 86_400_000;

/** How many days an event may be late and still move the boards of the seasons it happened in. */
const LATE_DAYS = 7;
/** How many days a season stays on its board after its end. */
const KEPT_DAYS = 90;

/** What counts on a board narrower than `global`: only what was learned there, and what was taken back of it. */
export const SCOPED_REASONS = ["challenge", "milestone", "goal", "review", "reversal"] as const;

export type BoardScope =
  | { kind: "global" }
  | { kind: "category"; name: string }
  | { kind: "goal" | "project"; id: string };

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/iu;

/** Reads `global`, `category:<name>`, `goal:<id>`, `project:<id>`; undefined for anything else. */
export function parseScope(text: string): BoardScope | undefined {
  if (text === "global") return { kind: "global" };
  const colon = text.indexOf(":");
  const kind = text.slice(0, colon);
  const value = text.slice(colon + 1).trim();
  if (kind === "category" && value !== "") return { kind, name: value.toLowerCase() };
  if ((kind === "goal" || kind === "project") && UUID.test(value)) return { kind, id: value.toLowerCase() };
  return undefined;
}

/** How a scope is written, and the name of its board. */
export function scopeName(scope: BoardScope): string {
  if (scope.kind === "global") return scope.kind;
  return `${scope.kind}:${scope.kind === "category" ? scope.name : scope.id}`;
}

/** The share of the others on the board that are ranked lower, 0 to 100. */
export const percentileOf = (rank: number, total: number): number =>
  Math.floor((100 * (total - rank)) / Math.max(1, total - 1));

/** How many people had each score of a season, best first. */
export type Spread = readonly (readonly [score: number, people: number])[];

export const totalOf = (spread: Spread): number => spread.reduce((total, [, people]) => total + people, 0);

/** The competition rank that a score has in a season; null for a score that is on no board. */
export const rankIn = (spread: Spread, score: number): number | null =>
  score > 0 && spread.length > 0 ? 1 + totalOf(spread.filter(([better]) => better > score)) : null;

/** What somebody earned in a scope on one UTC day; `day` is null for everything before the days that were asked for. */
export interface DayTotal {
  scope: string;
  day: string | null;
  total: number;
  lastSeq: number;
}

export interface SeasonTotal {
  season: string;
  score: number;
  /** The last ledger row in it. */
  seq: number;
}

/** The seasons whose totals may have moved, and the first instant of the earliest of them. */
export const seasonsBehind = (now: Date): SeasonsSince => seasonsOfDays(now, LATE_DAYS);

/** The seasons that boards keep, as far back as they are readable. */
export const seasonsKept = (now: Date): SeasonsSince => seasonsOfDays(now, KEPT_DAYS);

export interface SeasonsSince {
  seasons: ReadonlySet<string>;
  since: Date;
}

function seasonsOfDays(now: Date, days: number): SeasonsSince {
  const seasons = new Set<string>();
  for (let ago = 0; ago <= days; ago++) {
    const at = new Date(now.getTime() - ago * DAY_MS);
    for (const window of WINDOWS) seasons.add(seasonOf(window, at));
  }
  const starts = [...seasons].map((season) => seasonStart(season)?.getTime() ?? now.getTime());
  return { seasons, since: new Date(Math.min(...starts)) };
}

/** True when the board has removed the season, or soon will. */
export const isForgotten = (season: string, now: Date): boolean =>
  (seasonEnd(season)?.getTime() ?? Infinity) + KEPT_DAYS * DAY_MS <= now.getTime();

/** The seasons that became final, which is when nothing late may move them any more, after `from` and up to `now`. */
export function finalSeasons(from: Date, now: Date): string[] {
  const late = LATE_DAYS * DAY_MS;
  const isNew = (season: string) => {
    const end = seasonEnd(season)?.getTime();
    return end !== undefined && end + late > from.getTime() && end + late <= now.getTime();
  };
  return [...seasonsKept(now).seasons].filter((season) => isNew(season) && !isForgotten(season, now));
}

/** The absolute totals of those seasons, summed up from days. */
export function seasonTotals(days: readonly DayTotal[], seasons: ReadonlySet<string>): SeasonTotal[] {
  const totals = new Map<string, SeasonTotal>();
  for (const { day, total, lastSeq } of days) {
    for (const window of day === null ? (["all"] as const) : WINDOWS) {
      const season = day === null ? window : seasonOf(window, new Date(day));
      if (!seasons.has(season)) continue;
      const sum = totals.get(season) ?? { season, score: 0, seq: 0 };
      totals.set(season, { season, score: sum.score + total, seq: Math.max(sum.seq, lastSeq) });
    }
  }
  return [...totals.values()];
}
