import { BLOCK_ROWS, BlockDirectory, START } from "./directory.ts";
import type { Block, Position } from "./directory.ts";
import type { People } from "./people.ts";
import type { BoardPage, PageRequest, Ranked, Standing, StandingRequest, SubsetRequest } from "./protocol.ts";
import { END, countBetween, findPlace, findPlaces, rowAfter, rowsFrom } from "./standings.ts";
import type { Move, PlaceRow } from "./standings.ts";

/** Ranks of one season: the rows are in SQLite, the directory over them in memory only, built by jumping through the index. */
export class SeasonBoard {
  readonly #sql: SqlStorage;
  readonly #season: number;
  readonly #people: People;
  readonly #directory: BlockDirectory;

  constructor(sql: SqlStorage, season: number, people: People) {
    this.#sql = sql;
    this.#season = season;
    this.#people = people;
    this.#directory = new BlockDirectory(readBlocks(sql, season));
  }

  get total(): number {
    return this.#directory.total;
  }

  /** Follows rows that SQLite has already moved. All counts first: a block may be cut only where counts and rows agree. */
  follow(moves: readonly Move[]): void {
    for (const { from, to } of moves) {
      if (from !== undefined) this.#directory.remove(from);
      if (to !== undefined) this.#directory.add(to);
    }
    for (let block = this.#directory.crowded; block !== undefined; block = this.#directory.crowded) this.#halve(block);
  }

  page({ limit, after, offset = 0 }: PageRequest): BoardPage {
    const rows =
      after === undefined
        ? this.#rowsAt(offset, limit + 1)
        : rowsFrom(this.#sql, this.#season, { key: -after.score, seq: after.seq + 1 }, limit + 1);
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      total: this.total,
      entries: this.#ranked(shown, after === undefined ? offset : undefined),
      next: last !== undefined && rows.length > limit ? { score: -last.key, seq: last.seq } : null,
    };
  }

  /** Those of `userIds` who are on the board, in its order. */
  subset({ userIds }: SubsetRequest): Ranked[] {
    const rows = findPlaces(this.#sql, this.#season, userIds);
    const user = this.#people.named(rows.map(({ person }) => person));
    let rank = 0;
    return rows.map((row, index) => {
      if (row.key !== rows[index - 1]?.key) rank = 1 + this.#better(row.key);
      return { rank, user: user(row.person), score: -row.key };
    });
  }

  standing({ userId, around, own = false }: StandingRequest): Standing {
    const place = findPlace(this.#sql, this.#season, userId);
    if (place === undefined || place.key === 0 || (place.key > 0 && !own))
      return { rank: null, score: 0, total: this.total, neighbours: [] };
    return place.key < 0 ? this.#shown(place, around) : this.#hidden(place, around);
  }

  /** The rank and score alone. Hidden people get theirs: it is for them only. */
  rank(userId: string): { rank: number | null; score: number } {
    const place = findPlace(this.#sql, this.#season, userId);
    if (place === undefined || place.key === 0) return { rank: null, score: 0 };
    const key = -Math.abs(place.key);
    return { rank: 1 + this.#better(key), score: -key };
  }

  #shown(place: PlaceRow, around: number): Standing {
    const { before, better } = this.#before(place);
    const rank = 1 + better;
    const score = -place.key;
    const first = Math.max(0, before - around);
    const rows = around === 0 ? [place] : this.#rowsAt(first, before - first + 1 + around);
    return { rank, score, total: this.total, neighbours: this.#ranked(rows, first) };
  }

  /** As though they were shown, to themselves: where they would come in, and one more on the board. */
  #hidden({ person, key, seq }: PlaceRow, around: number): Standing {
    const { before, better } = this.#before({ key: -key, seq });
    const first = Math.max(0, before - around);
    const others = around === 0 ? [] : this.#ranked(this.#rowsAt(first, before - first + around), first);
    const user = this.#people.named([person])(person);
    const self: Ranked = { rank: 1 + better, user, score: key };
    const ahead = others.slice(0, before - first);
    const behind = others.slice(before - first).map((entry) => (entry.score < key ? nextRank(entry) : entry));
    return { rank: self.rank, score: key, total: this.total + 1, neighbours: [...ahead, self, ...behind] };
  }

  #halve(block: Block): void {
    const half = block.count >> 1;
    const second = rowAfter(this.#sql, this.#season, block.first, half);
    if (second === undefined) throw new Error("the directory counts rows that are not there");
    this.#directory.split(block, second, half);
  }

  #rowsAt(place: number, limit: number): PlaceRow[] {
    if (place >= this.total) return [];
    const { block, offset } = this.#directory.at(place);
    return rowsFrom(this.#sql, this.#season, block.first, limit, offset);
  }

  /** How many rows come before a position, and how many of them have a better score. */
  #before(position: Position): { before: number; better: number } {
    const { block, before } = this.#directory.locate(position);
    const inside = countBetween(this.#sql, this.#season, block.first, position);
    const total = before + inside.before;
    if (block.first.key < position.key) return { before: total, better: before + inside.better };
    return { before: total, better: this.#better(position.key) };
  }

  #better(key: number): number {
    const first = { key, seq: 0 };
    const { block, before } = this.#directory.locate(first);
    return before + countBetween(this.#sql, this.#season, block.first, first).before;
  }

  /** Competition ranks (1, 2, 2, 4) of consecutive rows, of which the first is at `place`: only its rank is looked up. */
  #ranked(rows: readonly PlaceRow[], place?: number): Ranked[] {
    const first = rows[0];
    if (first === undefined) return [];
    const user = this.#people.named(rows.map(({ person }) => person));
    const start = place === 0 ? { before: 0, better: 0 } : this.#before(first);
    let rank = 1 + start.better;
    return rows.map((row, index) => {
      if (index > 0 && row.key !== rows[index - 1]?.key) rank = start.before + index + 1;
      return { rank, user: user(row.person), score: -row.key };
    });
  }
}

const nextRank = (entry: Ranked): Ranked => ({ ...entry, rank: entry.rank + 1 });

function readBlocks(sql: SqlStorage, season: number): Block[] {
  const blocks: Block[] = [];
  for (let first = START; ;) {
    const next = rowAfter(sql, season, first, BLOCK_ROWS);
    if (next === undefined) return [...blocks, { first, count: countBetween(sql, season, first, END).before }];
    blocks.push({ first, count: BLOCK_ROWS });
    first = next;
  }
}
