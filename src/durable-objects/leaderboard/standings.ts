import type { Position } from "./directory.ts";
import type { BoardEntry } from "./protocol.ts";

export interface StandingRow extends Record<string, SqlStorageValue> {
  id: string;
  key: number;
  seq: number;
}

interface StoredRow extends Record<string, SqlStorageValue> {
  key: number;
  seq: number;
  ledger_seq: number;
}

/** How one row of a season moved: `from` is undefined for somebody who came onto the board, `to` for somebody who left it. */
export interface Move {
  season: string;
  from: Position | undefined;
  to: Position | undefined;
}

// The literal term of the partial index. As `key < 0` it would be a range, and SQLite would take it in place of the upper bound on (key, seq).
const ON_BOARD = "season = ? AND key <> 0";

export const findStanding = (sql: SqlStorage, season: string, id: string): StandingRow | undefined =>
  sql.exec<StandingRow>(`SELECT id, key, seq FROM standings WHERE ${ON_BOARD} AND id = ?`, season, id).toArray()[0];

/** Rows from `from` on, itself included, in the order of the board. */
export const rowsFrom = (sql: SqlStorage, season: string, from: Position, limit: number, offset = 0): StandingRow[] =>
  sql
    .exec<StandingRow>(
      `SELECT id, key, seq FROM standings WHERE ${ON_BOARD} AND (key, seq) >= (?, ?) ORDER BY key, seq LIMIT ? OFFSET ?`,
      season,
      from.key,
      from.seq,
      limit,
      offset,
    )
    .toArray();

/** The `limit` rows just before `position`, in the order of the board. */
export const rowsBefore = (sql: SqlStorage, season: string, position: Position, limit: number): StandingRow[] =>
  sql
    .exec<StandingRow>(
      `SELECT id, key, seq FROM standings WHERE ${ON_BOARD} AND (key, seq) < (?, ?) ORDER BY key DESC, seq DESC LIMIT ?`,
      season,
      position.key,
      position.seq,
      limit,
    )
    .toArray()
    .reverse();

export const countBetween = (sql: SqlStorage, season: string, from: Position, to: Position): number =>
  sql
    .exec<{ count: number }>(
      `SELECT COUNT(*) AS count FROM standings WHERE ${ON_BOARD} AND (key, seq) >= (?, ?) AND (key, seq) < (?, ?)`,
      season,
      from.key,
      from.seq,
      to.key,
      to.seq,
    )
    .one().count;

/**
 * Writes one person's totals and tells what moved. A total that is not newer than the stored one is ignored;
 * the tie-break sequence changes only when the score does.
 */
export function applyEntry(sql: SqlStorage, entry: BoardEntry): Move[] {
  if (!Number.isSafeInteger(entry.seq) || entry.seq < 1 || entry.userId === "")
    throw new RangeError("a board entry needs a user and a ledger sequence");
  return entry.scores.flatMap(({ season, score }) => {
    if (!Number.isSafeInteger(score) || season === "") throw new RangeError("a score is an integer in a season");
    const stored = sql
      .exec<StoredRow>("SELECT key, seq, ledger_seq FROM standings WHERE season = ? AND id = ?", season, entry.userId)
      .toArray()[0];
    if (stored !== undefined && entry.seq <= stored.ledger_seq) return [];
    const key = score > 0 ? -score : 0;
    const seq = stored?.key === key ? stored.seq : entry.seq;
    sql.exec(
      `INSERT INTO standings (season, id, key, seq, ledger_seq) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (season, id) DO UPDATE SET key = excluded.key, seq = excluded.seq, ledger_seq = excluded.ledger_seq`,
      season,
      entry.userId,
      key,
      seq,
      entry.seq,
    );
    if (stored?.key === key) return [];
    return [{ season, from: onBoard(stored), to: onBoard({ key, seq }) }];
  });
}

const onBoard = (position: Position | undefined): Position | undefined =>
  position !== undefined && position.key < 0 ? { key: position.key, seq: position.seq } : undefined;
