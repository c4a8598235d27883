import { and, desc, eq, isNotNull, isNull, lt, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { leagueCohorts, leagueEntries, leagueMembers } from "../../db/schema/leagues.ts";
import { users } from "../../db/schema/users.ts";
import { xpEntries } from "../../db/schema/xp.ts";
import { seasonEnd, seasonStart } from "../../platform/seasons.ts";
import { publicUserColumns } from "../users/schema.ts";
import type { Outcome } from "./rules.ts";

type Ctx = Pick<ServiceContext, "db">;

const bounds = (week: string) => ({
  from: seasonStart(week)?.getTime() ?? 0,
  to: seasonEnd(week)?.getTime() ?? 0,
});

/** Everybody of some cohorts of a week, with what the ledger says of that week. Suspended and deleted people do not play. */
export function selectScores(ctx: Ctx, week: string, cohorts: SQL) {
  const { from, to } = bounds(week);
  return ctx.db
    .select({
      ...publicUserColumns,
      cohortId: sql<string>`${leagueEntries.cohortId}`.as("cohort_id_"),
      tier: sql<number>`${leagueCohorts.tier}`.as("tier_"),
      score: sql<number>`max(0, coalesce(sum(${xpEntries.amount}), 0))`.as("score_"),
      reachedSeq: sql<number | null>`max(CASE WHEN ${xpEntries.amount} > 0 THEN ${xpEntries.seq} END)`.as("reached"),
    })
    .from(leagueEntries)
    .innerJoin(leagueCohorts, eq(leagueCohorts.id, leagueEntries.cohortId))
    .innerJoin(users, and(eq(users.id, leagueEntries.userId), eq(users.status, "active")))
    .leftJoin(
      xpEntries,
      sql`${xpEntries.userId} = ${leagueEntries.userId} AND ${xpEntries.createdAt} >= ${from} AND ${xpEntries.createdAt} < ${to}`,
    )
    .where(sql`${leagueEntries.cohortId} IN (${cohorts})`)
    .groupBy(leagueEntries.cohortId, leagueEntries.userId);
}

export const myCohort = (userId: string, week: string): SQL =>
  sql`SELECT cohort_id FROM league_entries WHERE user_id = ${userId} AND week = ${week}`;

export const selectMembership = (ctx: Ctx, userId: string) =>
  ctx.db.select().from(leagueMembers).where(eq(leagueMembers.userId, userId));

/** The oldest cohorts whose week is over and that nobody has closed. */
export const selectDue = (ctx: Ctx, week: string, limit: number) =>
  ctx.db
    .select({ id: leagueCohorts.id, week: leagueCohorts.week, tier: leagueCohorts.tier })
    .from(leagueCohorts)
    .where(and(isNull(leagueCohorts.closedAt), lt(leagueCohorts.week, week)))
    .orderBy(leagueCohorts.week, leagueCohorts.id)
    .limit(limit);

/** Who plays a week that has no cohorts yet, with the XP of the time since `since`. */
export const selectEntrants = (ctx: Ctx, week: string, since: Date) =>
  ctx.db
    .select({
      userId: leagueMembers.userId,
      tier: leagueMembers.tier,
      activity: sql<number>`coalesce(sum(${xpEntries.amount}), 0)`.as("activity"),
    })
    .from(leagueMembers)
    .innerJoin(users, and(eq(users.id, leagueMembers.userId), eq(users.status, "active")))
    .leftJoin(
      xpEntries,
      sql`${xpEntries.userId} = ${leagueMembers.userId} AND ${xpEntries.createdAt} >= ${since.getTime()}`,
    )
    .where(sql`NOT EXISTS (SELECT 1 FROM league_cohorts WHERE week = ${week})`)
    .groupBy(leagueMembers.userId);

/** The cohort of a week as it was frozen, in order. */
export const selectFrozen = (ctx: Ctx, userId: string, week: string) =>
  ctx.db
    .select({
      ...publicUserColumns,
      status: users.status,
      tier: leagueCohorts.tier,
      rank: sql<number>`${leagueEntries.rank}`.as("rank_"),
      score: sql<number>`${leagueEntries.score}`.as("score_"),
      outcome: sql<Outcome>`${leagueEntries.outcome}`.as("outcome_"),
    })
    .from(leagueEntries)
    .innerJoin(leagueCohorts, eq(leagueCohorts.id, leagueEntries.cohortId))
    .innerJoin(users, eq(users.id, leagueEntries.userId))
    .where(and(sql`${leagueEntries.cohortId} IN (${myCohort(userId, week)})`, isNotNull(leagueEntries.outcome)))
    .orderBy(leagueEntries.rank);

export const selectResults = (ctx: Ctx, userId: string, before: string | null, limit: number, offset: number) =>
  ctx.db
    .select({
      week: sql<string>`${leagueEntries.week}`.as("week_"),
      tier: leagueCohorts.tier,
      rank: leagueEntries.rank,
      score: leagueEntries.score,
      outcome: leagueEntries.outcome,
      size: sql<number>`(SELECT max(peer.rank) FROM league_entries peer WHERE peer.cohort_id = ${leagueEntries.cohortId})`.as(
        "size_",
      ),
    })
    .from(leagueEntries)
    .innerJoin(leagueCohorts, eq(leagueCohorts.id, leagueEntries.cohortId))
    .where(
      and(
        eq(leagueEntries.userId, userId),
        isNotNull(leagueEntries.outcome),
        before === null ? undefined : lt(leagueEntries.week, before),
      ),
    )
    .orderBy(desc(leagueEntries.week))
    .limit(limit)
    .offset(offset);
