import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { differences } from "../../src/durable-objects/leaderboard/differences.ts";
import type { Change } from "../../src/durable-objects/leaderboard/differences.ts";
import type { Ranked } from "../../src/durable-objects/leaderboard/protocol.ts";

const user = (id: string, name = id) => ({ id, username: name, displayName: name, avatarUrl: null });

/** What the documentation asks of a client. */
function followed(old: readonly Ranked[], changes: readonly Change[]): Ranked[] {
  const named = new Set(changes.map((change) => change.user.id));
  const board = old.filter((entry) => !named.has(entry.user.id));
  for (const change of changes) {
    if ("removed" in change) continue;
    const place = board.findIndex((entry) => entry.rank > change.rank);
    board.splice(place === -1 ? board.length : place, 0, change);
  }
  return board;
}

const board = fc
  .uniqueArray(fc.record({ id: fc.nat(14), score: fc.integer({ min: 1, max: 4 }), seq: fc.nat(), name: fc.nat(1) }), {
    selector: ({ id }) => id,
    maxLength: 12,
  })
  .map((rows) => {
    const sorted = rows.toSorted((a, b) => b.score - a.score || a.seq - b.seq || a.id - b.id);
    return sorted.map(({ id, score, name }) => ({
      rank: 1 + sorted.filter((other) => other.score > score).length,
      user: user(`u${id}`, name === 0 ? `u${id}` : "renamed"),
      score,
    }));
  });

describe("differences of a board", () => {
  it("lead a client from any board to any other", () => {
    fc.assert(
      fc.property(board, board, (old, current) => {
        expect(followed(old, differences(old, current))).toEqual(current);
      }),
      { numRuns: 2_000 },
    );
  });

  it("are nothing for the same board, and twice the same as once", () => {
    fc.assert(
      fc.property(board, board, (old, current) => {
        const changes = differences(old, current);
        expect(differences(current, current)).toEqual([]);
        expect(followed(followed(old, changes), changes)).toEqual(current);
      }),
    );
  });

  it("leave out who stays where they were", () => {
    const entry = (rank: number, id: string, score: number) => ({ rank, user: user(id), score });
    const old = [entry(1, "a", 9), entry(2, "b", 8), entry(3, "c", 7)];
    expect(differences(old, [entry(1, "a", 9), entry(2, "c", 8.5), entry(3, "b", 8)])).toEqual([
      entry(2, "c", 8.5),
      entry(3, "b", 8),
    ]);
    expect(differences(old, old.slice(0, 2))).toEqual([{ user: { id: "c" }, removed: true }]);
  });
});
