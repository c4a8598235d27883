/** `day` 2026-11-21, ISO `week` 2026-W47, `month` 2026-11, `all`; days and weeks are UTC. */
export type Window = "day" | "week" | "month" | "all";

export const WINDOWS = ["day", "week", "month", "all"] as const satisfies readonly Window[];

const DAY_MS = 86_400_000;

export function seasonOf(window: Window, at: Date): string {
  if (window === "all") return "all";
  if (window === "week") return isoWeek(at);
  return at.toISOString().slice(0, window === "day" ? 10 : 7);
}

export const seasonsAt = (at: Date): string[] => WINDOWS.map((window) => seasonOf(window, at));

/** The season that `text` names if it is one of `window`: no 2026-W54, no 2026-02-30. */
export const parseSeason = (window: Window, text: string): string | undefined =>
  windowOf(text) === window ? text : undefined;

/** The instant at which the season is over and its window starts afresh; null for `all`, and for what is not a season. */
export function seasonEnd(season: string): Date | null {
  const known = read(season);
  if (known === undefined) return null;
  const { window, start } = known;
  if (window === "month") return new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1));
  return new Date(start.getTime() + (window === "week" ? 7 : 1) * DAY_MS);
}

/** The first instant of the season; null for `all`, and for what is not a season. */
export const seasonStart = (season: string): Date | null => read(season)?.start ?? null;

/** The window that a season is one of, undefined when there is no such season. */
export const windowOf = (season: string): Window | undefined => (season === "all" ? season : read(season)?.window);

/** The window and first instant of a season, undefined when no such day, week or month exists, or its end has a year of five digits. */
function read(season: string): { window: Exclude<Window, "all">; start: Date } | undefined {
  const [, year = "", isWeek, number = "", day] = /^(?!9999)(\d{4})-(W?)(\d{2})(?:-(\d{2}))?$/.exec(season) ?? [];
  const window = isWeek ? "week" : day === undefined ? "month" : "day";
  const start =
    window === "week"
      ? new Date(mondayOf(new Date(Date.UTC(Number(year), 0, 4))).getTime() + (Number(number) - 1) * 7 * DAY_MS)
      : new Date(Date.UTC(Number(year), Number(number) - 1, Number(day ?? 1)));
  return seasonOf(window, start) === season ? { window, start } : undefined;
}

const mondayOf = (at: Date): Date =>
  new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() - ((at.getUTCDay() + 6) % 7)));

/** The week belongs to the year of its Thursday; week 1 is the one with 4 January. */
function isoWeek(at: Date): string {
  const monday = mondayOf(at);
  const year = new Date(monday.getTime() + 3 * DAY_MS).getUTCFullYear();
  const first = mondayOf(new Date(Date.UTC(year, 0, 4)));
  const week = 1 + Math.round((monday.getTime() - first.getTime()) / (7 * DAY_MS));
  return `${String(year).padStart(4, "0")}-W${String(week).padStart(2, "0")}`;
}
