import type { SQL } from "drizzle-orm";
import { and, eq, or, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { reviewAssignments } from "../../db/schema/reviews.ts";
import { users } from "../../db/schema/users.ts";
import type { Reaction } from "../../events/dispatch.ts";
import { subscriber } from "../../events/dispatch.ts";
import { event } from "../../events/outbox.ts";
import { pushToLearners } from "./assignment.ts";
import { closeLeases } from "./leases.ts";

export const reviewSubscribers = [
  subscriber({
    name: "assign-reviewers",
    on: ["submission.in_review", "review.slot_freed"],
    react: async (ctx, { submissionId }) => await pushToLearners(ctx, submissionId),
  }),
  subscriber({
    name: "close-review-leases",
    on: ["submission.withdrawn"],
    react: async (ctx, { submissionId }) => ({ statements: [closeLeases(ctx, submissionId)] }),
  }),
  subscriber({
    name: "return-review-leases",
    on: ["user.changed", "user.deleted"],
    react: async (ctx, { userId }) => await returnAll(ctx, userId),
  }),
  subscriber({
    name: "return-leases-of-blocked",
    on: ["user.blocked"],
    react: async (ctx, { blockerId, blockedId }) => await returnBetween(ctx, blockerId, blockedId),
  }),
];

async function returnBetween(ctx: ServiceContext, one: string, other: string): Promise<Reaction> {
  const between = and(
    eq(reviewAssignments.state, "open"),
    or(
      and(eq(reviewAssignments.authorId, one), eq(reviewAssignments.reviewerId, other)),
      and(eq(reviewAssignments.authorId, other), eq(reviewAssignments.reviewerId, one)),
    ),
  );
  return await returned(ctx, between);
}

/** Somebody suspended or deleted reviews no more; others are asked. */
const returnAll = async (ctx: ServiceContext, userId: string): Promise<Reaction> =>
  await returned(
    ctx,
    and(
      eq(reviewAssignments.reviewerId, userId),
      eq(reviewAssignments.state, "open"),
      sql`NOT EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${userId} AND ${users.status} = 'active')`,
    ),
  );

async function returned(ctx: ServiceContext, which: SQL | undefined): Promise<Reaction> {
  const open = await ctx.db
    .select({ submissionId: reviewAssignments.submissionId })
    .from(reviewAssignments)
    .where(which);
  if (open.length === 0) return {};
  return {
    statements: [ctx.db.update(reviewAssignments).set({ state: "returned" }).where(which)],
    messages: open.map(({ submissionId }) => event({ type: "review.slot_freed", submissionId })),
  };
}
