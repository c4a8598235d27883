import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { commit, event } from "../../events/outbox.ts";
import { addDays, localDay } from "./days.ts";
import type { ActiveDay } from "./streak.ts";
import { lastSavingDay, streakOf } from "./streak.ts";

/** In the evening there is still time, and the day's learning has mostly been done. */
const EVENING_HOUR = 20;
const AT_ONCE = 100;
const MAX_PAGES = 50;
/** A freeze saves a day, and at most two are held. */
const LATEST_ACTIVITY_DAYS = 3;
const LOOKED_AT_DAYS = 400;

interface Candidate {
  userId: string;
  timezone: string;
  day: string;
  /** JSON: the days of learning, newest first. */
  days: string;
}

/** Tells whose streak ends tonight, once a local day and person, in the evening where they are. Returns how many. */
export async function remindOfStreaks(
  ctx: Pick<ServiceContext, "db" | "clock" | "riders" | "relayLater">,
): Promise<number> {
  const now = ctx.clock.now();
  const evenings = await zonesInTheEvening(ctx, now);
  let told = 0;
  for (let page = 0; page < MAX_PAGES && evenings.length > 0; page += 1) {
    const candidates = await findCandidates(ctx, evenings);
    const atRisk = candidates.flatMap((one) => {
      const streak = streakAtRisk(one, now);
      return streak === 0 ? [] : [event({ type: "streak.at_risk", userId: one.userId, day: one.day, streak })];
    });
    if (candidates.length > 0) await commit(ctx, [lookedAt(ctx, candidates)], atRisk);
    told += atRisk.length;
    if (candidates.length < AT_ONCE) break;
  }
  return told;
}

/** 0 when a day without learning costs nothing: there is no streak, or a freeze is held. */
function streakAtRisk({ timezone, day, days }: Candidate, now: Date): number {
  const active = (JSON.parse(days) as { day: string; timezone: string; at: number }[]).map((one): ActiveDay => ({
    activeDay: one.day,
    timezone: one.timezone,
    at: new Date(one.at),
  }));
  const streak = streakOf(active, now, timezone);
  return streak.activeToday || lastSavingDay(streak, day) > day ? 0 : streak.current;
}

async function zonesInTheEvening(
  { db }: Pick<ServiceContext, "db">,
  now: Date,
): Promise<{ timezone: string; day: string; since: string }[]> {
  const since = addDays(localDay(now, "UTC"), -LATEST_ACTIVITY_DAYS - 1);
  const zones = await db.all<{ timezone: string }>(sql`
    SELECT DISTINCT u.timezone AS timezone FROM activity_days a JOIN users u ON u.id = a.user_id WHERE a.day >= ${since}`);
  return zones
    .filter(({ timezone }) => hourOf(now, timezone) >= EVENING_HOUR)
    .map(({ timezone }) => {
      const day = localDay(now, timezone);
      return { timezone, day, since: addDays(day, -LATEST_ACTIVITY_DAYS) };
    });
}

const hourOf = (at: Date, timeZone: string): number =>
  Number(new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", hourCycle: "h23" }).format(at));

/** People of these zones who learned lately, not today, and were not looked at tonight. */
const findCandidates = (
  { db }: Pick<ServiceContext, "db">,
  evenings: readonly { timezone: string; day: string; since: string }[],
): Promise<Candidate[]> =>
  db.all<Candidate>(sql`
    SELECT DISTINCT u.id AS userId, u.timezone AS timezone, z.value ->> 'day' AS day,
      (SELECT json_group_array(json_object('day', h.day, 'timezone', h.timezone, 'at', h.at))
        FROM (SELECT day, timezone, at FROM activity_days WHERE user_id = u.id ORDER BY day DESC LIMIT ${LOOKED_AT_DAYS}) h) AS days
    FROM json_each(${JSON.stringify(evenings)}) z
    JOIN activity_days a ON a.day BETWEEN z.value ->> 'since' AND z.value ->> 'day'
    JOIN users u ON u.id = a.user_id AND u.timezone = z.value ->> 'timezone' AND u.status = 'active' AND u.deleted_at IS NULL
    WHERE NOT EXISTS (SELECT 1 FROM activity_days t WHERE t.user_id = u.id AND t.day >= z.value ->> 'day')
      AND NOT EXISTS (SELECT 1 FROM streak_reminders r WHERE r.user_id = u.id AND r.day = z.value ->> 'day')
    LIMIT ${AT_ONCE}`);

const lookedAt = ({ db }: Pick<ServiceContext, "db">, people: readonly Candidate[]) =>
  db.run(sql`
    INSERT INTO streak_reminders (user_id, day)
    SELECT value ->> 'userId', value ->> 'day' FROM json_each(${JSON.stringify(people.map(({ userId, day }) => ({ userId, day })))}) WHERE true
    ON CONFLICT (user_id) DO UPDATE SET day = excluded.day`);
