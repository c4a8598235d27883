import type { ServiceContext } from "../../context.ts";
import type { UserActor } from "../../platform/actor.ts";
import { notFound } from "../../platform/errors.ts";
import { recentDays } from "../xp/awards.ts";
import {
  selectEvidence,
  selectLease,
  selectPerson,
  selectReference,
  selectReviewBy,
  selectReviewsOf,
  selectWork,
} from "./queries.ts";
import { NO_EVIDENCE } from "./scoring.ts";

/** All that a reviewer has before them when they write: the work, what others wrote, and their own lease. */
export async function readDesk(ctx: ServiceContext, actor: UserActor, submissionId: string) {
  const [[work], reviews, [own], [lease], [reference], [evidence], [person], days] = await ctx.db.batch([
    selectWork(ctx, submissionId, actor.id),
    selectReviewsOf(ctx, submissionId),
    selectReviewBy(ctx, submissionId, actor.id),
    selectLease(ctx, submissionId, actor.id),
    selectReference(ctx, submissionId),
    selectEvidence(ctx, actor.id),
    selectPerson(ctx, actor.id),
    recentDays(ctx, actor.id),
  ]);
  if (!work || !person) throw notFound("submission");
  return { work, reviews, own, lease, reference, evidence: evidence ?? NO_EVIDENCE, person, days };
}

export type Desk = Awaited<ReturnType<typeof readDesk>>;
type Lease = NonNullable<Desk["lease"]>;

export const isAlive = (ctx: Pick<ServiceContext, "clock">, { state, expiresAt }: Lease): boolean =>
  state === "open" && expiresAt > ctx.clock.now();
