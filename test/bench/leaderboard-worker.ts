import { Leaderboard } from "../../src/durable-objects/leaderboard/leaderboard.ts";
import type { BoardEntry } from "../../src/durable-objects/leaderboard/protocol.ts";
import { memberOf, scoreOf } from "./members.ts";

const SEASON = "all";
const LOADED_AT_ONCE = 10_000;
/** As many as may well arrive together; more would not fit into SQLite's cache until their commit. */
const UPDATES_A_TURN = 64;

export type Operation = "nothing" | "rank" | "around" | "top" | "update" | "commit";

/** The real object, with a stopwatch inside. */
export class BenchBoard extends Leaderboard {
  #seq = 0;
  readonly #scores = new Map<number, number>();

  async load(from: number, to: number): Promise<void> {
    for (let start = from; start < to; start += LOADED_AT_ONCE)
      await this.submit(
        Array.from({ length: Math.min(LOADED_AT_ONCE, to - start) }, (_, n) => this.#entry(start + n, 0)),
      );
  }

  /** Gives a member `points` more, as an award does. */
  gain(member: number, points: number): Promise<void> {
    return this.submit([this.#entry(member, points)]);
  }

  /**
   * Microseconds an operation: one number for each round of `each` operations. `update` leaves out the commit,
   * which the runtime makes between two turns; `commit` has it in.
   */
  async time(operation: Operation, members: number, rounds: number, each: number): Promise<number[]> {
    const taken: number[] = [];
    for (let round = 0; round < rounds; round++) {
      let ms = 0;
      if (operation === "update" || operation === "commit")
        for (let done = 0; done < each; done += UPDATES_A_TURN) ms += await this.#timeTurn(operation, members);
      else ms = this.#timeReads(operation, members, each);
      taken.push((ms * 1000) / each);
    }
    return taken;
  }

  async #timeTurn(operation: "update" | "commit", members: number): Promise<number> {
    await this.ctx.storage.sync();
    const start = performance.now();
    await Promise.all(Array.from({ length: UPDATES_A_TURN }, () => this.gain(below(members), 1 + below(60))));
    if (operation === "commit") await this.ctx.storage.sync();
    return performance.now() - start;
  }

  #timeReads(operation: Operation, members: number, each: number): number {
    const start = performance.now();
    for (let n = 0; n < each; n++) this.#read(operation, below(members));
    return performance.now() - start;
  }

  /** The least that a call can do that asks SQLite at all: one row by its primary key. */
  lookup(member: number): number {
    return this.ctx.storage.sql.exec("SELECT n FROM people WHERE id = ?", memberOf(member)).toArray().length;
  }

  size(): number {
    return this.ctx.storage.sql.databaseSize;
  }

  #read(operation: Operation, member: number): unknown {
    if (operation === "rank") return this.rank(SEASON, memberOf(member));
    if (operation === "around") return this.standing({ season: SEASON, userId: memberOf(member), around: 5 });
    if (operation === "top") return this.page({ season: SEASON, limit: 100 });
    return this.ping();
  }

  #entry(n: number, points: number): BoardEntry {
    const person = {
      id: memberOf(n),
      username: `user${n}`,
      displayName: `User ${n}`,
      avatarUrl: null,
      shown: true,
      version: 1,
    };
    const score = (this.#scores.get(n) ?? scoreOf(n)) + points;
    if (points > 0) this.#scores.set(n, score);
    this.#seq += 1;
    return { person, totals: [{ season: SEASON, score, seq: this.#seq }] };
  }
}

const below = (limit: number): number => Math.floor(Math.random() * limit);

interface BenchEnv {
  BOARD: DurableObjectNamespace<BenchBoard>;
}

/** One call of the object a request, and no more around it than it takes to tell them apart. */
async function answer(url: URL, request: Request, board: DurableObjectStub<BenchBoard>): Promise<unknown> {
  const number = (name: string) => Number(url.searchParams.get(name));
  switch (url.pathname) {
    case "/nothing":
      return await board.ping();
    case "/lookup":
      return await board.lookup(number("n"));
    case "/rank":
      return await board.rank(SEASON, memberOf(number("n")));
    case "/around":
      return await board.standing({ season: SEASON, userId: memberOf(number("n")), around: 5 });
    case "/top":
      return await board.page({ season: SEASON, limit: 100 });
    case "/update":
      return (await board.gain(number("n"), number("points"))) ?? null;
    case "/submit":
      return (await board.submit(await request.json<BoardEntry[]>())) ?? null;
    case "/page":
      return await board.page({ season: SEASON, limit: number("limit"), offset: number("offset") });
    case "/load":
      return (await board.load(number("from"), number("to"))) ?? null;
    case "/size":
      return await board.size();
    default: {
      const operation = url.pathname.slice("/time/".length) as Operation;
      return await board.time(operation, number("members"), number("rounds"), number("each"));
    }
  }
}

export default {
  async fetch(request: Request, env: BenchEnv): Promise<Response> {
    const url = new URL(request.url);
    const board = env.BOARD.getByName(url.searchParams.get("board") ?? "board");
    return Response.json(await answer(url, request, board));
  },
};
