import type { Position } from "./directory.ts";

export interface PlaceRow extends Position {
  person: number;
}

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
export const firstOf = <T extends Record<string, SqlStorageValue>>(
  cursor: SqlStorageCursor<T>,
): SqlStorageValue[] | undefined => Array.from(cursor.raw())[0];

const toRow = ([person, key, seq]: SqlStorageValue[]): PlaceRow => ({
  person: Number(person),
  key: Number(key),
  seq: Number(seq),
});

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
    toRow,
  );

/** How many rows lie from `from` up to `to`, and how many of them have a better key than `to`. */
export function countBetween(
  sql: SqlStorage,
  season: number,
  from: Position,
  to: Position,
): { before: number; better: number } {
  const counts = firstOf(
    sql.exec(
      "SELECT COUNT(*), COUNT(*) FILTER (WHERE key < ?4) FROM places WHERE season = ?1 AND (key, seq) >= (?2, ?3) AND (key, seq) < (?4, ?5)",
      season,
      from.key,
      from.seq,
      to.key,
      to.seq,
    ),
  );
  return { before: Number(counts?.[0]), better: Number(counts?.[1]) };
}

export function findPlace(sql: SqlStorage, season: number, id: string): PlaceRow | undefined {
  const row = firstOf(
    sql.exec("SELECT person, key, seq FROM people JOIN places ON person = n WHERE id = ? AND season = ?", id, season),
  );
  return row && toRow(row);
}

export const findPlaces = (sql: SqlStorage, season: number, ids: readonly string[]): PlaceRow[] =>
  Array.from(
    sql
      .exec(
        `SELECT person, key, seq FROM people JOIN places ON person = n
         WHERE id IN (SELECT value FROM json_each(?)) AND season = ? AND key < 0`,
        JSON.stringify(ids),
        season,
      )
      .raw(),
    toRow,
  ).sort((a, b) => a.key - b.key || a.seq - b.seq);

export interface Write {
  person: number;
  season: number;
  key: number;
  seq: number;
  generation: number;
}

const WAS = "SELECT key, seq, generation FROM places WHERE person = ? AND season = ?";
const ENTER = "INSERT INTO places (key, seq, generation, person, season) VALUES (?, ?, ?, ?, ?)";
const MOVE = "UPDATE places SET key = ?, seq = ?, generation = ? WHERE person = ? AND season = ?";

/**
 * Writes one total unless the row is as new already; tells how the row moved.
 * A rebuild also overwrites what nothing of its generation has confirmed yet, however new it says it is.
 */
export function writePlace(
  sql: SqlStorage,
  { person, season, key, seq, generation }: Write,
  rewrite: boolean,
): Move | undefined {
  const was = firstOf(sql.exec(WAS, person, season))?.map(Number);
  const [wasKey = 0, wasSeq = 0, wasGeneration = 0] = was ?? [];
  if (was !== undefined && seq <= wasSeq && !(rewrite && wasGeneration < generation)) return undefined;
  sql.exec(was === undefined ? ENTER : MOVE, key, seq, generation, person, season);
  const from = onBoard(wasKey, wasSeq);
  const to = onBoard(key, seq);
  return from?.key === to?.key && from?.seq === to?.seq ? undefined : { season, from, to };
}

/** Shows or hides all that somebody has: the sign of the key is the side of the board it is on. */
export const showPlaces = (sql: SqlStorage, person: number, shown: boolean): Move[] =>
  Array.from(
    sql
      .exec(
        `UPDATE places SET key = -key WHERE person = ? AND key ${shown ? ">" : "<"} 0 RETURNING season, key, seq`,
        person,
      )
      .raw(),
    ([season, key, seq]) => ({
      season: Number(season),
      from: onBoard(-Number(key), Number(seq)),
      to: onBoard(Number(key), Number(seq)),
    }),
  );

export const deletePlaces = (sql: SqlStorage, person: number): Move[] =>
  Array.from(sql.exec("DELETE FROM places WHERE person = ? RETURNING season, key, seq", person).raw(), left);

/** Rows of `limit` at most of a season, the last first; how many there were. */
export const deleteSomeOf = (sql: SqlStorage, season: number, limit: number): number =>
  sql.exec(
    "DELETE FROM places WHERE (person, season) IN (SELECT person, season FROM places WHERE season = ? ORDER BY key, seq LIMIT ?)",
    season,
    limit,
  ).rowsWritten;

/** Removes what nothing of this generation has confirmed, among the next `count` people after number `after`. */
export const sweepPlaces = (sql: SqlStorage, generation: number, after: number, count: number): Move[] =>
  Array.from(
    sql
      .exec(
        "DELETE FROM places WHERE person > ? AND person <= ? AND generation < ? RETURNING season, key, seq",
        after,
        after + count,
        generation,
      )
      .raw(),
    left,
  );

export const lastPerson = (sql: SqlStorage): number => Number(firstOf(sql.exec("SELECT MAX(n) FROM people"))?.[0] ?? 0);

const left = ([season, key, seq]: SqlStorageValue[]): Move => ({
  season: Number(season),
  from: onBoard(Number(key), Number(seq)),
  to: undefined,
});
