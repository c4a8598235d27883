import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockDirectory, isBefore, SPLIT_ROWS, START } from "../../src/durable-objects/leaderboard/directory.ts";
import type { Position } from "../../src/durable-objects/leaderboard/directory.ts";

/** A directory over a plain sorted array, used the way its owner uses it. */
class Reference {
  rows: Position[] = [];
  directory = new BlockDirectory([]);

  add(position: Position): void {
    const place = this.rows.findIndex((row) => isBefore(position, row));
    this.rows.splice(place === -1 ? this.rows.length : place, 0, position);
    this.directory.add(position);
  }

  remove(place: number): void {
    const [removed] = this.rows.splice(place, 1);
    if (removed !== undefined) this.directory.remove(removed);
  }

  settle(): number {
    let splits = 0;
    for (let block = this.directory.crowded; block !== undefined; block = this.directory.crowded) {
      const start = this.rows.findIndex((row) => !isBefore(row, block?.first ?? START));
      const half = block.count >> 1;
      const second = this.rows[start + half];
      if (second === undefined) throw new Error("the block counts rows that are not there");
      this.directory.split(block, second, half);
      splits++;
    }
    return splits;
  }

  /** The rows that the directory puts elsewhere than the plain sort does. */
  misplaced(): Position[] {
    const startOf = (first: Position) => this.rows.findIndex((row) => !isBefore(row, first));
    return this.rows.filter((row, place) => {
      const { block, before } = this.directory.locate(row);
      const inside = this.rows.filter((other) => !isBefore(other, block.first) && isBefore(other, row)).length;
      const found = this.directory.at(place);
      return before + inside !== place || startOf(found.block.first) + found.offset !== place;
    });
  }
}

const steps = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("add" as const),
        score: fc.integer({ min: 1, max: 5 }),
        times: fc.integer({ min: 1, max: 700 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("remove" as const),
        from: fc.nat(),
        times: fc.integer({ min: 1, max: 500 }),
      }),
    },
  ),
  { maxLength: 6 },
);

describe("block directory", () => {
  it("places every row as a plain sort does, with ties, removals and splits", () => {
    let splits = 0;
    fc.assert(
      fc.property(steps, (plan) => {
        const reference = new Reference();
        let seq = 0;
        for (const step of plan) {
          for (let n = 0; n < step.times; n++) {
            if (step.kind === "add") reference.add({ key: -(((step.score + n) % 5) + 1), seq: ++seq });
            else if (reference.rows.length > 0) reference.remove((step.from + n * 7) % reference.rows.length);
          }
          splits += reference.settle();
        }
        expect(reference.directory.total).toBe(reference.rows.length);
        expect(reference.misplaced()).toEqual([]);
      }),
      { numRuns: 25 },
    );
    expect(splits).toBeGreaterThan(0);
  });

  it("starts from blocks that were read and finds an empty board empty", () => {
    const empty = new BlockDirectory([]);
    expect(empty.total).toBe(0);
    expect(empty.at(0)).toEqual({ block: { first: START, count: 0 }, offset: 0 });

    const read = new BlockDirectory([
      { first: START, count: 64 },
      { first: { key: -50, seq: 3 }, count: 64 },
      { first: { key: -50, seq: 90 }, count: 7 },
    ]);
    expect(read.total).toBe(135);
    expect(read.at(63).offset).toBe(63);
    expect(read.at(64)).toMatchObject({ block: { first: { key: -50, seq: 3 } }, offset: 0 });
    expect(read.at(134)).toMatchObject({ block: { first: { key: -50, seq: 90 } }, offset: 6 });
    expect(read.locate({ key: -50, seq: 89 }).before).toBe(64);
    expect(read.locate({ key: -1, seq: 1 }).before).toBe(128);
  });

  it("keeps blocks small however many arrive at once", () => {
    const reference = new Reference();
    for (let seq = 1; seq <= 6 * SPLIT_ROWS; seq++) reference.add({ key: -1, seq });
    reference.settle();
    for (const row of reference.rows)
      expect(reference.directory.locate(row).block.count).toBeLessThanOrEqual(SPLIT_ROWS);
  });
});
