import { addDays, endOfDay, localDay } from "./days.ts";

/** A local day on which somebody learned, the zone it was counted in, and the first instant of learning. */
export interface ActiveDay {
  activeDay: string;
  timezone: string;
  at: Date;
}

export interface StreakDays {
  current: number;
  longest: number;
  /** Freezes still held, at most two. */
  freezes: number;
  /** Learned on today's local date already. */
  activeToday: boolean;
}

const MAX_FREEZES = 2;
const DAYS_PER_FREEZE = 7;

/** The streak as the last day of learning left it. */
interface Run {
  current: number;
  longest: number;
  freezes: number;
  last: ActiveDay | undefined;
}

/**
 * The streak from the days of learning, as it stands at `now` in `timezone`. A missed day ends it, unless a freeze is held: one is
 * earned by every seventh day of a streak, at most two are held, and a missed day spends one by itself. Today counts when it is
 * active and breaks nothing while it is not over. Where the zone changed between two days, the kinder of both readings counts.
 */
export function streakOf(days: readonly ActiveDay[], now: Date, timezone: string): StreakDays {
  const { current, longest, freezes, last } = runOf(days);
  const today: ActiveDay = { activeDay: localDay(now, timezone), timezone, at: now };
  // Somebody who flew west has learned on a date that is still to come here.
  const activeToday = last !== undefined && last.activeDay >= today.activeDay;
  const missed = last === undefined || activeToday ? 0 : missedBetween(last, today);
  if (missed > freezes) return { current: 0, longest, freezes: 0, activeToday };
  return { current, longest, freezes: freezes - missed, activeToday };
}

/** The instant at which the streak ends without learning in `timezone`: the freezes held are spent before. Null without a day. */
export function endOfStreak(days: readonly ActiveDay[], timezone: string): Date | null {
  const { last, freezes } = runOf(days);
  if (last === undefined) return null;
  const endIn = (day: string, zone: string) => endOfDay(addDays(day, freezes + 1), zone).getTime();
  const counted = endIn(last.activeDay, timezone);
  if (last.timezone === timezone) return new Date(counted);
  const readings = [last.timezone, timezone].map((zone) => endIn(localDay(last.at, zone), zone));
  return new Date(Math.max(counted, ...readings));
}

/** True when the streak does not outlive that local day. */
export const endsWith = (day: string, end: Date, timezone: string): boolean =>
  localDay(new Date(end.getTime() - 1), timezone) <= day;

function runOf(days: readonly ActiveDay[]): Run {
  const run: Run = { current: 0, longest: 0, freezes: 0, last: undefined };
  for (const day of [...new Map(days.map((one) => [one.activeDay, one])).values()].sort(byDay)) {
    const missed = run.last === undefined ? 0 : missedBetween(run.last, day);
    if (missed <= run.freezes) run.freezes -= missed;
    else [run.current, run.freezes] = [0, 0];
    run.current += 1;
    if (run.current % DAYS_PER_FREEZE === 0) run.freezes = Math.min(MAX_FREEZES, run.freezes + 1);
    run.longest = Math.max(run.longest, run.current);
    run.last = day;
  }
  return run;
}

const byDay = (a: ActiveDay, b: ActiveDay) => (a.activeDay < b.activeDay ? -1 : 1);

/** Whole days strictly between two days: by the dates they were counted as, or as one of their zones reads them both. */
function missedBetween(from: ActiveDay, to: ActiveDay): number {
  const counted = daysBetween(from.activeDay, to.activeDay);
  if (counted === 0 || from.timezone === to.timezone) return counted;
  const readings = [from.timezone, to.timezone].map((zone) =>
    daysBetween(localDay(from.at, zone), localDay(to.at, zone)),
  );
  return Math.min(counted, ...readings);
}

const daysBetween = (from: string, to: string): number =>
  Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) - 1);
