import { clock } from "../../platform/clock.ts";
import { People } from "./people.ts";
import type {
  BoardEntry,
  Ranked,
  Standing,
  BoardPage,
  PageRequest,
  StandingRequest,
  SubsetRequest,
} from "./protocol.ts";
import { SeasonBoard } from "./season-board.ts";
import { Seasons } from "./season-numbers.ts";
import {
  deletePlaces,
  deleteSomeOf,
  findPlace,
  firstOf,
  showPlaces,
  spreadOf,
  sweepPlaces,
  writePlace,
} from "./standings.ts";
import type { Move } from "./standings.ts";

/** How many seasons keep their directory in memory; a season that falls out is built again when somebody asks for it. */
const SEASONS_IN_MEMORY = 16;
/** A rebuild that has not come on for so long has died on its way. */
const REBUILD_STALLED_MS = 10 * 60_000;
/** Beyond so many moves at once it is cheaper to read the blocks again than to follow. */
const MOVES_WORTH_FOLLOWING = 2_000;

/** Everybody's place in every season: rows in SQLite, and over them what is asked for often. */
export class Ranking {
  readonly #sql: SqlStorage;
  readonly #boards = new Map<number, SeasonBoard>();
  readonly people: People;
  readonly seasons: Seasons;
  #generation: number | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.people = new People(sql);
    this.seasons = new Seasons(sql);
  }

  get generation(): number {
    this.#generation ??= this.#sql.exec<{ generation: number }>("SELECT generation FROM rebuilds").one().generation;
    return this.#generation;
  }

  /** Writes what is newer than the known, and adds to `moves` what is to be followed, also when a row is refused. */
  write({ person, totals }: BoardEntry, rewrite: boolean, moves: Move[]): void {
    const { generation } = this;
    const numbers = totals.map(({ season }) => this.seasons.open(season));
    const open = numbers.filter((season) => season !== undefined);
    let known = this.people.find(person.id, open);
    const { n, shown, turned } = this.people.keep(person, known);
    if (turned) {
      moves.push(...showPlaces(this.#sql, n, shown));
      known = this.people.find(person.id, open);
    }
    totals.forEach(({ score, seq }, index) => {
      const season = numbers[index];
      if (season === undefined) return;
      const key = score > 0 ? (shown ? -score : score) : 0;
      const place = { person: n, season, key, seq, generation };
      const move = writePlace(this.#sql, place, known?.places.get(season), rewrite);
      if (move !== undefined) moves.push(move);
    });
  }

  remove(userId: string): Move[] {
    return deletePlaces(this.#sql, this.people.forget(userId));
  }

  /** Undefined when a rebuild is under way already and this one does not insist. */
  beginGeneration(insist: boolean): number | undefined {
    const stalled = clock.now().getTime() - REBUILD_STALLED_MS;
    const begun = firstOf(
      this.#sql.exec<{ generation: number }>(
        "UPDATE rebuilds SET generation = generation + 1 WHERE ? OR COALESCE(touched_at, 0) < ? RETURNING generation",
        insist ? 1 : 0,
        stalled,
      ),
    );
    if (begun === undefined) return undefined;
    this.#generation = begun.generation;
    this.touchGeneration();
    return this.#generation;
  }

  touchGeneration(isDone = false): void {
    this.#sql.exec("UPDATE rebuilds SET touched_at = ?", isDone ? null : clock.now().getTime());
  }

  /** Where to go on, null at the end. */
  sweep(generation: number, after: number, count: number): { moves: Move[]; next: number | null } {
    const moves = sweepPlaces(this.#sql, generation, after, count);
    const next = after + count < this.people.last ? after + count : null;
    this.touchGeneration(next === null);
    return { moves, next };
  }

  /** True while there is more of that season to remove. */
  removeSome(season: { n: number; name: string }, limit: number): boolean {
    this.#boards.delete(season.n);
    if (deleteSomeOf(this.#sql, season.n, limit) > 0) return true;
    this.seasons.remove(season.name);
    return false;
  }

  follow(moves: readonly Move[]): void {
    for (const [season, ofSeason] of Map.groupBy(moves, (move) => move.season)) {
      if (ofSeason.length > MOVES_WORTH_FOLLOWING) this.#boards.delete(season);
      else this.#boards.get(season)?.follow(ofSeason);
    }
  }

  reread(): void {
    this.#boards.clear();
    this.people.reread();
    this.seasons.reread();
  }

  page(request: PageRequest): BoardPage {
    return this.#board(request.season)?.page(request) ?? { total: 0, entries: [], next: null };
  }

  standing(request: StandingRequest): Standing {
    return this.#board(request.season)?.standing(request) ?? { rank: null, score: 0, total: 0, neighbours: [] };
  }

  rank(season: string, userId: string): { rank: number | null; score: number } {
    return this.#board(season)?.rank(userId) ?? { rank: null, score: 0 };
  }

  subset(request: SubsetRequest): { total: number; entries: Ranked[] } {
    const board = this.#board(request.season);
    return { total: board?.total ?? 0, entries: board?.subset(request) ?? [] };
  }

  /** How many people on the board have each score, best first. */
  spread(seasonName: string): [score: number, people: number][] {
    const season = this.seasons.find(seasonName);
    return season === undefined ? [] : spreadOf(this.#sql, season);
  }

  /** The last ledger row that is in somebody's total of a season; 0 when there is none. */
  seqOf(userId: string, seasonName: string): number {
    const season = this.seasons.find(seasonName);
    return (season === undefined ? undefined : findPlace(this.#sql, season, userId)?.seq) ?? 0;
  }

  #board(name: string): SeasonBoard | undefined {
    const season = this.seasons.find(name);
    if (season === undefined) return undefined;
    const board = this.#boards.get(season) ?? new SeasonBoard(this.#sql, season, this.people);
    this.#boards.delete(season);
    this.#boards.set(season, board);
    const oldest = this.#boards.keys().next().value;
    if (this.#boards.size > SEASONS_IN_MEMORY && oldest !== undefined) this.#boards.delete(oldest);
    return board;
  }
}
