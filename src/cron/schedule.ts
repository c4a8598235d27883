import type { ServiceContext } from "../context.ts";

/** One job of the table. It may run late, twice or not at all for a while, and must come out right each time. */
export interface CronJob {
  name: string;
  every: "minute" | "ten-minutes" | "hour" | "day";
  /** The hour, UTC, after which a daily job runs. */
  atHour?: number;
  /** What it returns is kept with the run: a count, a few numbers; nothing personal. */
  run(ctx: ServiceContext): Promise<unknown>;
}

const MINUTE_MS = 60_000;
const PERIOD_MS = {
  minute: MINUTE_MS,
  "ten-minutes": 10 * MINUTE_MS,
  hour: 60 * MINUTE_MS,
  day: 24 * 60 * MINUTE_MS,
} as const;

export const periodOf = (job: Pick<CronJob, "every">): number => PERIOD_MS[job.every];

/** The start of the period that `now` is in. A job is due until it was done for its slot, however late that is. */
export function slotOf({ every, atHour = 0 }: Pick<CronJob, "every" | "atHour">, now: Date): Date {
  const period = PERIOD_MS[every];
  const offset = every === "day" ? atHour * PERIOD_MS.hour : 0;
  return new Date(Math.floor((now.getTime() - offset) / period) * period + offset);
}
