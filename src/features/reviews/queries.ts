import type { SQL } from "drizzle-orm";
import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { challenges, submissions } from "../../db/schema/challenges.ts";
import { goals } from "../../db/schema/goals.ts";
import { reviewAssignments, reviewReferences, reviewers, reviews } from "../../db/schema/reviews.ts";
import { users } from "../../db/schema/users.ts";
import type { Person } from "../users/schema.ts";
import { PATIENCE_MS } from "./rules.ts";
import { slotsTaken, slotsWanted } from "./eligibility.ts";
import type { ReviewRow } from "./schema.ts";
import type { Evidence } from "./scoring.ts";
import { NO_EVIDENCE } from "./scoring.ts";
import { shownName } from "../users/schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock">;

/** A piece of work with its terms, its author's zone, and the goal it belongs to; `isMember` is of `userId`. */
export const selectWork = (ctx: Ctx, submissionId: string | SQL, userId: string) =>
  ctx.db
    .select({
      row: submissions,
      goalId: challenges.goalId,
      ownerId: goals.ownerId,
      category: goals.category,
      visibility: goals.visibility,
      timezone: users.timezone,
      isMember:
        sql<number>`EXISTS (SELECT 1 FROM goal_members m WHERE m.goal_id = ${goals.id} AND m.user_id = ${userId})`.as(
          "is_member",
        ),
      hasFreeSlot:
        sql<number>`(SELECT ${slotsTaken(ctx.clock.now())} < ${slotsWanted(ctx.clock.now())} FROM submissions s WHERE s.id = ${submissions.id})`.as(
          "has_free_slot",
        ),
    })
    .from(submissions)
    .innerJoin(challenges, eq(challenges.id, submissions.challengeId))
    .innerJoin(goals, eq(goals.id, challenges.goalId))
    .innerJoin(users, eq(users.id, submissions.authorId))
    .where(sql`${submissions.id} = ${submissionId}`);

export type WorkRow = Awaited<ReturnType<typeof selectWork>>[number];

const EVIDENCE = {
  agreementSum: reviewers.agreementSum,
  agreementCount: reviewers.agreementCount,
  calibrationSum: reviewers.calibrationSum,
  calibrationCount: reviewers.calibrationCount,
  ratingSum: reviewers.ratingSum,
  ratingCount: reviewers.ratingCount,
};

export const selectEvidence = (ctx: Pick<Ctx, "db">, userId: string) =>
  ctx.db
    .select({ ...EVIDENCE, given: reviewers.given, received: reviewers.received })
    .from(reviewers)
    .where(eq(reviewers.userId, userId));

/** Reviews of a piece of work with who wrote them and what that is worth. */
export const selectReviews = (ctx: Pick<Ctx, "db">) =>
  ctx.db
    .select({
      review: reviews,
      reviewer: {
        id: sql<string>`${users.id}`.as("reviewer_user_id"),
        username: users.username,
        displayName: shownName,
        avatarUrl: users.avatarUrl,
      },
      evidence: EVIDENCE,
    })
    .from(reviews)
    .innerJoin(users, eq(users.id, reviews.reviewerId))
    .leftJoin(reviewers, eq(reviewers.userId, reviews.reviewerId))
    .$dynamic();

export interface ReviewFacts {
  review: ReviewRow;
  reviewer: Person;
  evidence: Evidence | null;
}

/** In an order that tells nothing: by ids that are random. */
export const selectReviewsOf = (ctx: Pick<Ctx, "db">, submissionId: string, after: string | null = null) =>
  selectReviews(ctx)
    .where(
      and(
        eq(reviews.submissionId, submissionId),
        eq(reviews.calibration, false),
        after === null ? undefined : gt(reviews.id, after),
      ),
    )
    .orderBy(asc(reviews.id));

export const selectReviewBy = (ctx: Pick<Ctx, "db">, submissionId: string, reviewerId: string) =>
  selectReviews(ctx).where(and(eq(reviews.submissionId, submissionId), eq(reviews.reviewerId, reviewerId)));

export const selectLease = (ctx: Pick<Ctx, "db">, submissionId: string, reviewerId: string) =>
  ctx.db
    .select()
    .from(reviewAssignments)
    .where(and(eq(reviewAssignments.submissionId, submissionId), eq(reviewAssignments.reviewerId, reviewerId)));

/** Of work on a challenge, that by which somebody is tested at present. */
export const selectTests = (ctx: Ctx, challengeId: string, userId: string) =>
  ctx.db
    .select({ testedBy: reviewAssignments.submissionId })
    .from(reviewAssignments)
    .innerJoin(submissions, eq(submissions.id, reviewAssignments.submissionId))
    .where(
      and(
        eq(reviewAssignments.reviewerId, userId),
        sql`${reviewAssignments.kind} = 'calibration'`,
        gt(reviewAssignments.claimedAt, new Date(ctx.clock.now().getTime() - PATIENCE_MS)),
        eq(submissions.challengeId, challengeId),
      ),
    );

export const selectReference = (ctx: Pick<Ctx, "db">, submissionId: string) =>
  ctx.db.select().from(reviewReferences).where(eq(reviewReferences.submissionId, submissionId));

export const selectPerson = (ctx: Pick<Ctx, "db">, userId: string) =>
  ctx.db
    .select({
      id: users.id,
      username: users.username,
      displayName: shownName,
      avatarUrl: users.avatarUrl,
      timezone: users.timezone,
      status: users.status,
    })
    .from(users)
    .where(eq(users.id, userId));

export const evidenceOf = ({ evidence }: Pick<ReviewFacts, "evidence">): Evidence => evidence ?? NO_EVIDENCE;
