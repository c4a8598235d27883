import { addDays, endOfDay, localDay } from "../xp/days.ts";

export interface QuietHours {
  /** `HH:MM` in the person's zone; `to` may be the next morning. */
  from: string;
  to: string;
}

export interface Choice {
  inApp: boolean;
  email: boolean;
  push: boolean;
}

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const DAY_MINUTES = 24 * 60;
/** Longer than any local day. */
const LONGEST_WALK = 30 * 4;
const DIGEST_MINUTE = 8 * 60;
const MONDAY = 1;

/** What is read in the app within this time is not mailed. */
export const MAIL_DELAY_MS = 2 * MINUTE_MS;

export const DEFAULT_CHOICE: Choice = { inApp: true, email: true, push: true };

/**
 * The first instant, from `now` on, that is not in the quiet hours; null when `now` is not. Clocks change at quarters of
 * an hour UTC, so the walk stops at each of them and is right on the days that lack an hour or have one twice.
 */
export function quietUntil(now: Date, timezone: string, quiet: QuietHours | null): Date | null {
  if (quiet === null || !isQuiet(now, timezone, quiet)) return null;
  const to = minutesOf(quiet.to);
  let at = Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS;
  for (let step = 0; step < LONGEST_WALK; step += 1) {
    const left = (to - minuteOfDay(new Date(at), timezone) + DAY_MINUTES) % DAY_MINUTES;
    at = Math.min(at + left * MINUTE_MS, nextQuarter(at));
    if (!isQuiet(new Date(at), timezone, quiet)) return new Date(at);
  }
  return new Date(at);
}

export function isQuiet(at: Date, timezone: string, { from, to }: QuietHours): boolean {
  const minute = minuteOfDay(at, timezone);
  const [start, end] = [minutesOf(from), minutesOf(to)];
  return start <= end ? minute >= start && minute < end : minute >= start || minute < end;
}

/** When the next digest is due: at eight in the morning of the next local day, or of the next Monday. */
export function nextDigest(now: Date, timezone: string, digest: "daily" | "weekly"): Date {
  const today = localDay(now, timezone);
  const weekday = new Date(`${today}T00:00:00Z`).getUTCDay();
  const daysAhead = digest === "daily" ? 1 : (MONDAY - weekday + 7) % 7 || 7;
  let at = endOfDay(addDays(today, daysAhead - 1), timezone).getTime();
  for (let step = 0; step < LONGEST_WALK && minuteOfDay(new Date(at), timezone) < DIGEST_MINUTE; step += 1)
    at = nextQuarter(at);
  return new Date(at);
}

const nextQuarter = (at: number): number => (Math.floor(at / QUARTER_MS) + 1) * QUARTER_MS;

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Minutes since local midnight, as the clock on the wall shows them. */
export function minuteOfDay(at: Date, timezone: string): number {
  let formatter = formatters.get(timezone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat("en-GB", {
      timeZone: timezone,
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    formatters.set(timezone, formatter);
  }
  return minutesOf(formatter.format(at));
}
