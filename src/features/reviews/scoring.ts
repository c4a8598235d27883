/** Pure arithmetic of peer review: a submission's score from its reviews, and what a review tells of its reviewer. */

export interface Weighted {
  value: number;
  /** A positive whole number, so that sums do not depend on the order of adding. */
  weight: number;
}

export interface Scores {
  scores: readonly { criterion: string; score: number }[];
}

export interface RubricLine {
  criterion: string;
  weight: number;
}

const POINTS_PER_STEP = 25;

/** A review's 1–5 as 0, 25, 50, 75, 100. */
export const pointsOf = (score: number): number => (score - 1) * POINTS_PER_STEP;

/**
 * The value that half of the weight lies on either side of; where the half falls between two values, their mean.
 * NaN for nothing.
 */
export function weightedMedian(items: readonly Weighted[]): number {
  const sorted = items.toSorted((a, b) => a.value - b.value);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  let below = 0;
  for (const [i, { value, weight }] of sorted.entries()) {
    below += weight;
    if (2 * below > total) return value;
    if (2 * below === total) return (value + (sorted[i + 1]?.value ?? value)) / 2;
  }
  return Number.NaN;
}

/**
 * What a reviewer of that reliability (0.2–1) counts for: 600–1000. Nobody counts as much as two others, and so no
 * single review can push the median past more than one neighbour.
 */
export const weightOf = (reliability: number): number => Math.round(500 * (1 + reliability));

/** Each criterion's points, 0–100: the weighted median of what its reviewers gave. */
export function criterionPoints(
  rubric: readonly RubricLine[],
  reviews: readonly (Scores & { weight: number })[],
): Map<string, number> {
  return new Map(
    rubric.map(({ criterion }) => [
      criterion,
      weightedMedian(reviews.map(({ scores, weight }) => ({ value: pointsOn(scores, criterion), weight }))),
    ]),
  );
}

const pointsOn = (scores: Scores["scores"], criterion: string): number =>
  pointsOf(scores.find((score) => score.criterion === criterion)?.score ?? 1);

/** Points by criterion, weighted by the rubric and rounded: 0–100. */
export function totalScore(rubric: readonly RubricLine[], points: ReadonlyMap<string, number>): number {
  const whole = rubric.reduce((sum, { weight }) => sum + weight, 0);
  const earned = rubric.reduce((sum, { criterion, weight }) => sum + weight * (points.get(criterion) ?? 0), 0);
  return Math.round(earned / whole);
}

/** Half of full marks away is no agreement at all: a reviewer who always says "3" must not look like an expert. */
const NO_AGREEMENT_AT = 50;

/** 0–1000: how near a review came to what the criteria got in the end. */
export function agreementOf(
  rubric: readonly RubricLine[],
  { scores }: Scores,
  points: ReadonlyMap<string, number>,
): number {
  const whole = rubric.reduce((sum, { weight }) => sum + weight, 0);
  const away = rubric.reduce(
    (sum, { criterion, weight }) => sum + weight * Math.abs(pointsOn(scores, criterion) - (points.get(criterion) ?? 0)),
    0,
  );
  return Math.round(1000 * Math.max(0, 1 - away / whole / NO_AGREEMENT_AT));
}

export interface Evidence {
  /** Thousandths. */
  agreementSum: number;
  agreementCount: number;
  calibrationSum: number;
  calibrationCount: number;
  /** Of 1–5. */
  ratingSum: number;
  ratingCount: number;
}

export const NO_EVIDENCE: Evidence = {
  agreementSum: 0,
  agreementCount: 0,
  calibrationSum: 0,
  calibrationCount: 0,
  ratingSum: 0,
  ratingCount: 0,
};

const LEAST = 0.2;
/** What a beginner is taken for, and for how many reviews that outweighs what they show. */
const PRIOR = { mean: 0.6, count: 3 };
/** A reference is known to be right; a rating comes from somebody who was just judged. */
const WEIGHTS = { agreement: 1, calibration: 2, rating: 0.5 };

/** 0.2–1: the mean of all that was shown, pulled to a beginner's value while there is little of it. */
export function reliabilityOf(evidence: Evidence): number {
  const { agreementSum, agreementCount, calibrationSum, calibrationCount, ratingSum, ratingCount } = evidence;
  const count =
    PRIOR.count +
    WEIGHTS.agreement * agreementCount +
    WEIGHTS.calibration * calibrationCount +
    WEIGHTS.rating * ratingCount;
  const sum =
    PRIOR.mean * PRIOR.count +
    (WEIGHTS.agreement * agreementSum) / 1000 +
    (WEIGHTS.calibration * calibrationSum) / 1000 +
    (WEIGHTS.rating * (ratingSum - ratingCount)) / 4;
  return LEAST + (1 - LEAST) * Math.min(1, Math.max(0, sum / count));
}

/** 0–1, or null while nothing was compared. */
export function meanAgreement(evidence: Evidence): number | null {
  const count = evidence.agreementCount + evidence.calibrationCount;
  return count === 0 ? null : (evidence.agreementSum + evidence.calibrationSum) / 1000 / count;
}
