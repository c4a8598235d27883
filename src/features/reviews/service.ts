import { eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { reviews } from "../../db/schema/reviews.ts";
import { users } from "../../db/schema/users.ts";
import { commit, event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { can } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { award, xpChanged } from "../xp/awards.ts";
import { localDay } from "../xp/days.ts";
import { XP } from "../xp/rules.ts";
import type { WorkRow } from "./queries.ts";
import { selectEvidence, selectLease, selectReviewBy, selectReviews, selectReviewsOf, selectWork } from "./queries.ts";
import type { Quality, Rating, Review } from "./schema.ts";
import { toReview } from "./schema.ts";
import { NO_EVIDENCE, meanAgreement, reliabilityOf } from "./scoring.ts";
import { tally } from "./tallies.ts";

const UNDECIDED = new Set(["submitted", "in_review", "withdrawn"]);

/**
 * What was written of a piece of work. Until the decision its author reads it without names and times, a reviewer only
 * their own; afterwards author, reviewers and circle see everything. Teachers always do.
 */
export async function listReviews(
  ctx: ServiceContext,
  actor: UserActor,
  submissionId: string,
  query: PageQuery,
): Promise<Paged<Review>> {
  const list = { name: "reviews", filters: { submissionId, userId: actor.id } };
  const { after, offset } = await startOf(ctx, list, query);
  const [[work], [lease], [own], rows] = await ctx.db.batch([
    selectWork(ctx, submissionId, actor.id),
    selectLease(ctx, submissionId, actor.id),
    selectReviewBy(ctx, submissionId, actor.id),
    selectReviewsOf(ctx, submissionId, after)
      .limit(query.limit + 1)
      .offset(offset),
  ]);
  const sight = sightOf(actor, work, lease);
  const shown = sight === "own" ? (own && after === null && offset === 0 ? [own] : []) : rows;
  const paged = await toPage(ctx, list, query, shown, ({ review }) => review.id);
  const reader = sight === "blind" ? "blind" : "open";
  return { ...paged, items: paged.items.map(({ review, reviewer }) => toReview(review, reviewer, reader)) };
}

function sightOf(
  actor: UserActor,
  work: WorkRow | undefined,
  lease: { kind: string; state: string } | undefined,
): "all" | "blind" | "own" {
  if (!work) throw notFound("submission");
  const { row, visibility, ownerId, isMember } = work;
  const decided = !UNDECIDED.has(row.status);
  if (row.authorId === actor.id) return decided ? "all" : "blind";
  const isPublic = visibility === "public";
  if (can(actor, "submissions:judge") && (isPublic || lease)) return "all";
  if (lease?.kind === "calibration") return "own";
  const reviewed = lease?.state === "done";
  const inCircle = ownerId === actor.id || (isPublic && isMember === 1);
  if (decided && (reviewed || (inCircle && row.status !== "rejected"))) return "all";
  if (lease) return "own";
  if (inCircle && row.status !== "rejected")
    throw new AppError("FORBIDDEN", "Its reviews are shown when the work is decided.");
  throw notFound("submission");
}

/** Says how helpful a review of one's own work was: once, and not before it can no longer change the decision. */
export async function rateReview(
  ctx: ServiceContext,
  actor: UserActor,
  id: string,
  { helpful, comment }: Rating,
): Promise<Review> {
  const [[facts], [work], [zone]] = await ctx.db.batch([
    selectReviews(ctx).where(sql`${reviews.id} = ${id} AND ${reviews.calibration} = 0`),
    selectWork(ctx, sql`(SELECT submission_id FROM reviews WHERE id = ${id})`, actor.id),
    ctx.db
      .select({ timezone: users.timezone })
      .from(users)
      .where(sql`${users.id} = (SELECT reviewer_id FROM reviews WHERE id = ${id})`),
  ]);
  if (!facts || !zone || work?.row.authorId !== actor.id) throw notFound("review");
  if (UNDECIDED.has(work.row.status)) throw new AppError("NOT_DECIDED", "Reviews are rated when the work is decided.");
  const rated = new AppError("ALREADY_RATED", "You have rated this review.");
  if (facts.review.helpful !== null) throw rated;
  const { reviewerId } = facts.review;
  const row = { ...facts.review, helpful, ratingComment: comment ?? null, ratedAt: ctx.clock.now() };
  try {
    await commit(
      ctx,
      [
        ensure(ctx.db, sql`EXISTS (SELECT 1 FROM reviews WHERE id = ${id} AND helpful IS NULL)`),
        ctx.db
          .update(reviews)
          .set({ helpful, ratingComment: row.ratingComment, ratedAt: row.ratedAt })
          .where(eq(reviews.id, id)),
        tally(ctx, [{ userId: reviewerId, ratingSum: helpful, ratingCount: 1 }]),
        ...award(ctx, {
          userId: reviewerId,
          amount: XP.reviewPerHelpfulPoint * helpful,
          reason: "review_rating",
          sourceType: "review",
          sourceId: id,
          day: localDay(ctx.clock.now(), zone.timezone),
        }),
      ],
      [event({ type: "review.rated", reviewId: id, reviewerId, helpful }), xpChanged(reviewerId)],
    );
  } catch (error) {
    throw wasRefused(error) ? rated : error;
  }
  return toReview(row, facts.reviewer, "open");
}

/** How my reviewing stands. */
export async function getQuality(ctx: Pick<ServiceContext, "db">, actor: UserActor): Promise<Quality> {
  const [found] = await selectEvidence(ctx, actor.id);
  const evidence = found ?? NO_EVIDENCE;
  return {
    reliability: reliabilityOf(evidence),
    reviewsGiven: found?.given ?? 0,
    reviewsReceived: found?.received ?? 0,
    agreement: meanAgreement(evidence),
    helpfulness: evidence.ratingCount === 0 ? null : evidence.ratingSum / evidence.ratingCount,
  };
}
