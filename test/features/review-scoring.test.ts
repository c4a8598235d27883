import fc from "fast-check";
import { expect, test } from "vitest";
import type { Opinion, Terms } from "../../src/features/reviews/rules.ts";
import { PATIENCE_MS, calibrationPhase, faultsOf, outcomeOf, reviewsNeeded } from "../../src/features/reviews/rules.ts";
import type { Evidence, Weighted } from "../../src/features/reviews/scoring.ts";
import {
  NO_EVIDENCE,
  agreementOf,
  criterionPoints,
  reliabilityOf,
  totalScore,
  weightOf,
  weightedMedian,
} from "../../src/features/reviews/scoring.ts";

const RUBRIC = [
  { criterion: "Grammar", weight: 3 },
  { criterion: "Courage", weight: 1 },
];

const reliability = fc.double({ min: 0.2, max: 1, noNaN: true });
const points = fc.constantFrom(0, 25, 50, 75, 100);
const weighted = fc.record({ value: points, weight: reliability.map(weightOf) });
const score = fc.integer({ min: 1, max: 5 });
const scores = fc.tuple(score, score).map(([a, b]) => [
  { criterion: "Grammar", score: a },
  { criterion: "Courage", score: b },
]);
const evidence: fc.Arbitrary<Evidence> = fc
  .record({
    a: fc.array(fc.integer({ min: 0, max: 1000 })),
    c: fc.array(fc.integer({ min: 0, max: 1000 })),
    r: fc.array(score),
  })
  .map(({ a, c, r }) => ({
    agreementSum: sum(a),
    agreementCount: a.length,
    calibrationSum: sum(c),
    calibrationCount: c.length,
    ratingSum: sum(r),
    ratingCount: r.length,
  }));
const opinions = (min: number, max: number) =>
  fc
    .array(fc.record({ scores, evidence }), { minLength: min, maxLength: max })
    .map((list) => list.map((one, i): Opinion => ({ ...one, reviewerId: `r${i}`, verdict: null })));
const terms: Terms = { rubric: RUBRIC, peerReviews: 1, requiresVerdict: false, passScore: 60, ageMs: 0 };

const sum = (list: readonly number[]): number => list.reduce((total, one) => total + one, 0);

/** Lays every item out as often as it weighs and takes the plain median. */
function slowMedian(items: readonly Weighted[]): number {
  const laid = items.flatMap(({ value, weight }) => Array.from({ length: weight }, () => value)).sort((a, b) => a - b);
  const middle = laid.length / 2;
  const at = (i: number) => laid[i] ?? Number.NaN;
  return Number.isInteger(middle) ? (at(middle - 1) + at(middle)) / 2 : at(Math.floor(middle));
}

test("the weighted median is the plain median of everything laid out as often as it weighs", () => {
  const small = fc.record({ value: points, weight: fc.integer({ min: 1, max: 30 }) });
  fc.assert(
    fc.property(fc.array(small, { minLength: 1, maxLength: 9 }), (items) => {
      expect(weightedMedian(items)).toBe(slowMedian(items));
    }),
  );
  expect(weightedMedian([])).toBeNaN();
});

test("one outlier among five passes no neighbour: the median moves by less than the gap it stands in", () => {
  const four = fc.array(weighted, { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(four, fc.constantFrom(-10_000, 10_000), reliability, (others, value, trust) => {
      const before = weightedMedian(others);
      const after = weightedMedian([...others, { value, weight: weightOf(trust) }]);
      const [low, high] = [Math.min(before, after), Math.max(before, after)];
      expect(others.filter((other) => other.value > low && other.value < high)).toEqual([]);
      const values = others.map((other) => other.value);
      expect(after).toBeGreaterThanOrEqual(Math.min(...values));
      expect(after).toBeLessThanOrEqual(Math.max(...values));
    }),
    { numRuns: 2000 },
  );
});

test("the order of reviews does not matter, and no score leaves 0–100", () => {
  const shuffled = opinions(1, 5).chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
  );
  fc.assert(
    fc.property(shuffled, fc.integer({ min: 0, max: 100 }), ([list, other], passScore) => {
      const one = outcomeOf({ ...terms, passScore }, list);
      const two = outcomeOf({ ...terms, passScore }, other);
      expect(two).toEqual(one);
      expect(one?.score).toBeGreaterThanOrEqual(0);
      expect(one?.score).toBeLessThanOrEqual(100);
      expect(one?.status).toBe((one?.score ?? -1) >= passScore ? "accepted" : "needs_work");
    }),
  );
});

test("those who say the same are agreed with, whatever they are worth", () => {
  fc.assert(
    fc.property(scores, fc.array(reliability, { minLength: 1, maxLength: 5 }), (same, trusts) => {
      const got = criterionPoints(
        RUBRIC,
        trusts.map((trust) => ({ scores: same, weight: weightOf(trust) })),
      );
      expect(agreementOf(RUBRIC, { scores: same }, got)).toBe(1000);
      const [grammar, courage] = same;
      expect(totalScore(RUBRIC, got)).toBe(
        Math.round((3 * 25 * ((grammar?.score ?? 0) - 1) + 25 * ((courage?.score ?? 0) - 1)) / 4),
      );
    }),
  );
});

test("a lone reviewer proves nothing; from two on everybody is compared", () => {
  fc.assert(
    fc.property(opinions(1, 1), (list) => {
      expect(outcomeOf(terms, list)?.agreements.size).toBe(0);
      expect(outcomeOf({ ...terms, peerReviews: 3, ageMs: PATIENCE_MS }, list)?.agreements.size).toBe(0);
    }),
  );
  fc.assert(
    fc.property(opinions(2, 5), (list) => {
      const { agreements } = outcomeOf({ ...terms, peerReviews: 2 }, list) ?? { agreements: new Map<string, number>() };
      expect([...agreements.keys()]).toEqual(list.map(({ reviewerId }) => reviewerId));
      for (const agreement of agreements.values()) {
        expect(agreement).toBeGreaterThanOrEqual(0);
        expect(agreement).toBeLessThanOrEqual(1000);
      }
    }),
  );
});

test("reliability stays within 0.2–1, and grows with what was shown", () => {
  fc.assert(
    fc.property(evidence, (shown) => {
      const now = reliabilityOf(shown);
      expect(now).toBeGreaterThanOrEqual(0.2);
      expect(now).toBeLessThanOrEqual(1);
      const { agreementSum, agreementCount } = shown;
      const after = (agreement: number) =>
        reliabilityOf({ ...shown, agreementSum: agreementSum + agreement, agreementCount: agreementCount + 1 });
      expect(after(1000)).toBeGreaterThanOrEqual(now);
      expect(after(0)).toBeLessThanOrEqual(now);
    }),
  );
  expect(reliabilityOf(NO_EVIDENCE)).toBeCloseTo(0.68);
});

test("a verdict decides alone, by the teacher's own scores, and only a verdict where one is required", () => {
  const both = (value: number) => RUBRIC.map(({ criterion }) => ({ criterion, score: value }));
  const peer = (i: number): Opinion => ({ reviewerId: `r${i}`, verdict: null, scores: both(1), evidence: NO_EVIDENCE });
  const teacher: Opinion = { reviewerId: "t", verdict: "accept", scores: both(4), evidence: NO_EVIDENCE };
  const strict = { ...terms, peerReviews: 2, requiresVerdict: true };
  expect(outcomeOf(strict, [peer(1), peer(2)])).toBeNull();
  expect(outcomeOf({ ...strict, ageMs: PATIENCE_MS }, [peer(1)])).toBeNull();
  const overruled = outcomeOf(strict, [peer(1), peer(2), teacher], "t");
  expect(overruled).toMatchObject({ status: "accepted", score: 75, by: "teacher" });
  expect(overruled?.agreements).toEqual(
    new Map([
      ["r1", 0],
      ["r2", 0],
    ]),
  );
  expect(outcomeOf(terms, [{ ...teacher, verdict: "needs_work" }], "t")).toMatchObject({ status: "needs_work" });
});

test("what a review must cover, and when one is enough", () => {
  const grammar = { criterion: "Grammar", score: 3 };
  expect(faultsOf(RUBRIC, { scores: [grammar, { criterion: "Courage", score: 1 }] })).toEqual([]);
  const codes = (list: { criterion: string; score: number }[]) =>
    faultsOf(RUBRIC, { scores: list }).map(({ path, code }) => [path, code]);
  expect(codes([grammar])).toEqual([["body.scores", "incomplete"]]);
  expect(codes([grammar, grammar, { criterion: "Spelling", score: 1 }])).toEqual([
    ["body.scores[1].criterion", "duplicate"],
    ["body.scores[2].criterion", "unknown"],
    ["body.scores", "incomplete"],
  ]);
  expect(reviewsNeeded({ peerReviews: 3, ageMs: PATIENCE_MS - 1 })).toBe(3);
  expect(reviewsNeeded({ peerReviews: 3, ageMs: PATIENCE_MS })).toBe(1);
  expect(reviewsNeeded({ peerReviews: 0, ageMs: 0 })).toBe(1);
});

test("every reviewer meets a reference once in five claims", () => {
  fc.assert(
    fc.property(fc.uuid(), (id) => {
      const { every, at } = calibrationPhase(id);
      expect(every).toBe(5);
      expect(at).toBeGreaterThanOrEqual(0);
      expect(at).toBeLessThan(every);
    }),
  );
});
