import { addDays, localDay } from "./days.ts";

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

/**
 * The streak from the days of learning, as it stands at `now` in `timezone`. A missed day ends it, unless a freeze is held: one is
 * earned by every seventh day of a streak, at most two are held, and a missed day spends one by itself. Today counts when it is
 * active and breaks nothing while it is not over. Where the zone changed between two days, the kinder of both readings counts.
 */
export function streakOf(days: readonly ActiveDay[], now: Date, timezone: string): StreakDays {
  const active = [...new Map(days.map((day) => [day.activeDay, day])).values()].sort(byDay);
  let current = 0;
  let longest = 0;
  let freezes = 0;
  let previous: ActiveDay | undefined;
  for (const day of active) {
    const missed = previous === undefined ? 0 : missedBetween(previous, day);
    if (missed <= freezes) freezes -= missed;
    else [current, freezes] = [0, 0];
    current += 1;
    if (current % DAYS_PER_FREEZE === 0) freezes = Math.min(MAX_FREEZES, freezes + 1);
    longest = Math.max(longest, current);
    previous = day;
  }
  const today: ActiveDay = { activeDay: localDay(now, timezone), timezone, at: now };
  // Somebody who flew west has learned on a date that is still to come here.
  const activeToday = previous !== undefined && previous.activeDay >= today.activeDay;
  const missed = previous === undefined || activeToday ? 0 : missedBetween(previous, today);
  if (missed > freezes) return { current: 0, longest, freezes: 0, activeToday };
  return { current, longest, freezes: freezes - missed, activeToday };
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

/** The last local day on which learning still saves the streak: freezes held are spent before it ends. */
export const lastSavingDay = ({ freezes, activeToday }: StreakDays, today: string): string =>
  addDays(today, freezes + (activeToday ? 1 : 0));
