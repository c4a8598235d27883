import { sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { BoardScope, DayTotal } from "./rules.ts";
import { SCOPED_REASONS } from "./rules.ts";

type Ctx = Pick<ServiceContext, "db">;

/** What an entry of the ledger counts on besides `global`. */
const SCOPED = sql`entry.reason IN (SELECT value FROM json_each(${JSON.stringify(SCOPED_REASONS)}))`;
const DAY = (since: Date) =>
  sql`CASE WHEN entry.created_at >= ${since.getTime()} THEN date(entry.created_at / 1000, 'unixepoch') END`;

/**
 * What somebody earned in each of `scopes`, by UTC day from `since` on, and all before it in one.
 * `lastSeq` is the ledger row that reached the total: a row of nothing reaches nothing.
 */
export const dayTotals = (ctx: Ctx, userId: string, scopes: readonly string[], since: Date) =>
  ctx.db.all<DayTotal>(sql`
    SELECT scope.value AS scope, ${DAY(since)} AS day, SUM(entry.amount) AS total, MAX(entry.seq) AS lastSeq
    FROM xp_entries AS entry
    JOIN json_each(${JSON.stringify(scopes)}) AS scope ON scope.value = 'global' OR (
      ${SCOPED} AND scope.value IN ('goal:' || entry.goal_id, 'category:' || entry.category)
    )
    WHERE entry.user_id = ${userId} AND entry.amount <> 0
    GROUP BY 1, 2`);

/** The scopes somebody's ledger touches. */
export async function scopesOf(ctx: Ctx, userId: string): Promise<string[]> {
  const rows = await ctx.db.all<{ scope: string }>(sql`
    SELECT DISTINCT scope.value AS scope
    FROM xp_entries AS entry
    JOIN json_each(json_array('goal:' || entry.goal_id, 'category:' || entry.category)) AS scope ON scope.value IS NOT NULL
    WHERE entry.user_id = ${userId} AND ${SCOPED}`);
  return ["global", ...rows.map(({ scope }) => scope)];
}

/** What people earned in a scope from one instant up to another, in the order of a board; who earned nothing has no row. */
export const scoresBetween = (ctx: Ctx, scope: BoardScope, userIds: readonly string[], from: Date, to: Date) =>
  ctx.db.all<{ userId: string; score: number }>(sql`
    SELECT entry.user_id AS userId, SUM(entry.amount) AS score
    FROM json_each(${JSON.stringify(userIds)}) AS person JOIN xp_entries AS entry ON entry.user_id = person.value
    WHERE entry.created_at >= ${from.getTime()} AND entry.created_at < ${to.getTime()} AND entry.amount <> 0
      AND ${belongs(scope)}
    GROUP BY 1 ORDER BY score DESC, MAX(entry.seq)`);

export interface PersonDayTotal extends DayTotal {
  userId: string;
}

/** The next `limit` people of a scope by id, and all that they earned there by day. */
export const scopeTotals = (ctx: Ctx, scope: BoardScope, after: string, limit: number, since: Date) =>
  ctx.db.all<PersonDayTotal>(sql`
    SELECT entry.user_id AS userId, ${DAY(since)} AS day, SUM(entry.amount) AS total, MAX(entry.seq) AS lastSeq
    FROM xp_entries AS entry
    WHERE entry.user_id IN (${peopleOf(scope, after, limit)}) AND entry.amount <> 0 AND ${belongs(scope)}
    GROUP BY 1, 2`);

export const scopePeople = (ctx: Ctx, scope: BoardScope, after: string, limit: number) =>
  ctx.db.all<{ userId: string }>(peopleOf(scope, after, limit));

function peopleOf(scope: BoardScope, after: string, limit: number): SQL {
  if (scope.kind === "global")
    return sql`SELECT id AS userId FROM users WHERE id > ${after} ORDER BY id LIMIT ${limit}`;
  const of = scope.kind === "category" ? sql`category = ${scope.name}` : sql`goal_id = ${scope.id}`;
  return sql`SELECT DISTINCT user_id AS userId FROM xp_entries WHERE ${of} AND user_id > ${after} ORDER BY user_id LIMIT ${limit}`;
}

function belongs(scope: BoardScope): SQL {
  if (scope.kind === "global") return sql`TRUE`;
  return scope.kind === "category"
    ? sql`entry.category = ${scope.name} AND ${SCOPED}`
    : sql`entry.goal_id = ${scope.id} AND ${SCOPED}`;
}

export interface Arrival {
  scope: string;
  userId: string;
  seq: number;
  /** The last ledger row that was looked at. */
  end: number;
}

/** Of the next `limit` ledger rows that are older than `before`: who earned last what in which scope. */
export const arrivals = (ctx: Ctx, after: number, limit: number, before: Date) =>
  ctx.db.all<Arrival>(sql`
    WITH entry AS (
      SELECT seq, user_id, amount, reason, goal_id, category FROM xp_entries
      WHERE seq > ${after} AND created_at <= ${before.getTime()} ORDER BY seq LIMIT ${limit}
    )
    SELECT scope.value AS scope, entry.user_id AS userId, MAX(entry.seq) AS seq, (SELECT MAX(seq) FROM entry) AS "end"
    FROM entry
    JOIN users ON users.id = entry.user_id AND users.deleted_at IS NULL
    JOIN json_each(json_array('global', 'goal:' || entry.goal_id, 'category:' || entry.category)) AS scope
      ON scope.value = 'global' OR (scope.value IS NOT NULL AND ${SCOPED})
    WHERE entry.amount <> 0
    GROUP BY 1, 2`);
