import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { BLOCK_ROWS } from "../../src/durable-objects/leaderboard/directory.ts";
import { boardName } from "../../src/durable-objects/leaderboard/protocol.ts";
import type { BoardEntry, Ranked } from "../../src/durable-objects/leaderboard/protocol.ts";

const SEASON = "2026-W47";
let boards = 0;
const freshBoard = () => env.LEADERBOARD.getByName(boardName(`category:board ${++boards}`));
type Board = ReturnType<typeof freshBoard>;

const entry = (userId: string, seq: number, score: number, season = SEASON): BoardEntry => ({
  userId,
  seq,
  scores: [{ season, score }],
});
const submit = (board: Board, ...entries: BoardEntry[]) => board.submit(entries);

async function everything(board: Board, season = SEASON, limit = 100): Promise<Ranked[]> {
  const page = await board.page({ season, limit });
  const entries = [...page.entries];
  for (let next = page.next; next !== null;) {
    const more = await board.page({ season, limit, after: next });
    entries.push(...more.entries);
    next = more.next;
  }
  expect(entries).toHaveLength(page.total);
  return entries;
}

/** What the ranking must be, by sorting: highest score first, then who reached it first; 1, 2, 2, 4. */
class PlainBoard {
  readonly #rows = new Map<string, { score: number; reached: number; ledger: number }>();

  apply({ userId, seq, scores }: BoardEntry): void {
    const row = this.#rows.get(userId);
    const score = Math.max(0, scores[0]?.score ?? 0);
    if (row !== undefined && seq <= row.ledger) return;
    this.#rows.set(userId, { score, reached: row?.score === score ? row.reached : seq, ledger: seq });
  }

  ranking(): Ranked[] {
    const rows = [...this.#rows]
      .filter(([, row]) => row.score > 0)
      .sort(([, a], [, b]) => b.score - a.score || a.reached - b.reached);
    return rows.map(([userId, { score }]) => ({
      rank: 1 + rows.filter(([, other]) => other.score > score).length,
      userId,
      score,
    }));
  }
}

describe("leaderboard object", () => {
  it("ranks 1, 2, 2, 4 and lists first who reached a score first", async () => {
    const board = freshBoard();
    await submit(board, entry("late", 9, 50), entry("early", 3, 50), entry("top", 5, 90), entry("last", 1, 10));
    expect(await everything(board)).toEqual([
      { rank: 1, userId: "top", score: 90 },
      { rank: 2, userId: "early", score: 50 },
      { rank: 2, userId: "late", score: 50 },
      { rank: 4, userId: "last", score: 10 },
    ]);
    expect(await board.standing({ season: SEASON, userId: "late", around: 1 })).toEqual({
      rank: 2,
      score: 50,
      total: 4,
      neighbours: [
        { rank: 2, userId: "early", score: 50 },
        { rank: 2, userId: "late", score: 50 },
        { rank: 4, userId: "last", score: 10 },
      ],
    });
  });

  it("is the same after a replay, a reordering and an eviction", async () => {
    const board = freshBoard();
    const entries = [entry("a", 1, 10), entry("b", 2, 10), entry("a", 3, 30), entry("b", 4, 40), entry("a", 5, 40)];
    await submit(board, ...entries.toReversed());
    const ranking = await everything(board);
    expect(ranking).toEqual([
      { rank: 1, userId: "b", score: 40 },
      { rank: 1, userId: "a", score: 40 },
    ]);
    for (const replayed of entries) await submit(board, replayed);
    expect(await everything(board)).toEqual(ranking);
    await evictDurableObject(board);
    expect(await everything(board)).toEqual(ranking);
    expect(await board.ping()).toBe("ok");
  });

  it("keeps the place of who reached a score first when other totals of theirs move on", async () => {
    const board = freshBoard();
    await submit(board, entry("a", 1, 10), entry("b", 2, 10));
    await submit(board, entry("a", 7, 10));
    expect((await everything(board)).map(({ userId }) => userId)).toEqual(["a", "b"]);
    await submit(board, entry("a", 6, 99));
    expect((await everything(board)).map(({ score }) => score)).toEqual([10, 10]);
  });

  it("takes off who has nothing left, remembers the sequence, and lets them come back", async () => {
    const board = freshBoard();
    await submit(board, entry("a", 1, 10), entry("b", 2, 20));
    await submit(board, entry("a", 5, 0));
    expect(await board.standing({ season: SEASON, userId: "a", around: 5 })).toEqual({
      rank: null,
      score: 0,
      total: 1,
      neighbours: [],
    });
    await submit(board, entry("a", 4, 500));
    expect((await everything(board)).map(({ userId }) => userId)).toEqual(["b"]);
    await submit(board, entry("a", 6, -3));
    expect((await board.page({ season: SEASON, limit: 10 })).total).toBe(1);
    await submit(board, entry("a", 8, 20));
    expect((await everything(board)).map(({ userId, rank }) => [userId, rank])).toEqual([
      ["b", 1],
      ["a", 1],
    ]);
  });

  it("moves all seasons of one submission and keeps them apart", async () => {
    const board = freshBoard();
    await board.submit([
      {
        userId: "a",
        seq: 4,
        scores: [
          { season: "2026-11-21", score: 5 },
          { season: "all", score: 500 },
        ],
      },
    ]);
    expect(await everything(board, "all")).toEqual([{ rank: 1, userId: "a", score: 500 }]);
    expect(await everything(board, "2026-11-21")).toEqual([{ rank: 1, userId: "a", score: 5 }]);
    expect(await everything(board, "2026-11-20")).toEqual([]);
  });

  it("commits concurrent submissions together, and a bad one fails alone", async () => {
    const board = freshBoard();
    await runInDurableObject(board, async (object, state) => {
      let commits = 0;
      const transactionSync = state.storage.transactionSync.bind(state.storage);
      let depth = 0;
      state.storage.transactionSync = (closure) => {
        if (depth++ === 0) commits++;
        try {
          return transactionSync(closure);
        } finally {
          depth--;
        }
      };
      const outcomes = await Promise.allSettled([
        object.submit([entry("a", 1, 10)]),
        object.submit([entry("halfway", 7, 70), entry("b", 2, 1.5)]),
        object.submit([entry("same seq as a", 1, 10)]),
        object.submit([entry("c", 3, 30)]),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
      expect(commits).toBe(1);
    });
    expect((await everything(board)).map(({ userId }) => userId)).toEqual(["c", "a"]);
  });

  it("agrees with a plain sort whatever arrives in whatever order, before and after an eviction", async () => {
    const plan = fc.array(
      fc.record({ user: fc.nat(12), seq: fc.integer({ min: 1, max: 400 }), score: fc.integer({ min: -1, max: 6 }) }),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(plan, fc.integer({ min: 1, max: 7 }), async (steps, limit) => {
        const board = freshBoard();
        const plain = new PlainBoard();
        await everything(board);
        // A ledger sequence is one person's: the user is part of it.
        const entries = steps.map(({ user, seq, score }) => entry(`user ${user}`, seq * 13 + user, score));
        for (const one of entries) plain.apply(one);
        for (let n = 0; n < entries.length; n += 9) await board.submit(entries.slice(n, n + 9));
        expect(await everything(board, SEASON, limit)).toEqual(plain.ranking());
        await evictDurableObject(board);
        expect(await everything(board, SEASON, limit)).toEqual(plain.ranking());
      }),
      { numRuns: 20 },
    );
  });

  it("ranks exactly across many blocks, and reads few rows for it", async () => {
    const board = freshBoard();
    const people = Array.from({ length: 6_000 }, (_, n) => ({
      userId: `user ${n}`,
      seq: n + 1,
      score: 1 + ((n * 7919) % 997),
    }));
    await board.page({ season: SEASON, limit: 1 });
    for (let n = 0; n < people.length; n += 1_500)
      await board.submit(people.slice(n, n + 1_500).map(({ userId, seq, score }) => entry(userId, seq, score)));
    const sorted = people.toSorted((a, b) => b.score - a.score || a.seq - b.seq);
    const placesOf = (place: number) => sorted.slice(Math.max(0, place - 2), place + 3).map(({ userId }) => userId);
    const check = async () => {
      for (const place of [0, 1, 700, 2_999, 5_998, 5_999]) {
        const person = sorted[place];
        if (person === undefined) throw new Error("no such place");
        const standing = await board.standing({ season: SEASON, userId: person.userId, around: 2 });
        expect(standing).toMatchObject({
          rank: 1 + people.filter(({ score }) => score > person.score).length,
          score: person.score,
          total: 6_000,
        });
        expect(standing.neighbours.map(({ userId }) => userId)).toEqual(placesOf(place));
        const page = await board.page({ season: SEASON, limit: 1, offset: place });
        expect(page.entries).toEqual([{ rank: standing.rank, userId: person.userId, score: person.score }]);
      }
    };
    await check();
    await evictDurableObject(board);
    await check();

    const middle = sorted[3_000]?.userId ?? "";
    await runInDurableObject(board, (object, state) => {
      const cursors: { rowsRead: number }[] = [];
      const { sql } = state.storage;
      const exec = sql.exec.bind(sql);
      vi.spyOn(sql, "exec").mockImplementation((query, ...bindings) => {
        const cursor = exec(query, ...bindings);
        cursors.push(cursor);
        return cursor;
      });
      object.standing({ season: SEASON, userId: middle, around: 5 });
      expect(cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0)).toBeLessThan(3 * BLOCK_ROWS);
    });
  });
});
