import type { SQL } from "drizzle-orm";
import { and, eq, lte, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { wasRefused } from "../../db/guard.ts";
import { reviewAssignments } from "../../db/schema/reviews.ts";
import { commit, event } from "../../events/outbox.ts";
import { askTeacher } from "./assignment.ts";
import { selectReviewsOf, selectWork } from "./queries.ts";
import { PATIENCE_MS } from "./rules.ts";
import { opinionOf, settle } from "./settlement.ts";

const LEASES_A_RUN = 500;
const RESCUES_A_RUN = 50;

/** Takes back the leases whose time is over, and has somebody else asked. Returns how many. */
export async function expireLeases(ctx: ServiceContext): Promise<number> {
  const now = ctx.clock.now();
  const over = and(eq(reviewAssignments.state, "open"), lte(reviewAssignments.expiresAt, now));
  const due = await ctx.db
    .select({ id: reviewAssignments.id, submissionId: reviewAssignments.submissionId })
    .from(reviewAssignments)
    .where(over)
    .orderBy(reviewAssignments.expiresAt)
    .limit(LEASES_A_RUN);
  if (due.length === 0) return 0;
  const ids = JSON.stringify(due.map(({ id }) => id));
  const freed = [...new Set(due.map(({ submissionId }) => submissionId))];
  await commit(
    ctx,
    [
      ctx.db
        .update(reviewAssignments)
        .set({ state: "expired" })
        .where(and(over, sql`${reviewAssignments.id} IN (SELECT value FROM json_each(${ids}))`)),
    ],
    freed.map((submissionId) => event({ type: "review.slot_freed", submissionId })),
  );
  return due.length;
}

/** After seven days: decides what has a review, and asks a teacher about what has none and nobody on it. Returns how many. */
export async function rescueStuck(ctx: ServiceContext): Promise<number> {
  const stuck = await ctx.db.all<{ id: string; reviews: number }>(stuckWork(ctx.clock.now()));
  for (const { id, reviews } of stuck) await rescue(ctx, id, reviews > 0);
  return stuck.length;
}

/** The oldest first: decidable by the reviews there are, or on nobody's desk while a teacher could be asked. */
export const stuckWork = (now: Date): SQL => sql`
  SELECT id, reviews FROM (
    SELECT s.id, s.created_at, s.requires_verdict, (SELECT count(*) FROM reviews r WHERE r.submission_id = s.id AND r.calibration = 0) AS reviews
    FROM submissions s INDEXED BY submissions_in_review_age WHERE s.status = 'in_review' AND s.created_at <= ${now.getTime() - PATIENCE_MS}
  ) s
  WHERE (reviews > 0 AND NOT requires_verdict) OR (
    NOT EXISTS (SELECT 1 FROM review_assignments a WHERE a.submission_id = s.id AND a.state = 'open' AND a.expires_at > ${now.getTime()})
    AND EXISTS (SELECT 1 FROM users u INDEXED BY users_by_role_and_status WHERE u.role IN ('teacher', 'admin', 'superadmin') AND u.status = 'active' AND u.deleted_at IS NULL
      AND u.id <> (SELECT author_id FROM submissions WHERE id = s.id)
      AND NOT EXISTS (SELECT 1 FROM review_assignments had WHERE had.submission_id = s.id AND had.reviewer_id = u.id AND had.state IN ('done', 'returned')))
  )
  ORDER BY created_at LIMIT ${RESCUES_A_RUN}`;

async function rescue(ctx: ServiceContext, submissionId: string, hasReviews: boolean): Promise<void> {
  try {
    const change = (hasReviews ? await decideNow(ctx, submissionId) : null) ?? (await askTeacher(ctx, submissionId));
    if (change.statements.length > 0) await commit(ctx, change.statements, change.messages);
  } catch (error) {
    if (!wasRefused(error)) throw error;
    ctx.logger.info("somebody else came to the rescue", { submissionId });
  }
}

/** Null when the reviews there are decide nothing, as where a verdict is required. */
async function decideNow(ctx: ServiceContext, submissionId: string) {
  const [[work], written] = await ctx.db.batch([selectWork(ctx, submissionId, ""), selectReviewsOf(ctx, submissionId)]);
  if (!work) return null;
  const change = settle(ctx, work, written.map(opinionOf));
  return change.statements.length > 0 ? change : null;
}
