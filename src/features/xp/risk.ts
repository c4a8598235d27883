import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { commit, event } from "../../events/outbox.ts";
import { addDays, localDay } from "./days.ts";
import type { ActiveDay } from "./streak.ts";
import { endOfStreak, endsWith, streakOf } from "./streak.ts";

/** In the evening there is still time, and the day's learning has mostly been done. */
const EVENING_HOUR = 20;
const A_RUN = 5000;
const AT_ONCE = 100;
/** A freeze saves a day, and at most two are held. */
const LATEST_ACTIVITY_DAYS = 3;
const LOOKED_AT_DAYS = 400;

type Ctx = Pick<ServiceContext, "db" | "clock" | "riders" | "relayLater">;

/** A date that draws to its end, and the zones in which it does. */
interface Evening {
  day: string;
  zones: string[];
}

interface Learner {
  userId: string;
  timezone: string;
  /** JSON: the days of learning, newest first. */
  days: string;
}

/** Tells whose streak ends tonight, once a local day and person, in the evening where they are. Returns how many. */
export async function remindOfStreaks(ctx: Ctx): Promise<number> {
  let told = 0;
  for (const evening of await evenings(ctx)) {
    const people = await findPeople(ctx, evening);
    for (let at = 0; at < people.length; at += AT_ONCE)
      told += await remind(ctx, evening.day, people.slice(at, at + AT_ONCE));
  }
  return told;
}

async function remind(ctx: Ctx, day: string, people: readonly string[]): Promise<number> {
  const atRisk = (await findDays(ctx, people)).flatMap((one) => {
    const streak = streakAtRisk(one, day, ctx.clock.now());
    return streak === 0 ? [] : [event({ type: "streak.at_risk", userId: one.userId, day, streak })];
  });
  await commit(ctx, [lookedAt(ctx, day, people)], atRisk);
  return atRisk.length;
}

/** 0 when a day without learning costs nothing: there is no streak, or a freeze is held. */
function streakAtRisk({ timezone, days }: Learner, day: string, now: Date): number {
  const active = (JSON.parse(days) as { day: string; timezone: string; at: number }[]).map((one): ActiveDay => ({
    activeDay: one.day,
    timezone: one.timezone,
    at: new Date(one.at),
  }));
  const end = endOfStreak(active, timezone);
  return end !== null && endsWith(day, end, timezone) ? streakOf(active, now, timezone).current : 0;
}

/** At any moment it is the evening of at most three dates. */
async function evenings({ db, clock }: Ctx): Promise<Evening[]> {
  const now = clock.now();
  const since = addDays(localDay(now, "UTC"), -LATEST_ACTIVITY_DAYS - 1);
  const zones = await db.all<{ timezone: string }>(sql`
    SELECT DISTINCT u.timezone AS timezone FROM activity_days a JOIN users u ON u.id = a.user_id WHERE a.day >= ${since}`);
  const late = zones.map(({ timezone }) => timezone).filter((timezone) => hourOf(now, timezone) >= EVENING_HOUR);
  return [...Map.groupBy(late, (timezone) => localDay(now, timezone))].map(([day, names]) => ({ day, zones: names }));
}

const hourOf = (at: Date, timeZone: string): number =>
  Number(new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", hourCycle: "h23" }).format(at));

/** Who learned lately, not today, and was not looked at tonight. */
async function findPeople({ db }: Ctx, { day, zones }: Evening): Promise<string[]> {
  const people = await db.all<{ userId: string }>(sql`
    SELECT DISTINCT u.id AS userId FROM activity_days a
    JOIN users u ON u.id = a.user_id AND u.status = 'active' AND u.deleted_at IS NULL
      AND u.timezone IN (SELECT value FROM json_each(${JSON.stringify(zones)}))
    WHERE a.day >= ${addDays(day, -LATEST_ACTIVITY_DAYS)}
      AND NOT EXISTS (SELECT 1 FROM activity_days t WHERE t.user_id = u.id AND t.day >= ${day})
      AND NOT EXISTS (SELECT 1 FROM streak_reminders r WHERE r.user_id = u.id AND r.day = ${day})
    LIMIT ${A_RUN}`);
  return people.map(({ userId }) => userId);
}

const findDays = ({ db }: Ctx, people: readonly string[]): Promise<Learner[]> =>
  db.all<Learner>(sql`
    SELECT u.id AS userId, u.timezone AS timezone,
      (SELECT json_group_array(json_object('day', h.day, 'timezone', h.timezone, 'at', h.at))
        FROM (SELECT day, timezone, at FROM activity_days WHERE user_id = u.id ORDER BY day DESC LIMIT ${LOOKED_AT_DAYS}) h) AS days
    FROM json_each(${JSON.stringify(people)}) e JOIN users u ON u.id = e.value`);

const lookedAt = ({ db }: Ctx, day: string, people: readonly string[]) =>
  db.run(sql`
    INSERT INTO streak_reminders (user_id, day)
    SELECT value, ${day} FROM json_each(${JSON.stringify(people)}) WHERE true
    ON CONFLICT (user_id) DO UPDATE SET day = excluded.day`);
