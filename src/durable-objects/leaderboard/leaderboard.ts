import { DurableObject } from "cloudflare:workers";
import { migrate } from "../migrate.ts";
import { MIGRATIONS } from "./migrations.ts";
import type { BoardEntry, BoardPage, PageRequest, Standing, StandingRequest } from "./protocol.ts";
import { SeasonBoard } from "./season-board.ts";
import { applyEntry } from "./standings.ts";
import type { Move } from "./standings.ts";

interface Submission {
  entries: readonly BoardEntry[];
  resolve: () => void;
  reject: (reason: unknown) => void;
}

/** How many seasons keep their directory in memory; a season that falls out is built again when somebody asks for it. */
const SEASONS_IN_MEMORY = 16;

/** The board of one scope: every window and season of it are rows here, so one submission moves them all in one commit. */
export class Leaderboard extends DurableObject<Env> {
  readonly #boards = new Map<string, SeasonBoard>();
  #waiting: Submission[] = [];

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    migrate(ctx.storage, MIGRATIONS);
  }

  ping(): "ok" {
    return "ok";
  }

  /** Submissions that arrive together are applied in one turn and one commit; the output gate holds every answer until then. */
  submit(entries: readonly BoardEntry[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entries, resolve, reject });
      if (this.#waiting.length === 1) setTimeout(() => this.#applyWaiting(), 0);
    });
  }

  page(request: PageRequest): BoardPage {
    return this.#board(request.season).page(request);
  }

  standing(request: StandingRequest): Standing {
    return this.#board(request.season).standing(request);
  }

  #applyWaiting(): void {
    const submissions = this.#waiting;
    this.#waiting = [];
    try {
      const outcomes = this.ctx.storage.transactionSync(() => submissions.map((submission) => this.#apply(submission)));
      this.#follow(outcomes.flatMap((outcome) => outcome.moves));
      for (const { answer } of outcomes) answer();
    } catch (error) {
      this.#boards.clear();
      for (const { reject } of submissions) reject(error);
    }
  }

  /** In a savepoint of its own, so that what one caller got wrong undoes nothing of the others. */
  #apply({ entries, resolve, reject }: Submission): { moves: Move[]; answer: () => void } {
    try {
      const { sql } = this.ctx.storage;
      return {
        moves: this.ctx.storage.transactionSync(() => entries.flatMap((entry) => applyEntry(sql, entry))),
        answer: resolve,
      };
    } catch (error) {
      return { moves: [], answer: () => reject(error) };
    }
  }

  #follow(moves: readonly Move[]): void {
    for (const [season, ofSeason] of Map.groupBy(moves, (move) => move.season))
      this.#boards.get(season)?.follow(ofSeason);
  }

  #board(season: string): SeasonBoard {
    const board = this.#boards.get(season) ?? new SeasonBoard(this.ctx.storage.sql, season);
    this.#boards.delete(season);
    this.#boards.set(season, board);
    const oldest = this.#boards.keys().next().value;
    if (this.#boards.size > SEASONS_IN_MEMORY && oldest !== undefined) this.#boards.delete(oldest);
    return board;
  }
}
