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
import type { Lease, Sight } from "./visibility.ts";
import { isDecided, shownReviews, sightOf } from "./visibility.ts";

/** A page of what was written of a piece of work, as far as the actor may see it. */
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
  const sight = seenBy(ctx, actor, work, lease);
  const isFirst = after === null && offset === 0;
  const shown = shownReviews(sight, rows, isFirst ? own : undefined);
  return await toPage(ctx, list, query, shown, ({ id }) => id);
}

function seenBy(
  ctx: Pick<ServiceContext, "clock">,
  actor: UserActor,
  work: WorkRow | undefined,
  lease: Lease | undefined,
): Sight {
  if (!work) throw notFound("submission");
  const { row, ownerId, visibility, isMember } = work;
  const isAuthor = row.authorId === actor.id;
  const isTeacher = can(actor, "submissions:judge");
  const inCircle = ownerId === actor.id || (visibility === "public" && isMember === 1);
  if (row.status === "rejected" && !isAuthor) throw notFound("submission");
  const sight = sightOf({ isAuthor, isTeacher, inCircle, lease }, row.status, ctx.clock.now());
  if (sight !== "none") return sight;
  throw inCircle
    ? new AppError("FORBIDDEN", "Its reviews are shown when the work is decided.")
    : notFound("submission");
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
  if (!isDecided(work.row.status)) throw new AppError("NOT_DECIDED", "Reviews are rated when the work is decided.");
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
