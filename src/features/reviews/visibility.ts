import type { Person } from "../users/schema.ts";
import { PATIENCE_MS } from "./rules.ts";
import type { Review, ReviewRow } from "./schema.ts";
import { toReview } from "./schema.ts";

/** Everything; everything but who and when; one's own review; nothing. */
export type Sight = "all" | "blind" | "own" | "none";

export interface Lease {
  kind: string;
  state: string;
  claimedAt: Date;
}

export interface Reader {
  isAuthor: boolean;
  isTeacher: boolean;
  inCircle: boolean;
  lease: Lease | undefined;
}

const DECIDED = new Set(["accepted", "needs_work", "reversed"]);

export const isDecided = (status: string): boolean => DECIDED.has(status);

/** A reference must look undecided to whom it tests, for as long as real work may wait. */
export const isUnderTest = (lease: Pick<Lease, "kind" | "claimedAt"> | undefined, now: Date): boolean =>
  lease?.kind === "calibration" && now.getTime() - lease.claimedAt.getTime() < PATIENCE_MS;

/**
 * What somebody sees of a piece of work's reviews. Until the decision its author reads them without names and times, and
 * a reviewer only their own; afterwards author, reviewers and circle see everything. Teachers always do.
 */
export function sightOf({ isAuthor, isTeacher, inCircle, lease }: Reader, status: string, now: Date): Sight {
  if (isAuthor) return isDecided(status) ? "all" : "blind";
  if (isTeacher) return "all";
  if (isUnderTest(lease, now)) return "own";
  const shown = isDecided(status) && (inCircle || lease?.state === "done");
  if (shown) return "all";
  return lease ? "own" : "none";
}

interface Written {
  review: ReviewRow;
  reviewer: Person;
}

export function shownReviews(sight: Sight, all: readonly Written[], own: Written | undefined): Review[] {
  if (sight === "none") return [];
  const shown = sight === "own" ? (own ? [own] : []) : all;
  return shown.map(({ review, reviewer }) => toReview(review, reviewer, sight === "blind" ? "blind" : "open"));
}
