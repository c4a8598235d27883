import { eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { challenges, submissions } from "../../db/schema/challenges.ts";
import { goals } from "../../db/schema/goals.ts";
import { users } from "../../db/schema/users.ts";
import { commit, event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { requirePermission } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { audited } from "../audit/service.ts";
import { moved, reverseDecision } from "./decision.ts";
import { movesFrom } from "./rules.ts";
import type { NewReversal, Submission } from "./schema.ts";
import { getSubmission } from "./service.ts";

/** Takes undecided work back. While nobody has reviewed it, the attempt is given back too. */
export async function withdraw(ctx: ServiceContext, actor: UserActor, id: string): Promise<Submission> {
  const work = await getSubmission(ctx, actor, id);
  if (work.author?.id !== actor.id) throw notFound("submission");
  if (!movesFrom(work.status).includes("withdrawn")) throw immovable(work.status, "withdrawn");
  const undecided = sql`EXISTS (SELECT 1 FROM submissions WHERE id = ${id} AND status IN ('submitted', 'in_review'))`;
  const told = { submissionId: id, challengeId: work.challengeId, authorId: actor.id };
  try {
    await commit(
      ctx,
      [
        ensure(ctx.db, undecided),
        ctx.db.update(submissions).set({ status: "withdrawn" }).where(eq(submissions.id, id)),
        moved(ctx, id, { status: "withdrawn", by: "author", actorId: actor.id }),
      ],
      [event({ type: "submission.withdrawn", ...told })],
    );
  } catch (error) {
    if (!wasRefused(error)) throw error;
    throw immovable((await getSubmission(ctx, actor, id)).status, "withdrawn");
  }
  const move = { status: "withdrawn" as const, by: "author" as const, at: ctx.clock.now().toISOString() };
  return { ...work, status: "withdrawn", history: [...(work.history ?? []), move] };
}

const immovable = (from: string, to: string): AppError =>
  new AppError("ILLEGAL_TRANSITION", `Work that is ${from} cannot become ${to}.`, {
    details: { allowed: movesFrom(from) },
  });

/** A teacher takes the acceptance of work back that was found to be cheating, and the XP that it was paid. */
export async function reverseSubmission(
  ctx: ServiceContext,
  actor: UserActor,
  id: string,
  { reason }: NewReversal,
): Promise<Submission> {
  requirePermission(actor, "submissions:judge");
  const [work] = await ctx.db
    .select({
      id: submissions.id,
      status: submissions.status,
      challengeId: submissions.challengeId,
      authorId: submissions.authorId,
      points: submissions.points,
      timezone: users.timezone,
      goalId: challenges.goalId,
      category: goals.category,
    })
    .from(submissions)
    .innerJoin(challenges, eq(challenges.id, submissions.challengeId))
    .innerJoin(goals, eq(goals.id, challenges.goalId))
    .innerJoin(users, eq(users.id, submissions.authorId))
    .where(eq(submissions.id, id));
  if (!work || work.status === "rejected") throw notFound("submission");
  if (!movesFrom(work.status).includes("reversed")) throw immovable(work.status, "reversed");
  const { statements, messages } = reverseDecision(ctx, work, actor.id, reason);
  const line = audited(ctx, actor, {
    action: "submission.reversed",
    target: { type: "submission", id },
    details: { challengeId: work.challengeId, authorId: work.authorId, reason },
  });
  try {
    await commit(ctx, [...statements, line], messages);
  } catch (error) {
    if (!wasRefused(error)) throw error;
    throw immovable((await getSubmission(ctx, actor, id)).status, "reversed");
  }
  return await getSubmission(ctx, actor, id);
}
