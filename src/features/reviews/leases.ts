import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { submissions } from "../../db/schema/challenges.ts";
import { reviewAssignments } from "../../db/schema/reviews.ts";
import { commit, event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { LEASE_MS } from "./rules.ts";
import type { Assignment, AssignmentFacts, AssignmentFilters } from "./schema.ts";
import { toAssignment } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "config">;

/** For RETURNING of `review_assignments`: the lease with the work it is for. Read it with `leaseOf`. */
export const leaseColumns = sql`id, submission_id, state, kind, claimed_at, expires_at, extended_at,
  (SELECT json_object('challengeId', s.challenge_id, 'status', s.status, 'content', json(s.content), 'rubric', json(s.rubric))
    FROM submissions s WHERE s.id = review_assignments.submission_id) AS work`;

interface RawLease {
  id: string;
  submission_id: string;
  state: AssignmentFacts["state"];
  kind: string;
  claimed_at: number;
  expires_at: number;
  extended_at: number | null;
  work: string;
}

export function leaseOf(row: unknown): AssignmentFacts {
  const raw = row as RawLease;
  const work = JSON.parse(raw.work) as Pick<AssignmentFacts, "challengeId" | "status" | "content" | "rubric">;
  return {
    ...work,
    id: raw.id,
    submissionId: raw.submission_id,
    state: raw.state,
    kind: raw.kind,
    claimedAt: new Date(raw.claimed_at),
    expiresAt: new Date(raw.expires_at),
    extendedAt: raw.extended_at === null ? null : new Date(raw.extended_at),
  };
}

/** Somebody's leases, newest first, with the work. */
export const selectLeases = (ctx: Pick<Ctx, "db">) =>
  ctx.db
    .select({
      id: reviewAssignments.id,
      submissionId: reviewAssignments.submissionId,
      state: reviewAssignments.state,
      kind: reviewAssignments.kind,
      claimedAt: reviewAssignments.claimedAt,
      expiresAt: reviewAssignments.expiresAt,
      extendedAt: reviewAssignments.extendedAt,
      challengeId: submissions.challengeId,
      content: submissions.content,
      rubric: submissions.rubric,
      status: submissions.status,
    })
    .from(reviewAssignments)
    .innerJoin(submissions, eq(submissions.id, reviewAssignments.submissionId))
    .orderBy(desc(reviewAssignments.id))
    .$dynamic();

export async function listAssignments(
  ctx: Ctx,
  actor: UserActor,
  { state }: AssignmentFilters,
  query: PageQuery,
): Promise<Paged<Assignment>> {
  const list = { name: "review-assignments", filters: { reviewerId: actor.id, state } };
  const { after, offset } = await startOf(ctx, list, query);
  const rows = await selectLeases(ctx)
    .where(
      and(
        eq(reviewAssignments.reviewerId, actor.id),
        state === undefined ? undefined : eq(reviewAssignments.state, state),
        after === null ? undefined : lt(reviewAssignments.id, after),
      ),
    )
    .limit(query.limit + 1)
    .offset(offset);
  const paged = await toPage(ctx, list, query, rows, ({ id }) => id);
  return { ...paged, items: paged.items.map((row) => toAssignment(row, ctx.clock.now())) };
}

/** Eight hours more, once. */
export async function extend(ctx: ServiceContext, actor: UserActor, id: string): Promise<Assignment> {
  const now = ctx.clock.now();
  const [extended] = (await commit(ctx, [
    ctx.db.all(sql`
      UPDATE review_assignments SET expires_at = expires_at + ${LEASE_MS}, extended_at = ${now.getTime()}
      WHERE id = ${id} AND reviewer_id = ${actor.id} AND state = 'open' AND expires_at > ${now.getTime()} AND extended_at IS NULL
      RETURNING ${leaseColumns}`),
  ])) as [unknown[]];
  if (extended.length > 0) return toAssignment(leaseOf(extended[0]), now);
  const lease = await findMine(ctx, actor, id);
  if (lease.state === "open" && lease.extendedAt)
    throw new AppError("ALREADY_EXTENDED", "A lease is extended once; hand in what you have, or give it back.");
  throw new AppError("LEASE_EXPIRED", `This assignment is ${lease.state} and cannot be extended.`);
}

/** Gives work back unreviewed; giving back again changes nothing. */
export async function giveBack(ctx: ServiceContext, actor: UserActor, id: string): Promise<void> {
  const lease = await findMine(ctx, actor, id);
  if (lease.state === "done") throw new AppError("REVIEW_CLOSED", "This review is handed in; it can only be edited.");
  if (lease.state !== "open") return;
  await commit(
    ctx,
    [
      ctx.db
        .update(reviewAssignments)
        .set({ state: "returned" })
        .where(
          and(
            eq(reviewAssignments.id, id),
            eq(reviewAssignments.reviewerId, actor.id),
            eq(reviewAssignments.state, "open"),
          ),
        ),
    ],
    [event({ type: "review.slot_freed", submissionId: lease.submission.id })],
  );
}

async function findMine(ctx: Ctx, actor: UserActor, id: string): Promise<Assignment> {
  const [row] = await selectLeases(ctx).where(
    and(eq(reviewAssignments.id, id), eq(reviewAssignments.reviewerId, actor.id)),
  );
  if (!row) throw notFound("assignment");
  return toAssignment(row, ctx.clock.now());
}

/** Ends what is still open on a piece of work that needs no more reviews. */
export const closeLeases = (ctx: Pick<Ctx, "db">, submissionId: string): Statement =>
  ctx.db
    .update(reviewAssignments)
    .set({ state: "returned" })
    .where(and(eq(reviewAssignments.submissionId, submissionId), eq(reviewAssignments.state, "open")));
