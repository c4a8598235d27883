import type { Position } from "./directory.ts";

export type PlaceRow = Pick<Position, "key" | "seq"> & { person: number };

/** How one row of a season moved: `from` is undefined for somebody who came onto the board, `to` for somebody who left it. */
export interface Move {
  season: number;
  from: Position | undefined;
  to: Position | undefined;
}

/** Before every row that is not shown. */
export const END: Position = { key: 0, seq: 0 };

const onBoard = (key: number, seq: number): Position | undefined => (key < 0 ? { key, seq } : undefined);

/** Read to its end, so that the runtime may use the prepared statement again. */
export const firstOf = <T extends Record<string, SqlStorageValue>>(cursor: SqlStorageCursor<T>): T | undefined =>
  cursor.toArray()[0];

/** Rows from `from` on, itself included, in the order of the board. */
export const rowsFrom = (sql: SqlStorage, season: number, from: Position, limit: number, offset = 0): PlaceRow[] =>
  Array.from(
    sql
      .exec(
        `SELECT person, key, seq FROM places WHERE season = ? AND (key, seq) >= (?, ?) AND key < 0 ORDER BY key, seq LIMIT ? OFFSET ?`,
        season,
        from.key,
        from.seq,
        limit,
        offset,
      )
      .raw(),
    ([person, key, seq]) => ({ person: Number(person), key: Number(key), seq: Number(seq) }),
  );

/** The row that comes `offset` rows after `from`. */
export const rowAfter = (sql: SqlStorage, season: number, from: Position, offset: number): Position | undefined =>
  firstOf(
    sql.exec<Pick<Position, "key" | "seq">>(
      "SELECT key, seq FROM places WHERE season = ? AND (key, seq) >= (?, ?) AND key < 0 ORDER BY key, seq LIMIT 1 OFFSET ?",
      season,
      from.key,
      from.seq,
      offset,
    ),
  );

/** How many rows lie from `from` up to `to`, and how many of them have a better key than `to`. */
export const countBetween = (
  sql: SqlStorage,
  season: number,
  from: Position,
  to: Position,
): { before: number; better: number } =>
  sql
    .exec<{ before: number; better: number }>(
      `SELECT COUNT(*) AS before, COUNT(*) FILTER (WHERE key < ?4) AS better
       FROM places WHERE season = ?1 AND (key, seq) >= (?2, ?3) AND (key, seq) < (?4, ?5)`,
      season,
      from.key,
      from.seq,
      to.key,
      to.seq,
    )
    .one();

export const findPlace = (sql: SqlStorage, season: number, id: string): PlaceRow | undefined =>
  firstOf(
    sql.exec<PlaceRow>(
      "SELECT person, key, seq FROM people JOIN places ON person = n WHERE id = ? AND season = ?",
      id,
      season,
    ),
  );

export const findPlaces = (sql: SqlStorage, season: number, ids: readonly string[]): PlaceRow[] =>
  sql
    .exec<PlaceRow>(
      `SELECT person, key, seq FROM people JOIN places ON person = n
       WHERE id IN (SELECT value FROM json_each(?)) AND season = ? AND key < 0 ORDER BY key, seq`,
      JSON.stringify(ids),
      season,
    )
    .toArray();

/** How many rows have each score, best first. */
export const spreadOf = (sql: SqlStorage, season: number): [score: number, people: number][] =>
  Array.from(
    sql.exec("SELECT -key, COUNT(*) FROM places WHERE season = ? AND key < 0 GROUP BY key ORDER BY key", season).raw(),
    ([score, people]) => [Number(score), Number(people)],
  );

/** What a board has written down of somebody in one season. `key` is positive while they are hidden. */
export type Was = Pick<Position, "key" | "seq"> & { generation: number };

type Write = Was & { person: number; season: number };

const ENTER = "INSERT INTO places (key, seq, generation, person, season) VALUES (?, ?, ?, ?, ?)";
const MOVE = "UPDATE places SET key = ?, seq = ?, generation = ? WHERE person = ? AND season = ?";

/**
 * Writes one total unless the row is as new already; tells how the row moved.
 * A rebuild also overwrites what nothing of its generation has confirmed yet, however new it says it is.
 */
export function writePlace(
  sql: SqlStorage,
  { person, season, key, seq, generation }: Write,
  was: Was | undefined,
  rewrite: boolean,
): Move | undefined {
  if (was !== undefined && seq <= was.seq && !(rewrite && was.generation < generation)) return undefined;
  sql.exec(was === undefined ? ENTER : MOVE, key, seq, generation, person, season);
  const from = was && onBoard(was.key, was.seq);
  const to = onBoard(key, seq);
  return from?.key === to?.key && from?.seq === to?.seq ? undefined : { season, from, to };
}

type Moved = Pick<Position, "key" | "seq"> & { season: number };

/** Shows or hides all that somebody has: the sign of the key is the side of the board it is on. */
export const showPlaces = (sql: SqlStorage, person: number, shown: boolean): Move[] =>
  sql
    .exec<Moved>(
      `UPDATE places SET key = -key WHERE person = ? AND key ${shown ? ">" : "<"} 0 RETURNING season, key, seq`,
      person,
    )
    .toArray()
    .map(({ season, key, seq }) => ({ season, from: onBoard(-key, seq), to: onBoard(key, seq) }));

export const deletePlaces = (sql: SqlStorage, person: number): Move[] =>
  sql.exec<Moved>("DELETE FROM places WHERE person = ? RETURNING season, key, seq", person).toArray().map(left);

/** Rows of `limit` at most of a season, the last first; how many there were. */
export const deleteSomeOf = (sql: SqlStorage, season: number, limit: number): number =>
  sql.exec(
    "DELETE FROM places WHERE (person, season) IN (SELECT person, season FROM places WHERE season = ? ORDER BY key, seq LIMIT ?)",
    season,
    limit,
  ).rowsWritten;

/** Removes what nothing of this generation has confirmed, among the next `count` people after number `after`. */
export const sweepPlaces = (sql: SqlStorage, generation: number, after: number, count: number): Move[] =>
  sql
    .exec<Moved>(
      "DELETE FROM places WHERE person > ? AND person <= ? AND generation < ? RETURNING season, key, seq",
      after,
      after + count,
      generation,
    )
    .toArray()
    .map(left);

const left = ({ season, key, seq }: Moved): Move => ({ season, from: onBoard(key, seq), to: undefined });
