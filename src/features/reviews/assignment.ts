import type { SQL } from "drizzle-orm";
import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { ensure } from "../../db/guard.ts";
import { event } from "../../events/outbox.ts";
import { newId } from "../../platform/ids.ts";
import type { Change } from "../submissions/decision.ts";
import { learnersFor, teachersFor } from "./candidates.ts";
import { slotsTaken, slotsWanted } from "./eligibility.ts";
import { LEASE_MS } from "./rules.ts";

type Ctx = Pick<ServiceContext, "db" | "clock">;

const NOTHING: Change = { statements: [], messages: [] };

/** Gives each free slot of a piece of work to the learner who has least to do. What a claim takes meanwhile aborts the batch. */
export async function pushToLearners(ctx: Ctx, submissionId: string): Promise<Change> {
  const now = ctx.clock.now();
  const [[work], people] = (await batch(ctx.db, [
    ctx.db.all(sql`
      SELECT author_id AS authorId, ${slotsTaken(now)} AS taken, ${slotsWanted(now)} AS wanted
      FROM submissions s WHERE s.id = ${submissionId} AND s.status = 'in_review'`),
    ctx.db.all(learnersFor(submissionId)),
  ])) as [{ authorId: string; taken: number; wanted: number }[], { reviewerId: string }[]];
  if (!work || work.taken >= work.wanted) return NOTHING;
  const chosen = people.slice(0, work.wanted - work.taken).map(({ reviewerId }) => reviewerId);
  if (chosen.length === 0) return NOTHING;
  const asRead = sql`EXISTS (SELECT 1 FROM submissions s WHERE s.id = ${submissionId} AND s.status = 'in_review' AND ${slotsTaken(now)} = ${work.taken})`;
  return assign(ctx, { submissionId, authorId: work.authorId, kind: "peer", chosen, asRead });
}

/** Asks a teacher about work that peers have left alone: the goal's owner, else one of the circle, else who has least to do. */
export async function askTeacher(ctx: Ctx, submissionId: string): Promise<Change> {
  const [teacher] = await ctx.db.all<{ reviewerId: string; authorId: string }>(
    teachersFor(submissionId, ctx.clock.now()),
  );
  if (!teacher) return NOTHING;
  const { authorId, reviewerId } = teacher;
  const asRead = sql`EXISTS (SELECT 1 FROM submissions s WHERE s.id = ${submissionId} AND s.status = 'in_review')`;
  return assign(ctx, { submissionId, authorId, kind: "verdict", chosen: [reviewerId], asRead });
}

interface Order {
  submissionId: string;
  authorId: string;
  kind: "peer" | "verdict";
  chosen: readonly string[];
  asRead: SQL;
}

function assign(ctx: Ctx, { submissionId, authorId, kind, chosen, asRead }: Order): Change {
  const now = ctx.clock.now().getTime();
  const leases = chosen.map((reviewerId) => ({ id: newId(), reviewerId }));
  return {
    statements: [
      ensure(ctx.db, asRead),
      ctx.db.run(sql`
        INSERT INTO review_assignments (id, submission_id, reviewer_id, author_id, kind, pushed, state, claimed_at, expires_at)
        SELECT value ->> 'id', ${submissionId}, value ->> 'reviewerId', ${authorId}, ${kind}, 1, 'open', ${now}, ${now + LEASE_MS}
        FROM json_each(${JSON.stringify(leases)}) WHERE TRUE
        ON CONFLICT (submission_id, reviewer_id) DO UPDATE SET id = excluded.id, kind = excluded.kind, pushed = 1, state = 'open',
          claimed_at = excluded.claimed_at, expires_at = excluded.expires_at, extended_at = NULL WHERE state IN ('open', 'expired')`),
    ],
    messages: leases.map(({ id, reviewerId }) =>
      event({ type: "review.assigned", assignmentId: id, submissionId, reviewerId }),
    ),
  };
}
