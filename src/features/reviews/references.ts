import { eq } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { reviewReferences } from "../../db/schema/reviews.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { requirePermission } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { audited } from "../audit/service.ts";
import { selectWork } from "./queries.ts";
import { faultsOf, rubricOf } from "./rules.ts";
import type { NewReference, Reference } from "./schema.ts";
import { toReference } from "./schema.ts";

/** Makes decided work a reference: reviewers are handed it like any other and compared with these scores. */
export async function setReference(
  ctx: ServiceContext,
  actor: UserActor,
  submissionId: string,
  { scores }: NewReference,
): Promise<Reference> {
  const { row } = await findJudged(ctx, actor, submissionId);
  if (row.status !== "accepted" && row.status !== "needs_work")
    throw new AppError("NOT_DECIDED", "Only work that is accepted or sent back can be a reference.");
  const faults = faultsOf(rubricOf(row.rubric), { scores });
  if (faults.length > 0) throw new AppError("VALIDATION_ERROR", "The request does not fit.", { details: faults });
  const set = { setBy: actor.id, scores, updatedAt: ctx.clock.now() };
  await commit(ctx, [
    ctx.db
      .insert(reviewReferences)
      .values({ submissionId, ...set })
      .onConflictDoUpdate({ target: reviewReferences.submissionId, set }),
    audited(ctx, actor, { action: "reference.set", target: { type: "submission", id: submissionId } }),
  ]);
  return toReference({ submissionId, ...set });
}

/** What is handed out already is still paid, and proves nothing any more. */
export async function removeReference(ctx: ServiceContext, actor: UserActor, submissionId: string): Promise<void> {
  await findJudged(ctx, actor, submissionId);
  await commit(ctx, [
    ctx.db.delete(reviewReferences).where(eq(reviewReferences.submissionId, submissionId)),
    audited(ctx, actor, { action: "reference.removed", target: { type: "submission", id: submissionId } }),
  ]);
}

async function findJudged(ctx: ServiceContext, actor: UserActor, submissionId: string) {
  requirePermission(actor, "submissions:judge");
  const [work] = await selectWork(ctx, submissionId, actor.id);
  if (!work || work.row.status === "rejected") throw notFound("submission");
  if (work.row.authorId === actor.id) throw new AppError("FORBIDDEN", "Your own work proves nothing of others.");
  return work;
}
