import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { BLOCK_ROWS } from "../../src/durable-objects/leaderboard/directory.ts";
import { MIGRATIONS } from "../../src/durable-objects/leaderboard/migrations.ts";
import { boardName } from "../../src/durable-objects/leaderboard/protocol.ts";
import type { BoardEntry, BoardPerson, Ranked } from "../../src/durable-objects/leaderboard/protocol.ts";
import { migrate } from "../../src/durable-objects/migrate.ts";

const SEASON = "2026-W47";
let boards = 0;
const freshBoard = () => env.LEADERBOARD.getByName(boardName(`category:board ${++boards}`));
type Board = ReturnType<typeof freshBoard>;

const person = (id: string, more: Partial<BoardPerson> = {}): BoardPerson => ({
  id,
  username: id,
  displayName: id.toUpperCase(),
  avatarUrl: null,
  shown: true,
  version: 1,
  ...more,
});
const entry = (userId: string, seq: number, score: number, season = SEASON): BoardEntry => ({
  person: person(userId),
  totals: [{ season, score, seq }],
});
interface Row {
  rank: number;
  userId: string;
  score: number;
}
const row = ({ rank, user, score }: Ranked): Row => ({ rank, userId: user.id, score });
const submit = (board: Board, ...entries: BoardEntry[]) => board.submit(entries);

async function begin(board: Board, insist: boolean): Promise<number> {
  const generation = await board.beginRebuild(insist);
  if (generation === null) throw new Error("a rebuild is under way");
  return generation;
}

async function everything(board: Board, season = SEASON, limit = 100): Promise<Row[]> {
  const page = await board.page({ season, limit });
  const entries = [...page.entries];
  for (let next = page.next; next !== null;) {
    const more = await board.page({ season, limit, after: next });
    entries.push(...more.entries);
    next = more.next;
  }
  expect(entries).toHaveLength(page.total);
  return entries.map(row);
}

/** What the ranking must be, by sorting what each last ledger row said: highest score first, then who reached it first; 1, 2, 2, 4. */
function plainRanking(entries: readonly BoardEntry[]): Row[] {
  const last = new Map<string, { score: number; seq: number }>();
  for (const {
    person: { id },
    totals,
  } of entries) {
    const [total] = totals;
    if (total !== undefined && total.seq > (last.get(id)?.seq ?? 0)) last.set(id, total);
  }
  const rows = [...last]
    .filter(([, { score }]) => score > 0)
    .sort(([, a], [, b]) => b.score - a.score || a.seq - b.seq);
  return rows.map(([userId, { score }]) => ({
    rank: 1 + rows.filter(([, other]) => other.score > score).length,
    userId,
    score,
  }));
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
        { rank: 2, user: { id: "early", username: "early", displayName: "EARLY", avatarUrl: null }, score: 50 },
        { rank: 2, user: { id: "late", username: "late", displayName: "LATE", avatarUrl: null }, score: 50 },
        { rank: 4, user: { id: "last", username: "last", displayName: "LAST", avatarUrl: null }, score: 10 },
      ],
    });
    expect(await board.rank(SEASON, "late")).toEqual({ rank: 2, score: 50 });
    const friends = await board.subset({ season: SEASON, userIds: ["last", "nobody", "late", "early"] });
    expect(friends.entries.map(row)).toEqual([
      { rank: 2, userId: "early", score: 50 },
      { rank: 2, userId: "late", score: 50 },
      { rank: 4, userId: "last", score: 10 },
    ]);
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

  it("takes nothing that is not newer, and counts the place from the last ledger row", async () => {
    const board = freshBoard();
    await submit(board, entry("a", 1, 10), entry("b", 2, 10));
    await submit(board, entry("a", 7, 10));
    expect((await everything(board)).map(({ userId }) => userId)).toEqual(["b", "a"]);
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
        person: person("a"),
        totals: [
          { season: "2026-11-21", score: 5, seq: 4 },
          { season: "all", score: 500, seq: 4 },
        ],
      },
    ]);
    expect(await everything(board, "all")).toEqual([{ rank: 1, userId: "a", score: 500 }]);
    expect(await everything(board, "2026-11-21")).toEqual([{ rank: 1, userId: "a", score: 5 }]);
    expect(await everything(board, "2026-11-20")).toEqual([]);
  });

  it("writes what arrives together in one turn, and a bad one fails alone", async () => {
    const board = freshBoard();
    await runInDurableObject(board, async (object, { storage }) => {
      const turns = vi.spyOn(storage, "sync");
      const outcomes = await Promise.allSettled([
        object.submit([entry("a", 1, 10)]),
        object.submit([entry("halfway", 7, 70), entry("b", 2, 1.5)]),
        object.submit([entry("same seq as a", 1, 10)]),
        object.submit([entry("c", 3, 30)]),
        object.submit([entry("d", 4, 30, "2026-W99")]),
      ]);
      expect(turns).toHaveBeenCalledTimes(1);
      turns.mockRestore();
      expect(outcomes.map(({ status }) => status)).toEqual([
        "fulfilled",
        "rejected",
        "rejected",
        "fulfilled",
        "rejected",
      ]);
    });
    expect((await everything(board)).map(({ userId }) => userId)).toEqual(["c", "a"]);
  });

  it("agrees with a plain sort whatever arrives in whatever order and how often, before and after an eviction", async () => {
    const plan = fc.array(
      fc.record({ user: fc.nat(12), seq: fc.integer({ min: 1, max: 400 }), score: fc.integer({ min: -1, max: 6 }) }),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(plan, fc.integer({ min: 1, max: 7 }), fc.boolean(), async (steps, limit, replayed) => {
        const board = freshBoard();
        await everything(board);
        // A ledger row is one person's and says one total: the user is part of its sequence, and the first total counts.
        const bySeq = new Map(
          steps.map(({ user, seq, score }) => [seq * 13 + user, entry(`user ${user}`, seq * 13 + user, score)]),
        );
        const entries = [...bySeq.values()];
        const sent = replayed ? [...entries, ...entries.toReversed()] : entries.toReversed();
        for (let n = 0; n < sent.length; n += 9) await board.submit(sent.slice(n, n + 9));
        expect(await everything(board, SEASON, limit)).toEqual(plainRanking(entries));
        await evictDurableObject(board);
        expect(await everything(board, SEASON, limit)).toEqual(plainRanking(entries));
      }),
      { numRuns: 20 },
    );
  });

  it("keeps hidden people off the board, leaves no gap, and tells them their own rank", async () => {
    const board = freshBoard();
    const hide = (id: string, shown: boolean, version: number) =>
      board.submit([{ person: person(id, { shown, version }), totals: [] }]);
    await submit(board, entry("a", 1, 40), entry("b", 2, 30), entry("c", 3, 30), entry("d", 4, 20));
    await hide("b", false, 2);
    await submit(board, entry("b", 5, 35));
    expect(await everything(board)).toEqual([
      { rank: 1, userId: "a", score: 40 },
      { rank: 2, userId: "c", score: 30 },
      { rank: 3, userId: "d", score: 20 },
    ]);
    const ask = { season: SEASON, userId: "b", around: 1 };
    expect(await board.standing(ask)).toEqual({ rank: null, score: 0, total: 3, neighbours: [] });
    const own = await board.standing({ ...ask, own: true });
    expect({ ...own, neighbours: own.neighbours.map(row) }).toEqual({
      rank: 2,
      score: 35,
      total: 4,
      neighbours: [
        { rank: 1, userId: "a", score: 40 },
        { rank: 2, userId: "b", score: 35 },
        { rank: 3, userId: "c", score: 30 },
      ],
    });
    expect(await board.rank(SEASON, "b")).toEqual({ rank: 2, score: 35 });
    expect((await board.subset({ season: SEASON, userIds: ["b", "c"] })).entries.map(row)).toEqual([
      { rank: 2, userId: "c", score: 30 },
    ]);
    await hide("b", true, 4);
    await hide("b", false, 3);
    await evictDurableObject(board);
    expect((await everything(board)).map(({ userId }) => userId)).toEqual(["a", "b", "c", "d"]);
  });

  it("forgets who is deleted, also when something of them still arrives", async () => {
    const board = freshBoard();
    await submit(board, entry("a", 1, 40), entry("b", 2, 30));
    await board.remove("a");
    await submit(board, entry("a", 9, 90));
    await board.remove("a");
    await board.remove("never seen");
    expect(await everything(board)).toEqual([{ rank: 1, userId: "b", score: 30 }]);
    expect(await board.standing({ season: SEASON, userId: "a", around: 0 })).toMatchObject({ rank: null });
  });

  it("keeps who was on it before people and their names went apart", async () => {
    const board = freshBoard();
    await runInDurableObject(board, async (_, { storage }) => {
      for (const { name } of storage.sql
        .exec<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .toArray())
        if (!name.startsWith("_cf")) storage.sql.exec(`DROP TABLE ${name}`);
      migrate(storage, MIGRATIONS.slice(0, 3));
      storage.sql.exec(`INSERT INTO seasons (n, name) VALUES (1, '${SEASON}');
        INSERT INTO people VALUES (1, 'b', 5, 1, 'bob', 'Bob', NULL), (2, 'a', 5, 1, 'ada', 'Ada', 'https://a'), (3, 'c', 5, 0, 'cy', 'Cy', NULL);
        INSERT INTO places (person, season, key, seq) VALUES (1, 1, -10, 1), (2, 1, -20, 2), (3, 1, 30, 3);`);
    });
    await evictDurableObject(board);
    await submit(board, entry("new", 9, 5), entry("b", 8, 15));
    const { entries, total } = await board.page({ season: SEASON, limit: 5 });
    expect(entries.map(({ user, score }) => [user.displayName, user.avatarUrl, score])).toEqual([
      ["Ada", "https://a", 20],
      ["Bob", null, 15],
      ["NEW", null, 5],
    ]);
    expect(total).toBe(3);
    expect(await board.rank(SEASON, "c")).toEqual({ rank: 1, score: 30 });
  });

  it("shows people under the name they have now", async () => {
    const board = freshBoard();
    await submit(board, entry("a", 1, 40));
    await board.page({ season: SEASON, limit: 5 });
    await board.submit([{ person: person("a", { username: "ada", displayName: "Ada", version: 3 }), totals: [] }]);
    await board.submit([{ person: person("a", { username: "old", version: 2 }), totals: [] }]);
    const [first] = (await board.page({ season: SEASON, limit: 5 })).entries;
    expect(first?.user).toEqual({ id: "a", username: "ada", displayName: "Ada", avatarUrl: null });
  });

  it("is made again: what is missing comes, what nobody confirms goes, what is newer stays", async () => {
    const board = freshBoard();
    await submit(
      board,
      entry("right", 1, 40),
      entry("wrong", 99, 1_000),
      entry("never earned", 98, 500),
      entry("moving", 3, 5),
    );
    const stale = await begin(board, false);
    expect(await board.beginRebuild(false)).toBeNull();
    const generation = await begin(board, true);
    expect(await board.rebuild(stale, [entry("right", 2, 7)])).toBe(false);
    await submit(board, entry("moving", 50, 60));
    const ledger = [entry("right", 1, 40), entry("wrong", 5, 10), entry("missing", 6, 20), entry("moving", 3, 5)];
    expect(await board.rebuild(generation, ledger)).toBe(true);
    for (let next: number | null = 0; next !== null;) next = await board.sweep(generation, next);
    const expected = [
      { rank: 1, userId: "moving", score: 60 },
      { rank: 2, userId: "right", score: 40 },
      { rank: 3, userId: "missing", score: 20 },
      { rank: 4, userId: "wrong", score: 10 },
    ];
    expect(await everything(board)).toEqual(expected);
    await evictDurableObject(board);
    expect(await everything(board)).toEqual(expected);
    expect(await board.beginRebuild(false)).toBe(generation + 1);
  });

  it("knows which ledger rows have not arrived", async () => {
    const board = freshBoard();
    await submit(board, entry("a", 4, 40, "all"), entry("gone", 5, 0, "all"));
    const asked = [
      { userId: "a", seq: 4 },
      { userId: "gone", seq: 5 },
      { userId: "b", seq: 1 },
      { userId: "gone", seq: 6 },
    ];
    expect(await board.behind(asked)).toEqual(["b", "gone"]);
  });

  it("removes a season 90 days after its end with one alarm, and does not take it up again", async () => {
    const board = freshBoard();
    const day = new Date(Date.now() - 90 * 86_400_000).toISOString().slice(0, 10);
    await submit(board, entry("a", 1, 40, day), entry("a", 1, 40, "all"));
    expect(await everything(board, day)).toHaveLength(1);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * 86_400_000 });
    try {
      for (let n = 0; n < 3; n++) await runDurableObjectAlarm(board);
      await submit(board, entry("a", 2, 50, day));
      expect(await everything(board, day)).toEqual([]);
      expect(await everything(board, "all")).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
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
        const someone = sorted[place];
        if (someone === undefined) throw new Error("no such place");
        const standing = await board.standing({ season: SEASON, userId: someone.userId, around: 2 });
        expect(standing).toMatchObject({
          rank: 1 + people.filter(({ score }) => score > someone.score).length,
          score: someone.score,
          total: 6_000,
        });
        expect(standing.neighbours.map(({ user }) => user.id)).toEqual(placesOf(place));
        const page = await board.page({ season: SEASON, limit: 1, offset: place });
        expect(page.entries.map(row)).toEqual([{ rank: standing.rank, userId: someone.userId, score: someone.score }]);
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
      expect(cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0)).toBeLessThan(4 * BLOCK_ROWS);
    });
  });
});
