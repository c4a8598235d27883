import { addDays } from "../xp/days.ts";

const WEEKS = 12;

export interface HeatMapDay {
  day: string;
  /** How often somebody learned that day. */
  count: number;
}

/** Twelve weeks up to today, every day of them, oldest first. Somebody who flew west may have learned on a date still to come. */
export function heatMapOf(days: readonly { activeDay: string; deeds: number }[], today: string): HeatMapDay[] {
  const deeds = new Map(days.map(({ activeDay, deeds: count }) => [activeDay, count]));
  const latest = days.reduce((last, { activeDay }) => (activeDay > last ? activeDay : last), today);
  return Array.from({ length: WEEKS * 7 }, (_, i) => {
    const day = addDays(latest, i + 1 - WEEKS * 7);
    return { day, count: deeds.get(day) ?? 0 };
  });
}
