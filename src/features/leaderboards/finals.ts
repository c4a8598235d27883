import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { boardFinals, boardSpreads } from "../../db/schema/leaderboards.ts";
import { users } from "../../db/schema/users.ts";
import { seasonEnd, seasonStart } from "../../platform/seasons.ts";
import { scoresBetween } from "./ledger.ts";
import type { PersonRow } from "./people.ts";
import { findPeople, isShown, personColumns, toBoardPerson } from "./people.ts";
import type { BoardScope, Spread } from "./rules.ts";
import { rankIn, totalOf } from "./rules.ts";
import type { RankedUser, UserStanding } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db">;

/** A season that the board itself no longer has. */
interface Ended {
  scope: BoardScope;
  name: string;
  season: string;
}

type KeptRow = PersonRow & { place: number; rank: number; score: number };
interface SpreadRow {
  scores: Spread;
}
interface ScoreRow {
  userId: string;
  score: number;
}

/** The final standings: the first hundred, without who is not shown today. */
export async function finalStandings(
  ctx: Ctx,
  ended: Ended,
  { after, offset, limit }: { after: number; offset: number; limit: number },
): Promise<{ total: number; entries: (RankedUser & { place: number })[] }> {
  const shown = sql`${users.status} = 'active' AND ${users.privacy} ->> 'showOnLeaderboards' = 1`;
  const [rows, [spread]] = (await batch(ctx.db, [
    selectKept(ctx, ended, sql`${gt(boardFinals.place, after)} AND ${shown}`)
      .limit(limit)
      .offset(offset),
    selectSpread(ctx, ended),
  ])) as [KeptRow[], SpreadRow[]];
  return {
    total: totalOf(spread?.scores ?? []),
    entries: rows.map((row) => ({ ...toRanked(row, row), place: row.place })),
  };
}

/** Those of `userIds` who are shown and ended on the board, in its order, the first hundred or not. */
export async function finalSubset(
  ctx: Ctx,
  ended: Ended,
  userIds: readonly string[],
): Promise<{ total: number; entries: RankedUser[] }> {
  const [people, scores, [spread]] = (await batch(ctx.db, [
    findPeople(ctx, userIds),
    selectScores(ctx, ended, userIds),
    selectSpread(ctx, ended),
  ])) as [PersonRow[], ScoreRow[], SpreadRow[]];
  const byId = new Map(people.filter(isShown).map((row) => [row.personId, row]));
  const entries = scores.flatMap(({ userId, score }) => {
    const person = byId.get(userId);
    const rank = rankIn(spread?.scores ?? [], score);
    return person === undefined || rank === null ? [] : [toRanked(person, { rank, score })];
  });
  return { total: totalOf(spread?.scores ?? []), entries };
}

/** How somebody ended, from their ledger and the spread of the season. Neighbours are known among the first hundred only. */
export async function finalStanding(
  ctx: Ctx,
  ended: Ended,
  { userId, around }: { userId: string; around: number },
): Promise<{ standing: Omit<UserStanding, "percentile" | "season">; person: PersonRow | undefined }> {
  const own = sql`(SELECT place FROM leaderboard_finals WHERE scope = ${ended.name} AND season = ${ended.season} AND user_id = ${userId})`;
  const near = sql`${boardFinals.place} BETWEEN ${own} - ${around} AND ${own} + ${around}`;
  const [[person], [mine], [spread], kept] = (await batch(ctx.db, [
    findPeople(ctx, [userId]),
    selectScores(ctx, ended, [userId]),
    selectSpread(ctx, ended),
    selectKept(ctx, ended, near),
  ])) as [PersonRow[], ScoreRow[], SpreadRow[], KeptRow[]];
  const scores = spread?.scores ?? [];
  const score = mine?.score ?? 0;
  const rank = rankIn(scores, score);
  if (person === undefined || rank === null)
    return { person, standing: { rank: null, score: 0, total: totalOf(scores), neighbours: [] } };
  const neighbours = kept.filter((row) => row.personId === userId || isShown(row)).map((row) => toRanked(row, row));
  // Whoever was hidden then is not counted in the spread, and may come after all who are.
  const total = Math.max(totalOf(scores), rank);
  return {
    person,
    standing: {
      rank,
      score,
      total,
      neighbours: neighbours.length > 0 ? neighbours : [toRanked(person, { rank, score })],
    },
  };
}

const toRanked = (row: PersonRow, { rank, score }: { rank: number; score: number }): RankedUser => ({
  rank,
  user: toBoardPerson(row),
  score,
});

const selectKept = (ctx: Ctx, { name, season }: Ended, which: SQL) =>
  ctx.db
    .select({ place: boardFinals.place, rank: boardFinals.rank, score: boardFinals.score, ...personColumns })
    .from(boardFinals)
    .innerJoin(users, and(eq(users.id, boardFinals.userId), sql`${users.deletedAt} IS NULL`))
    .where(and(eq(boardFinals.scope, name), eq(boardFinals.season, season), which))
    .orderBy(asc(boardFinals.place));

const selectSpread = (ctx: Ctx, { name, season }: Ended) =>
  ctx.db
    .select({ scores: boardSpreads.scores })
    .from(boardSpreads)
    .where(and(eq(boardSpreads.scope, name), eq(boardSpreads.season, season)));

const selectScores = (ctx: Ctx, { scope, season }: Ended, userIds: readonly string[]) =>
  scoresBetween(ctx, scope, userIds, seasonStart(season) ?? new Date(0), seasonEnd(season) ?? new Date(0));
