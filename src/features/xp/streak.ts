import { addDays } from "./days.ts";

export interface StreakDays {
  current: number;
  longest: number;
  /** Freezes still held, at most two. */
  freezes: number;
  /** Learned on `today` already. */
  activeToday: boolean;
}

const MAX_FREEZES = 2;
const DAYS_PER_FREEZE = 7;

/**
 * The streak from the days of learning. A missed day ends it, unless a freeze is held: one is earned by every
 * seventh day of a streak, at most two are held, and a missed day spends one by itself. Today counts when it is
 * active and does not break anything while it is not over.
 */
export function streakOf(days: readonly string[], today: string): StreakDays {
  const active = [...new Set(days)].filter((day) => day <= today).sort();
  let current = 0;
  let longest = 0;
  let freezes = 0;
  let previous: string | undefined;
  for (const day of active) {
    const missed = previous === undefined ? 0 : missedBetween(previous, day);
    if (missed <= freezes) freezes -= missed;
    else [current, freezes] = [0, 0];
    current += 1;
    if (current % DAYS_PER_FREEZE === 0) freezes = Math.min(MAX_FREEZES, freezes + 1);
    longest = Math.max(longest, current);
    previous = day;
  }
  const activeToday = previous === today;
  const missed = previous === undefined || activeToday ? 0 : missedBetween(previous, today);
  if (missed > freezes) return { current: 0, longest, freezes: 0, activeToday };
  return { current, longest, freezes: freezes - missed, activeToday };
}

/** Whole days strictly between two dates. */
function missedBetween(from: string, to: string): number {
  let count = 0;
  for (let day = addDays(from, 1); day < to && count <= MAX_FREEZES; day = addDays(day, 1)) count += 1;
  return count;
}
