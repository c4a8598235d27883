import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { submissions } from "./challenges.ts";
import { instant, oneOf } from "./columns.ts";
import { users } from "./users.ts";

export const ASSIGNMENT_STATES = ["open", "done", "expired", "returned"] as const;
/** `peer` takes one of the reviews the work asks for, `verdict` asks a teacher, `calibration` tests the reviewer. */
export const ASSIGNMENT_KINDS = ["peer", "verdict", "calibration"] as const;
export const VERDICTS = ["accept", "needs_work"] as const;

/** The lease under which somebody reviews a piece of work. An open one is alive until `expiresAt`, whoever noticed. */
export const reviewAssignments = sqliteTable(
  "review_assignments",
  {
    id: text("id").primaryKey(),
    submissionId: text("submission_id")
      .notNull()
      .references(() => submissions.id, { onDelete: "cascade" }),
    reviewerId: text("reviewer_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** Of the work: who reviews whom is asked far more often than it changes. */
    authorId: text("author_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    kind: text("kind", { enum: ASSIGNMENT_KINDS }).notNull().default("peer"),
    /** Given without being asked for, and not yet taken up. */
    pushed: integer("pushed", { mode: "boolean" }).notNull().default(false),
    state: text("state", { enum: ASSIGNMENT_STATES }).notNull().default("open"),
    claimedAt: instant("claimed_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
    extendedAt: instant("extended_at"),
  },
  (t) => [
    uniqueIndex("review_assignments_once").on(t.submissionId, t.reviewerId),
    index("review_assignments_reviewer").on(t.reviewerId, t.id),
    index("review_assignments_reviewer_state").on(t.reviewerId, t.state, t.id),
    index("review_assignments_pair").on(t.authorId, t.reviewerId),
    index("review_assignments_tests")
      .on(t.reviewerId, t.claimedAt)
      .where(sql`${t.kind} = 'calibration'`),
    index("review_assignments_due")
      .on(t.expiresAt)
      .where(sql`${t.state} = 'open'`),
    oneOf("review_assignments_state_known", t.state, ASSIGNMENT_STATES),
    oneOf("review_assignments_kind_known", t.kind, ASSIGNMENT_KINDS),
  ],
);

export interface CriterionScore {
  criterion: string;
  /** 1–5 */
  score: number;
  comment?: string | undefined;
}

export const reviews = sqliteTable(
  "reviews",
  {
    id: text("id").primaryKey(),
    submissionId: text("submission_id")
      .notNull()
      .references(() => submissions.id, { onDelete: "cascade" }),
    reviewerId: text("reviewer_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    scores: text("scores", { mode: "json" }).$type<CriterionScore[]>().notNull(),
    comment: text("comment").notNull(),
    verdict: text("verdict", { enum: VERDICTS }),
    /** Of a reference: it decides nothing and nobody but its reviewer sees it. */
    calibration: integer("calibration", { mode: "boolean" }).notNull().default(false),
    /** Grows with each edit; their sum over a submission tells whether its reviews changed. */
    revision: integer("revision").notNull().default(1),
    /** 0–1000: how near it came to the final score or the reference. Null while nothing proves it. */
    agreement: integer("agreement"),
    helpful: integer("helpful"),
    ratingComment: text("rating_comment"),
    ratedAt: instant("rated_at"),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (t) => [
    uniqueIndex("reviews_once").on(t.submissionId, t.reviewerId),
    index("reviews_submission").on(t.submissionId, t.calibration, t.id),
    index("reviews_reviewer").on(t.reviewerId, t.id),
    index("reviews_timeline").on(t.reviewerId, t.createdAt, t.id),
    check("reviews_agreement_range", sql`${t.agreement} BETWEEN 0 AND 1000`),
    check("reviews_helpful_range", sql`${t.helpful} BETWEEN 1 AND 5`),
    oneOf("reviews_verdict_known", t.verdict, VERDICTS),
  ],
);

/** What somebody's reviewing has proved so far, in sums, so that a decision adds to it without reading it. */
export const reviewers = sqliteTable("reviewers", {
  userId: text("user_id")
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  claims: integer("claims").notNull().default(0),
  given: integer("given").notNull().default(0),
  received: integer("received").notNull().default(0),
  /** Thousandths. */
  agreementSum: integer("agreement_sum").notNull().default(0),
  agreementCount: integer("agreement_count").notNull().default(0),
  calibrationSum: integer("calibration_sum").notNull().default(0),
  calibrationCount: integer("calibration_count").notNull().default(0),
  /** Of 1–5. */
  ratingSum: integer("rating_sum").notNull().default(0),
  ratingCount: integer("rating_count").notNull().default(0),
});

/** Decided work with the scores a teacher says are right. */
export const reviewReferences = sqliteTable(
  "review_references",
  {
    submissionId: text("submission_id")
      .primaryKey()
      .references(() => submissions.id, { onDelete: "cascade" }),
    setBy: text("set_by").references(() => users.id, { onDelete: "set null" }),
    scores: text("scores", { mode: "json" }).$type<CriterionScore[]>().notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (t) => [index("review_references_set_by").on(t.setBy)],
);
