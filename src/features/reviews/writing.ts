import { and, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { ensure } from "../../db/guard.ts";
import { submissions } from "../../db/schema/challenges.ts";
import { reviewAssignments, reviews } from "../../db/schema/reviews.ts";
import { event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { can } from "../../platform/actor.ts";
import { newId } from "../../platform/ids.ts";
import type { Change } from "../submissions/decision.ts";
import { activity, award, xpChanged } from "../xp/awards.ts";
import { localDay } from "../xp/days.ts";
import { DAILY_CAPS, XP } from "../xp/rules.ts";
import { slotsTaken, slotsWanted } from "./eligibility.ts";
import type { Desk } from "./desk.ts";
import { isAlive } from "./desk.ts";
import { newReviewId } from "./review-id.ts";
import { rubricOf } from "./rules.ts";
import type { NewReview, ReviewRow } from "./schema.ts";
import { agreementOf, pointsOf } from "./scoring.ts";
import { opinionOf, settle } from "./settlement.ts";
import { tally } from "./tallies.ts";

export interface Draft extends Change {
  row: ReviewRow;
}

/** A review as it will be, and everything that is written with it. */
export function draft(ctx: ServiceContext, actor: UserActor, input: NewReview, desk: Desk): Draft {
  const row = rowOf(ctx, actor, input, desk);
  const write = desk.own ? rewrite(ctx, row) : ctx.db.insert(reviews).values(row);
  const first = desk.own ? NOTHING : rewards(ctx, row, desk);
  const decided = row.calibration ? NOTHING : decidedBy(ctx, row, desk);
  return {
    row,
    statements: [
      ...unchanged(ctx, actor, desk),
      done(ctx, actor, desk),
      write,
      ...first.statements,
      ...decided.statements,
    ],
    messages: [...first.messages, ...decided.messages],
  };
}

const NOTHING: Change = { statements: [], messages: [] };

function rowOf(
  ctx: ServiceContext,
  actor: UserActor,
  input: NewReview,
  { work, own, lease, reference }: Desk,
): ReviewRow {
  const now = ctx.clock.now();
  const calibration = lease?.kind === "calibration";
  const content = {
    scores: input.scores,
    comment: input.comment,
    verdict: calibration ? null : (input.verdict ?? null),
  };
  if (own) return { ...own.review, ...content, revision: own.review.revision + 1, updatedAt: now };
  const points = new Map(reference?.scores.map(({ criterion, score }) => [criterion, pointsOf(score)]));
  return {
    id: newReviewId(work.row.id),
    submissionId: work.row.id,
    reviewerId: actor.id,
    ...content,
    calibration,
    revision: 1,
    agreement: calibration && reference ? agreementOf(rubricOf(work.row.rubric), input, points) : null,
    helpful: null,
    ratingComment: null,
    ratedAt: null,
    createdAt: now,
    updatedAt: now,
  };
}

/** Aborts the batch when another review, an edit or another claim came between the read and the write. */
function unchanged(ctx: ServiceContext, actor: UserActor, { work, reviews: others, lease }: Desk): Statement[] {
  if (lease?.kind === "calibration") return [];
  const { id } = work.row;
  const revisions = others.reduce((sum, { review }) => sum + review.revision, 0);
  const still = sql`EXISTS (SELECT 1 FROM submissions WHERE id = ${id} AND status = 'in_review')
    AND (SELECT COALESCE(sum(revision), 0) FROM reviews WHERE submission_id = ${id} AND calibration = 0) = ${revisions}`;
  if (!lease || lease.state === "done") return [ensure(ctx.db, still)];
  const same = sql`EXISTS (SELECT 1 FROM review_assignments WHERE id = ${lease.id} AND state = ${lease.state})`;
  const now = ctx.clock.now();
  const free = sql`(SELECT ${slotsTaken(now)} < ${slotsWanted(now)} FROM submissions s WHERE s.id = ${id})`;
  const needsSlot = !isAlive(ctx, lease) && !can(actor, "submissions:judge");
  return [ensure(ctx.db, still), ensure(ctx.db, same), ...(needsSlot ? [ensure(ctx.db, free)] : [])];
}

/** The lease has served. A teacher who comes without one, or late, takes nobody's slot and is not handed the work again. */
function done(ctx: ServiceContext, actor: UserActor, { work, lease }: Desk): Statement {
  const late = lease && lease.state !== "done" && !isAlive(ctx, lease) && can(actor, "submissions:judge");
  return lease
    ? ctx.db
        .update(reviewAssignments)
        .set({ state: "done", pushed: false, kind: late && lease.kind === "peer" ? "verdict" : lease.kind })
        .where(eq(reviewAssignments.id, lease.id))
    : ctx.db.insert(reviewAssignments).values({
        id: newId(),
        submissionId: work.row.id,
        reviewerId: actor.id,
        authorId: work.row.authorId,
        kind: "verdict",
        state: "done",
        claimedAt: ctx.clock.now(),
        expiresAt: ctx.clock.now(),
      });
}

const rewrite = (ctx: ServiceContext, { id, scores, comment, verdict, revision, updatedAt }: ReviewRow): Statement =>
  ctx.db
    .update(reviews)
    .set({ scores, comment, verdict, revision, updatedAt })
    .where(and(eq(reviews.id, id), eq(reviews.revision, revision - 1)));

/** A first version is paid and counted; the author learns that there is one. */
function rewards(ctx: ServiceContext, row: ReviewRow, { work, person, days }: Desk): Change {
  const { goalId, category } = work;
  const paid = award(ctx, {
    userId: person.id,
    amount: XP.review,
    reason: "review",
    sourceType: "review",
    sourceId: row.id,
    goalId,
    category,
    day: localDay(ctx.clock.now(), person.timezone),
    dailyCap: DAILY_CAPS.review,
  });
  const messages = [xpChanged(person.id, { goalId, category })];
  const today = activity(ctx, person, days);
  if (row.calibration) {
    const shown = row.agreement === null ? {} : { calibrationSum: row.agreement, calibrationCount: 1 };
    return { statements: [...paid, ...today, tally(ctx, [{ userId: person.id, given: 1, ...shown }])], messages };
  }
  const received = ctx.db
    .update(submissions)
    .set({ reviewCount: sql`${submissions.reviewCount} + 1` })
    .where(eq(submissions.id, row.submissionId));
  const counts = tally(ctx, [
    { userId: person.id, given: 1 },
    { userId: work.row.authorId, received: 1 },
  ]);
  const told = event({
    type: "review.submitted",
    reviewId: row.id,
    submissionId: row.submissionId,
    reviewerId: person.id,
  });
  return { statements: [...paid, ...today, received, counts], messages: [...messages, told] };
}

/** The work's reviews with this one among them may be enough. */
function decidedBy(ctx: ServiceContext, row: ReviewRow, { work, reviews: others, evidence, person }: Desk): Change {
  const mine = opinionOf({ review: row, reviewer: person, evidence });
  const rest = others.filter(({ review }) => review.reviewerId !== row.reviewerId).map(opinionOf);
  return settle(ctx, work, [...rest, mine], row.verdict ? row.reviewerId : undefined);
}
