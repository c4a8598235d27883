import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { instant, oneOf } from "./columns.ts";
import { goals, milestones } from "./goals.ts";
import { users } from "./users.ts";

export const CHALLENGE_KINDS = ["text", "code", "link", "quiz"] as const;
export const DIFFICULTIES = ["beginner", "intermediate", "advanced", "expert"] as const;
export const SUBMISSION_STATUSES = [
  "submitted",
  "rejected",
  "in_review",
  "accepted",
  "needs_work",
  "withdrawn",
  "reversed",
] as const;

export interface Criterion {
  criterion: string;
  description: string;
  weight: number;
}

export const challenges = sqliteTable(
  "challenges",
  {
    id: text("id").primaryKey(),
    goalId: text("goal_id")
      .notNull()
      .references(() => goals.id, { onDelete: "cascade" }),
    milestoneId: text("milestone_id").references(() => milestones.id, { onDelete: "set null" }),
    createdBy: text("created_by")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    title: text("title").notNull(),
    description: text("description").notNull().default(""),
    kind: text("kind", { enum: CHALLENGE_KINDS }).notNull(),
    difficulty: text("difficulty", { enum: DIFFICULTIES }).notNull(),
    points: integer("points").notNull(),
    rubric: text("rubric", { mode: "json" }).$type<Criterion[]>().notNull().default([]),
    rules: text("rules", { mode: "json" }).$type<Record<string, unknown>>().notNull().default({}),
    quiz: text("quiz", { mode: "json" }).$type<unknown>(),
    peerReviews: integer("peer_reviews").notNull().default(0),
    requiresVerdict: integer("requires_verdict", { mode: "boolean" }).notNull().default(false),
    passScore: integer("pass_score").notNull().default(60),
    maxAttempts: integer("max_attempts").notNull().default(3),
    dueAt: instant("due_at"),
    source: text("source", { enum: ["manual", "ai"] })
      .notNull()
      .default("manual"),
    version: integer("version").notNull().default(1),
    archivedAt: instant("archived_at"),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (t) => [
    index("challenges_goal").on(t.goalId, t.id),
    index("challenges_open")
      .on(t.goalId, t.id)
      .where(sql`${t.archivedAt} IS NULL`),
    index("challenges_milestone").on(t.milestoneId),
    index("challenges_due")
      .on(t.goalId, t.dueAt)
      .where(sql`${t.archivedAt} IS NULL AND ${t.dueAt} IS NOT NULL`),
    index("challenges_created_by").on(t.createdBy),
    oneOf("challenges_kind_known", t.kind, CHALLENGE_KINDS),
    oneOf("challenges_difficulty_known", t.difficulty, DIFFICULTIES),
    check("challenges_points_range", sql`${t.points} BETWEEN 1 AND 500`),
    check("challenges_pass_score_range", sql`${t.passScore} BETWEEN 0 AND 100`),
    check("challenges_peer_reviews_range", sql`${t.peerReviews} BETWEEN 0 AND 5`),
  ],
);

export interface RuleResult {
  rule: string;
  passed: boolean;
  message: string;
  expected?: string | number | undefined;
  actual?: string | number | undefined;
}

export const submissions = sqliteTable(
  "submissions",
  {
    id: text("id").primaryKey(),
    challengeId: text("challenge_id")
      .notNull()
      .references(() => challenges.id, { onDelete: "cascade" }),
    authorId: text("author_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    attempt: integer("attempt").notNull(),
    content: text("content", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
    status: text("status", { enum: SUBMISSION_STATUSES }).notNull(),
    validation: text("validation", { mode: "json" }).$type<RuleResult[]>().notNull(),
    /** The rubric as it was when the work was handed in. */
    rubric: text("rubric", { mode: "json" }).$type<Criterion[]>().notNull(),
    /** The rest of what it is judged by, as that was when the work was handed in. */
    challengeVersion: integer("challenge_version").notNull().default(1),
    points: integer("points").notNull().default(0),
    passScore: integer("pass_score").notNull().default(60),
    peerReviews: integer("peer_reviews").notNull().default(0),
    requiresVerdict: integer("requires_verdict", { mode: "boolean" }).notNull().default(false),
    quizScore: integer("quiz_score"),
    /** Reviews handed in; withdrawing gives the attempt back while there is none. */
    reviewCount: integer("review_count").notNull().default(0),
    score: integer("score"),
    createdAt: instant("created_at").notNull(),
    decidedAt: instant("decided_at"),
    decidedBy: text("decided_by").references(() => users.id, { onDelete: "set null" }),
  },
  (t) => [
    index("submissions_author").on(t.authorId, t.id),
    index("submissions_challenge").on(t.challengeId, t.id),
    index("submissions_challenge_author").on(t.challengeId, t.authorId, t.status),
    index("submissions_author_status").on(t.authorId, t.status, t.id),
    index("submissions_challenge_mine").on(t.challengeId, t.authorId, t.id),
    index("submissions_challenge_shown")
      .on(t.challengeId, t.id)
      .where(sql`${t.status} <> 'rejected'`),
    index("submissions_decided_by").on(t.decidedBy),
    index("submissions_timeline").on(t.authorId, t.createdAt, t.id),
    index("submissions_decided")
      .on(t.authorId, t.decidedAt, t.id)
      .where(sql`${t.decidedAt} IS NOT NULL`),
    index("submissions_in_review")
      .on(t.challengeId, t.id)
      .where(sql`${t.status} = 'in_review'`),
    index("submissions_in_review_age")
      .on(t.createdAt, t.id)
      .where(sql`${t.status} = 'in_review'`),
    oneOf("submissions_status_known", t.status, SUBMISSION_STATUSES),
  ],
);

/** Who moved a submission: its author, the rules on arrival, its reviewers, or a teacher. */
export const MOVERS = ["author", "rules", "peers", "teacher"] as const;

/** Every status a submission ever had. */
export const submissionMoves = sqliteTable(
  "submission_moves",
  {
    id: text("id").primaryKey(),
    submissionId: text("submission_id")
      .notNull()
      .references(() => submissions.id, { onDelete: "cascade" }),
    status: text("status", { enum: SUBMISSION_STATUSES }).notNull(),
    movedBy: text("moved_by", { enum: MOVERS }).notNull(),
    actorId: text("actor_id").references(() => users.id, { onDelete: "set null" }),
    reason: text("reason"),
    at: instant("at").notNull(),
  },
  (t) => [
    index("submission_moves_submission").on(t.submissionId, t.id),
    index("submission_moves_actor").on(t.actorId),
    oneOf("submission_moves_status_known", t.status, SUBMISSION_STATUSES),
    oneOf("submission_moves_mover_known", t.movedBy, MOVERS),
  ],
);
