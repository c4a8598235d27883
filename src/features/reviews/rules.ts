import type { Evidence, RubricLine, Scores } from "./scoring.ts";
import { agreementOf, criterionPoints, pointsOf, reliabilityOf, totalScore, weightOf } from "./scoring.ts";

const HOUR_MS = 3_600_000;
export const LEASE_MS = 8 * HOUR_MS;
/** Work that is undecided for so long is rescued: one review suffices, and with none a teacher is asked. */
export const PATIENCE_MS = 7 * 24 * HOUR_MS;
/** One claim in so many is of a reference, when there is one that fits. */
const CALIBRATION_EVERY = 5;

export interface Criterion extends RubricLine {
  description: string;
}

/** Work without a rubric is judged as a whole. */
const AS_A_WHOLE: readonly Criterion[] = [{ criterion: "Overall", description: "The work as a whole.", weight: 1 }];

/** What the work is reviewed by: its rubric as it was when it was handed in. */
export const rubricOf = (rubric: readonly Criterion[]): readonly Criterion[] =>
  rubric.length === 0 ? AS_A_WHOLE : rubric;

/** The scores under the names that the rubric has for its criteria; of one criterion alone there is no mistaking which is meant. */
export function named<T extends { criterion: string }>(rubric: readonly RubricLine[], scores: readonly T[]): T[] {
  const [only, another] = rubric;
  if (only && !another && scores.length === 1) return scores.map((score) => ({ ...score, criterion: only.criterion }));
  const names = new Map(rubric.map(({ criterion }) => [criterion.toLowerCase(), criterion]));
  return scores.map((score) => ({ ...score, criterion: names.get(score.criterion.toLowerCase()) ?? score.criterion }));
}

export interface Fault {
  path: string;
  code: string;
  message: string;
}

/** What keeps scores from being a review by this rubric: every criterion of it exactly once, and no other. */
export function faultsOf(rubric: readonly RubricLine[], { scores }: Scores): Fault[] {
  const known = new Set(rubric.map(({ criterion }) => criterion));
  const seen = new Set<string>();
  const faults: Fault[] = [];
  for (const [i, { criterion }] of scores.entries()) {
    const path = `body.scores[${i}].criterion`;
    if (!known.has(criterion)) faults.push({ path, code: "unknown", message: "is no criterion of this work's rubric" });
    else if (seen.has(criterion)) faults.push({ path, code: "duplicate", message: "is scored twice" });
    seen.add(criterion);
  }
  const missing = [...known].filter((criterion) => !seen.has(criterion));
  if (missing.length > 0)
    faults.push({ path: "body.scores", code: "incomplete", message: `leaves out ${missing.join(", ")}` });
  return faults;
}

export interface Terms {
  rubric: readonly RubricLine[];
  peerReviews: number;
  requiresVerdict: boolean;
  passScore: number;
  /** Since it entered review. */
  ageMs: number;
}

export interface Opinion extends Scores {
  reviewerId: string;
  verdict: "accept" | "needs_work" | null;
  evidence: Evidence;
}

export interface Outcome {
  status: "accepted" | "needs_work";
  /** Null when a teacher decided and nobody gave scores. */
  score: number | null;
  by: "peers" | "teacher";
  /** 0–1000 by reviewer; nobody when there was nothing to compare with. */
  agreements: Map<string, number>;
}

/** How many reviews decide. */
export const reviewsNeeded = ({ peerReviews, ageMs }: Pick<Terms, "peerReviews" | "ageMs">): number =>
  ageMs >= PATIENCE_MS ? 1 : Math.max(1, peerReviews);

/**
 * What the reviews so far decide: null while they do not. A teacher's verdict counts alone, with the teacher's scores,
 * or, where there are none, with what the peers gave. A lone reviewer is compared with nobody.
 */
export function outcomeOf(terms: Terms, opinions: readonly Opinion[], verdictOf?: string): Outcome | null {
  const judge = opinions.find(({ reviewerId, verdict }) => reviewerId === verdictOf && verdict !== null);
  if (!judge && (terms.requiresVerdict || opinions.length < reviewsNeeded(terms))) return null;
  const scored = opinions.filter(({ scores }) => scores.length > 0);
  const points =
    judge && scored.includes(judge)
      ? new Map(judge.scores.map(({ criterion, score }) => [criterion, pointsOf(score)]))
      : criterionPoints(
          terms.rubric,
          scored.map(({ scores, evidence }) => ({ scores, weight: weightOf(reliabilityOf(evidence)) })),
        );
  const score = scored.length === 0 ? null : totalScore(terms.rubric, points);
  const passed = judge ? judge.verdict === "accept" : score !== null && score >= terms.passScore;
  const compared = scored.length < 2 ? [] : scored.filter((opinion) => opinion !== judge);
  return {
    status: passed ? "accepted" : "needs_work",
    score,
    by: judge ? "teacher" : "peers",
    agreements: new Map(
      compared.map((opinion) => [opinion.reviewerId, agreementOf(terms.rubric, opinion, points)] as const),
    ),
  };
}

/** The claims count, modulo `CALIBRATION_EVERY`, at which a reference is due. */
export const calibrationPhase = (reviewerId: string): { every: number; at: number } => ({
  every: CALIBRATION_EVERY,
  at: CALIBRATION_EVERY - 1 - phaseOf(reviewerId),
});

const phaseOf = (reviewerId: string): number =>
  Array.from(reviewerId).reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % CALIBRATION_EVERY;
