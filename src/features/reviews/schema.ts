import { z } from "@hono/zod-openapi";
import type { CriterionScore, reviewAssignments, reviews } from "../../db/schema/reviews.ts";
import { ASSIGNMENT_STATES, VERDICTS } from "../../db/schema/reviews.ts";
import { orElse } from "../../platform/optional.ts";
import { Text } from "../../platform/text.ts";
import { Person } from "../users/schema.ts";
import type { Criterion } from "./rules.ts";
import { rubricOf } from "./rules.ts";

const ID = "0199aa11-2233-7444-8555-66778899aabb";

const Score = z
  .object({ criterion: Text(1, 80), score: z.int().min(1).max(5), comment: Text(0, 1000).optional() })
  .openapi("CriterionScore", { example: { criterion: "Grammar", score: 4, comment: "Mind the past tense." } });

const scores = orElse(z.array(Score).max(10), []).openapi({
  description: "Every criterion of the rubric once; a teacher's verdict may do without.",
});

export const NewReview = z
  .object({ scores, comment: Text(20, 5000), verdict: z.enum(VERDICTS).optional() })
  .openapi("NewReview", {
    example: {
      scores: [{ criterion: "Grammar", score: 4, comment: "Mind the past tense." }],
      comment: "Clear and brave: I understood every sentence.",
    },
  });
export type NewReview = z.output<typeof NewReview>;

export const Review = z
  .object({
    id: z.uuid(),
    submissionId: z.uuid(),
    reviewer: Person.nullable().openapi({ description: "Null for the author until the decision." }),
    scores: z.array(z.object({ criterion: z.string(), score: z.int(), comment: z.string().optional() })),
    comment: z.string(),
    verdict: z.enum(VERDICTS).nullable(),
    helpful: z.int().nullable(),
    ratingComment: z.string().nullable(),
    createdAt: z.iso.datetime().nullable().openapi({ description: "Null for the author until the decision." }),
    updatedAt: z.iso.datetime().nullable(),
  })
  .openapi("Review", {
    example: {
      id: ID,
      submissionId: "0199aa11-2233-7444-8555-66778899aacc",
      reviewer: null,
      scores: [{ criterion: "Grammar", score: 4 }],
      comment: "Clear and brave: I understood every sentence.",
      verdict: null,
      helpful: null,
      ratingComment: null,
      createdAt: null,
      updatedAt: null,
    },
  });
export type Review = z.infer<typeof Review>;

export type ReviewRow = typeof reviews.$inferSelect;

/** `reader` is what the caller may know: everything, or, as the author before the decision, nothing of who and when. */
export const toReview = (row: ReviewRow, reviewer: Person, reader: "open" | "blind"): Review => ({
  id: row.id,
  submissionId: row.submissionId,
  reviewer: reader === "open" ? reviewer : null,
  scores: row.scores,
  comment: row.comment,
  verdict: row.verdict,
  helpful: row.helpful,
  ratingComment: row.ratingComment,
  createdAt: reader === "open" ? row.createdAt.toISOString() : null,
  updatedAt: reader === "open" ? row.updatedAt.toISOString() : null,
});

export const Assignment = z
  .object({
    id: z.uuid(),
    submission: z.object({
      id: z.uuid(),
      challengeId: z.uuid(),
      content: z.record(z.string(), z.unknown()),
      rubric: z.array(z.object({ criterion: z.string(), description: z.string(), weight: z.int() })),
    }),
    state: z.enum(ASSIGNMENT_STATES),
    claimedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    extendedAt: z.iso.datetime().nullable(),
  })
  .openapi("Assignment", {
    example: {
      id: ID,
      submission: {
        id: "0199aa11-2233-7444-8555-66778899aacc",
        challengeId: "0199aa11-2233-7444-8555-66778899aadd",
        content: { text: "Hola, me llamo Mei y vivo en Osaka." },
        rubric: [{ criterion: "Grammar", description: "Verbs agree with their subject", weight: 2 }],
      },
      state: "open",
      claimedAt: "2026-11-21T10:00:00.000Z",
      expiresAt: "2026-11-21T18:00:00.000Z",
      extendedAt: null,
    },
  });
export type Assignment = z.infer<typeof Assignment>;

export const AssignmentFilters = z.object({ state: z.enum(ASSIGNMENT_STATES).optional() });
export type AssignmentFilters = z.output<typeof AssignmentFilters>;

type AssignmentRow = Pick<
  typeof reviewAssignments.$inferSelect,
  "id" | "submissionId" | "state" | "claimedAt" | "expiresAt" | "extendedAt"
>;

/** A lease with the work it is for. */
export interface AssignmentFacts extends AssignmentRow {
  challengeId: string;
  content: Record<string, unknown>;
  rubric: Criterion[];
  /** Of the work; withdrawn or decided, it needs no review. */
  status: string;
  kind: string;
}

/** Nothing of the author, and nothing of when the work was handed in. */
export function toAssignment(facts: AssignmentFacts, now: Date): Assignment {
  return {
    id: facts.id,
    submission: {
      id: facts.submissionId,
      challengeId: facts.challengeId,
      content: facts.content,
      rubric: [...rubricOf(facts.rubric)],
    },
    state: stateOf(facts, now),
    claimedAt: facts.claimedAt.toISOString(),
    expiresAt: facts.expiresAt.toISOString(),
    extendedAt: facts.extendedAt?.toISOString() ?? null,
  };
}

/** As it is now, whether or not the clean-up of the minute has come by. */
function stateOf({ state, expiresAt, status, kind }: AssignmentFacts, now: Date): Assignment["state"] {
  if (state !== "open") return state;
  if (expiresAt <= now) return "expired";
  return status === "in_review" || kind === "calibration" ? "open" : "returned";
}

export const Rating = z
  .object({ helpful: z.int().min(1).max(5), comment: Text(0, 1000).optional() })
  .openapi("ReviewRating", { example: { helpful: 5, comment: "You found what I could not see." } });
export type Rating = z.output<typeof Rating>;

export const Quality = z
  .object({
    reliability: z.number().min(0.2).max(1),
    reviewsGiven: z.int(),
    reviewsReceived: z.int(),
    agreement: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .openapi({ description: "How near my reviews come to what is decided; null while nothing was compared." }),
    helpfulness: z.number().min(1).max(5).nullable().openapi({ description: "The mean of my ratings." }),
  })
  .openapi("ReviewQuality", {
    example: { reliability: 0.74, reviewsGiven: 12, reviewsReceived: 9, agreement: 0.81, helpfulness: 4.5 },
  });
export type Quality = z.infer<typeof Quality>;

export const NewReference = z
  .object({
    scores: z
      .array(Score.omit({ comment: true }))
      .min(1)
      .max(10),
  })
  .openapi("NewReviewReference", { example: { scores: [{ criterion: "Grammar", score: 4 }] } });
export type NewReference = z.output<typeof NewReference>;

export const Reference = z
  .object({ submissionId: z.uuid(), scores: z.array(Score.omit({ comment: true })), updatedAt: z.iso.datetime() })
  .openapi("ReviewReference", {
    example: { submissionId: ID, scores: [{ criterion: "Grammar", score: 4 }], updatedAt: "2026-11-21T10:00:00.000Z" },
  });
export type Reference = z.infer<typeof Reference>;

export const toReference = (row: {
  submissionId: string;
  scores: readonly CriterionScore[];
  updatedAt: Date;
}): Reference => ({
  submissionId: row.submissionId,
  scores: row.scores.map(({ criterion, score }) => ({ criterion, score })),
  updatedAt: row.updatedAt.toISOString(),
});
