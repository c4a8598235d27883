import { BLOCK_ROWS, BlockDirectory, START } from "./directory.ts";
import type { Block, Position } from "./directory.ts";
import type { BoardPage, PageRequest, Ranked, Standing, StandingRequest } from "./protocol.ts";
import { countBetween, findStanding, rowsBefore, rowsFrom } from "./standings.ts";
import type { Move, StandingRow } from "./standings.ts";

/** Ranks of one season: the rows are in SQLite, the directory over them in memory only, built by jumping through the index. */
export class SeasonBoard {
  readonly #sql: SqlStorage;
  readonly #season: string;
  readonly #directory: BlockDirectory;

  constructor(sql: SqlStorage, season: string) {
    this.#sql = sql;
    this.#season = season;
    this.#directory = new BlockDirectory(readBlocks(sql, season));
  }

  /** Follows rows that SQLite has already moved. All counts first: a block may be cut only where counts and rows agree. */
  follow(moves: readonly Move[]): void {
    for (const { from, to } of moves) {
      if (from !== undefined) this.#directory.remove(from);
      if (to !== undefined) this.#directory.add(to);
    }
    for (let block = this.#directory.crowded; block !== undefined; block = this.#directory.crowded) this.#halve(block);
  }

  #halve(block: Block): void {
    const half = block.count >> 1;
    const second = rowsFrom(this.#sql, this.#season, block.first, 1, half)[0];
    if (second === undefined) throw new Error(`the directory of season ${this.#season} counts rows that are not there`);
    this.#directory.split(block, { key: second.key, seq: second.seq }, half);
  }

  page({ limit, after, offset }: PageRequest): BoardPage {
    const rows =
      after === undefined
        ? this.#rowsAt(offset ?? 0, limit + 1)
        : this.#rowsAfter({ key: -after.score, seq: after.seq }, limit + 1);
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      total: this.#directory.total,
      entries: this.#ranked(shown),
      next: last !== undefined && rows.length > limit ? { score: -last.key, seq: last.seq } : null,
    };
  }

  standing({ userId, around }: StandingRequest): Standing {
    const total = this.#directory.total;
    const self = findStanding(this.#sql, this.#season, userId);
    if (self === undefined) return { rank: null, score: 0, total, neighbours: [] };
    const before = rowsBefore(this.#sql, this.#season, self, around);
    const fromSelf = rowsFrom(this.#sql, this.#season, self, around + 1);
    return { rank: this.#rankOf(self), score: -self.key, total, neighbours: this.#ranked([...before, ...fromSelf]) };
  }

  #rowsAt(place: number, limit: number): StandingRow[] {
    const { block, offset } = this.#directory.at(place);
    return rowsFrom(this.#sql, this.#season, block.first, limit, offset);
  }

  #rowsAfter(position: Position, limit: number): StandingRow[] {
    return rowsFrom(this.#sql, this.#season, { key: position.key, seq: position.seq + 1 }, limit);
  }

  #countBefore(position: Position): number {
    const { block, before } = this.#directory.locate(position);
    return before + countBetween(this.#sql, this.#season, block.first, position);
  }

  #rankOf({ key }: Position): number {
    return 1 + this.#countBefore({ key, seq: 0 });
  }

  /** Competition ranks (1, 2, 2, 4) of consecutive rows: only the first one is looked up. */
  #ranked(rows: readonly StandingRow[]): Ranked[] {
    const first = rows[0];
    if (first === undefined) return [];
    const place = this.#countBefore(first);
    let rank = this.#rankOf(first);
    return rows.map((row, index) => {
      if (index > 0 && row.key !== rows[index - 1]?.key) rank = place + index + 1;
      return { rank, userId: row.id, score: -row.key };
    });
  }
}

function readBlocks(sql: SqlStorage, season: string): Block[] {
  const blocks: Block[] = [];
  for (let first = START; ;) {
    const next = rowsFrom(sql, season, first, 1, BLOCK_ROWS)[0];
    if (next === undefined) return [...blocks, { first, count: countBetween(sql, season, first, { key: 0, seq: 0 }) }];
    blocks.push({ first, count: BLOCK_ROWS });
    first = { key: next.key, seq: next.seq };
  }
}
