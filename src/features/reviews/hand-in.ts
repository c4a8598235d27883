import type { ServiceContext } from "../../context.ts";
import { wasRefused } from "../../db/guard.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { can, requirePermission } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import type { Desk } from "./desk.ts";
import { isAlive, readDesk } from "./desk.ts";
import { faultsOf, named, rubricOf } from "./rules.ts";
import type { NewReview, Review } from "./schema.ts";
import { toReview } from "./schema.ts";
import { draft } from "./writing.ts";

/** Each refusal means that another review got in, of which a piece of work has a handful. */
const TRIES = 10;

/**
 * Hands in a review, or a new version of one's own: one read, one write. What it decides, and what it pays, is part of
 * the same transaction; it is written only if no other review came between, so that of two last ones exactly one decides.
 */
export async function handInReview(
  ctx: ServiceContext,
  actor: UserActor,
  submissionId: string,
  given: NewReview,
): Promise<Review> {
  requirePermission(actor, "reviews:write");
  for (let tries = 1; ; tries += 1) {
    const desk = await readDesk(ctx, actor, submissionId);
    const input = { ...given, scores: named(rubricOf(desk.work.row.rubric), given.scores) };
    const refusal = refusalOf(ctx, actor, input, desk);
    if (refusal) throw refusal;
    const { row, statements, messages } = draft(ctx, actor, input, desk);
    try {
      await commit(ctx, statements, messages);
      return toReview(row, desk.person, "open");
    } catch (error) {
      if (!wasRefused(error)) throw error;
      if (tries === TRIES)
        throw new AppError("CONFLICT", "Others are reviewing this work at this moment; send it again.", {
          cause: error,
        });
    }
  }
}

function refusalOf(ctx: ServiceContext, actor: UserActor, input: NewReview, desk: Desk): AppError | null {
  const { work, person } = desk;
  const closed = accessRefusal(actor, desk);
  if (closed) return closed;
  if (person.status !== "active") return new AppError("ACCOUNT_SUSPENDED", "This account is suspended.");
  if (input.verdict && !can(actor, "submissions:judge"))
    return new AppError("FORBIDDEN", "Only a teacher may give a verdict.");
  const isBareVerdict = input.verdict && input.scores.length === 0 && desk.lease?.kind !== "calibration";
  const faults = isBareVerdict ? [] : faultsOf(rubricOf(work.row.rubric), input);
  if (faults.length > 0) return new AppError("VALIDATION_ERROR", "The request does not fit.", { details: faults });
  return leaseRefusal(ctx, actor, desk);
}

/** Who may not review this at all: its author, whoever was not asked to, and those who may not know of it. */
function accessRefusal(actor: UserActor, { work, lease }: Desk): AppError | null {
  const { row, visibility, ownerId, isMember } = work;
  if (row.authorId === actor.id) return new AppError("FORBIDDEN", "Nobody reviews their own work.");
  if (lease) return null;
  if (can(actor, "submissions:judge")) return row.status === "rejected" ? notFound("submission") : null;
  const inCircle = ownerId === actor.id || (visibility === "public" && isMember === 1);
  return inCircle && row.status !== "rejected"
    ? new AppError("FORBIDDEN", "This work is not yours to review; ask for the next assignment.")
    : notFound("submission");
}

function leaseRefusal(ctx: ServiceContext, actor: UserActor, { work, lease }: Desk): AppError | null {
  const teaches = can(actor, "submissions:judge");
  if (lease?.kind !== "calibration" && work.row.status !== "in_review")
    return new AppError("REVIEW_CLOSED", `This work is ${work.row.status}; its reviews are closed.`);
  if (!lease || lease.state === "done" || teaches) return null;
  if (lease.state === "returned") return new AppError("LEASE_EXPIRED", "You gave this work back.");
  if (isAlive(ctx, lease) || lease.kind === "calibration" || work.hasFreeSlot === 1) return null;
  return new AppError("LEASE_EXPIRED", "The time for this review is over, and somebody else has taken it.");
}
