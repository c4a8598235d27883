import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { newId } from "../../platform/ids.ts";
import { seasonOf } from "../../platform/seasons.ts";
import { selectDue, selectEntrants, selectScores } from "./queries.ts";
import { formCohorts, MOVE, settle } from "./rules.ts";

type Ctx = Pick<ServiceContext, "db" | "clock">;

const DAY_MS = 86_400_000;
const ACTIVITY_MS = 28 * DAY_MS;
/** A request that was under way at midnight still has its say. */
const GRACE_MS = 5 * 60_000;
const COHORTS_A_STEP = 100;
const STEPS = 20;
/** Of 30 people each: one parameter of D1 takes 2 MB. */
const COHORTS_A_STATEMENT = 1_000;

/** Freezes the weeks that are over, then draws the cohorts of the running one. May run at any time, and again. */
export async function turnLeagueWeeks(ctx: Ctx): Promise<{ closed: number; drawn: number }> {
  const week = seasonOf("week", new Date(ctx.clock.now().getTime() - GRACE_MS));
  let closed = 0;
  for (let step = 0; step < STEPS; step += 1) {
    const now = await closeSome(ctx, week);
    closed += now;
    if (now === 0) return { closed, drawn: await draw(ctx, week) };
  }
  return { closed, drawn: 0 };
}

async function closeSome(ctx: Ctx, week: string): Promise<number> {
  const found = await selectDue(ctx, week, COHORTS_A_STEP);
  const due = found.filter((cohort) => cohort.week === found[0]?.week);
  const [first] = due;
  if (!first) return 0;
  const ids = JSON.stringify(due.map(({ id }) => id));
  const scores = await selectScores(ctx, first.week, sql`SELECT value FROM json_each(${ids})`);
  const results = [...Map.groupBy(scores, (row) => row.cohortId).values()].flatMap((cohort) =>
    settle(
      cohort[0]?.tier ?? 0,
      cohort.map(({ id: userId, cohortId, tier, score, reachedSeq }) => ({
        userId,
        cohortId,
        tier,
        score,
        reachedSeq,
      })),
    ),
  );
  const rows = JSON.stringify(results.map((result) => ({ ...result, move: MOVE[result.outcome] })));
  const result = sql`(SELECT value ->> 'userId' AS user, value ->> 'cohortId' AS cohort, value ->> 'tier' AS tier, value ->> 'move' AS move,
      value ->> 'score' AS score, value ->> 'rank' AS rank, value ->> 'outcome' AS outcome FROM json_each(${rows})) result`;
  // Tiers first: they move only while the cohort is open, so a second run moves nobody.
  await batch(ctx.db, [
    ctx.db.run(sql`UPDATE league_members SET tier = league_members.tier + result.move FROM ${result}
      WHERE user_id = result.user AND league_members.tier = result.tier AND result.move <> 0
        AND EXISTS (SELECT 1 FROM league_cohorts WHERE id = result.cohort AND closed_at IS NULL)`),
    ctx.db
      .run(sql`UPDATE league_entries SET score = result.score, rank = result.rank, outcome = result.outcome FROM ${result}
      WHERE user_id = result.user AND week = ${first.week} AND league_entries.outcome IS NULL`),
    ctx.db.run(
      sql`UPDATE league_cohorts SET closed_at = ${ctx.clock.now().getTime()} WHERE id IN (SELECT value FROM json_each(${ids})) AND closed_at IS NULL`,
    ),
  ]);
  return due.length;
}

async function draw(ctx: Ctx, week: string): Promise<number> {
  const entrants = await selectEntrants(ctx, week, new Date(ctx.clock.now().getTime() - ACTIVITY_MS));
  const cohorts = formCohorts(entrants).map((cohort) => ({ id: newId(), ...cohort }));
  if (cohorts.length === 0) return 0;
  try {
    await batch(ctx.db, [
      ensure(ctx.db, sql`NOT EXISTS (SELECT 1 FROM league_cohorts WHERE week = ${week})`),
      ...chunksOf(cohorts, COHORTS_A_STATEMENT).flatMap((some) => insertCohorts(ctx, week, JSON.stringify(some))),
    ]);
  } catch (error) {
    if (wasRefused(error)) return 0;
    throw error;
  }
  return cohorts.length;
}

const insertCohorts = (ctx: Ctx, week: string, drawn: string) => [
  ctx.db.run(
    sql`INSERT INTO league_cohorts (id, week, tier) SELECT value ->> 'id', ${week}, value ->> 'tier' FROM json_each(${drawn})`,
  ),
  ctx.db.run(sql`INSERT INTO league_entries (user_id, week, cohort_id)
    SELECT person.value, ${week}, cohort.value ->> 'id' FROM json_each(${drawn}) cohort, json_each(cohort.value, '$.userIds') person
    WHERE EXISTS (SELECT 1 FROM league_members WHERE user_id = person.value)`),
];

const chunksOf = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
