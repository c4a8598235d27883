import { and, eq, inArray, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { ensure } from "../../db/guard.ts";
import { submissions } from "../../db/schema/challenges.ts";
import { users } from "../../db/schema/users.ts";
import { event } from "../../events/outbox.ts";
import type { Change } from "./decision.ts";
import { moved } from "./decision.ts";

const AT_ONCE = 50;
const UNDECIDED = ["submitted", "in_review"] as const;
const MOVE = {
  status: "withdrawn",
  by: "rules",
  reason: "The account of its author is suspended or deleted.",
} as const;

/**
 * Takes back what somebody suspended or deleted has left undecided: nobody is asked to review what its author cannot read.
 * As when they withdraw it themselves, the attempt comes back while nobody has reviewed it. What is decided meanwhile aborts the batch.
 */
export async function withdrawOf(ctx: ServiceContext, authorId: string): Promise<Change> {
  const open = await ctx.db
    .select({ submissionId: submissions.id, challengeId: submissions.challengeId, authorId: submissions.authorId })
    .from(submissions)
    .innerJoin(users, eq(users.id, submissions.authorId))
    .where(
      and(eq(submissions.authorId, authorId), inArray(submissions.status, UNDECIDED), eq(users.status, "suspended")),
    )
    .orderBy(submissions.id)
    .limit(AT_ONCE);
  if (open.length === 0) return { statements: [], messages: [] };
  const ids = JSON.stringify(open.map(({ submissionId }) => submissionId));
  const still = sql`id IN (SELECT value FROM json_each(${ids})) AND status IN ('submitted', 'in_review')`;
  const rest = open.length < AT_ONCE ? [] : [event({ type: "user.changed", userId: authorId, what: "status" })];
  return {
    statements: [
      ensure(ctx.db, sql`(SELECT count(*) FROM submissions WHERE ${still}) = ${open.length}`),
      ctx.db.update(submissions).set({ status: MOVE.status }).where(still),
      ...open.map(({ submissionId }) => moved(ctx, submissionId, MOVE)),
    ],
    messages: [...open.map((work) => event({ type: "submission.withdrawn", ...work })), ...rest],
  };
}
