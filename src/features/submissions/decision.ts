import { and, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { ensure } from "../../db/guard.ts";
import type { MOVERS } from "../../db/schema/challenges.ts";
import { submissionMoves, submissions } from "../../db/schema/challenges.ts";
import { goals } from "../../db/schema/goals.ts";
import type { OutboxMessage } from "../../events/outbox.ts";
import { event } from "../../events/outbox.ts";
import { newId } from "../../platform/ids.ts";
import { rolesWith } from "../../platform/permissions.ts";
import { award, xpChanged } from "../xp/awards.ts";
import { localDay } from "../xp/days.ts";
import { reverse } from "../xp/reversals.ts";
import { DAILY_CAPS, challengeXp } from "../xp/rules.ts";
import type { SubmissionRow } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock">;
type Status = SubmissionRow["status"];

const TEACHERS = JSON.stringify(rolesWith("challenges:teach"));

/** A piece of work with what its decision touches. `points` are those of the submission: what was promised when it was handed in. */
export interface Work {
  id: string;
  challengeId: string;
  authorId: string;
  /** The author's zone: the award belongs to their local day. */
  timezone: string;
  points: number;
  goalId: string;
  category: string;
}

export interface Decision {
  status: "accepted" | "needs_work";
  score: number | null;
  by: "rules" | "peers" | "teacher";
  /** The teacher. */
  deciderId?: string;
}

/** What belongs into one `commit`. */
export interface Change {
  statements: Statement[];
  messages: OutboxMessage[];
}

/**
 * Accepts work or sends it back: status, history, XP, the goal's progress and `submission.decided`.
 * Its first statement aborts the batch (`wasRefused`) unless the work still has one of the statuses `from`.
 */
export function decide(ctx: Ctx, work: Work, decision: Decision, from: readonly Status[] = ["in_review"]): Change {
  const { status, score, deciderId } = decision;
  const update = ctx.db
    .update(submissions)
    .set({ status, score, decidedAt: ctx.clock.now(), decidedBy: deciderId ?? null })
    .where(eq(submissions.id, work.id));
  const { statements, messages } = consequencesOf(ctx, work, decision);
  return { statements: [stillIn(ctx, work.id, from), update, ...statements], messages };
}

/** What follows from a decision, for work whose row already says so. */
export function consequencesOf(ctx: Ctx, work: Work, { status, score, by, deciderId }: Decision): Change {
  const decided = event({
    type: "submission.decided",
    submissionId: work.id,
    challengeId: work.challengeId,
    authorId: work.authorId,
    status,
    ...(deciderId === undefined ? {} : { deciderId }),
  });
  const history = moved(ctx, work.id, { status, by, actorId: deciderId });
  if (status !== "accepted") return { statements: [history], messages: [decided] };
  const points = award(ctx, {
    userId: work.authorId,
    amount: challengeXp(work.points, score),
    reason: "challenge",
    sourceType: "challenge",
    sourceId: work.challengeId,
    goalId: work.goalId,
    category: work.category,
    day: localDay(ctx.clock.now(), work.timezone),
    dailyCap: DAILY_CAPS.challenge,
    beyondCapIf: by === "teacher" ? sql`TRUE` : setByTeacher(work),
  });
  return {
    statements: [history, ...points, progressed(ctx, work)],
    messages: [decided, xpChanged(work.authorId, work)],
  };
}

/** Whether somebody who teaches, and not the author, wrote the challenge. */
const setByTeacher = ({ challengeId, authorId }: Work) =>
  sql`EXISTS (SELECT 1 FROM challenges c JOIN users u ON u.id = c.created_by
    WHERE c.id = ${challengeId} AND c.created_by <> ${authorId} AND u.role IN (SELECT value FROM json_each(${TEACHERS})))`;

/**
 * Takes an acceptance back: `reversed`, and the exact inverse of the XP that the challenge paid, unless other accepted
 * work of the same author still earns it. Aborts the batch unless the work is accepted.
 */
export function reverseDecision(ctx: Ctx, work: Work, teacherId: string, reason: string): Change {
  const unearned = sql`NOT EXISTS (SELECT 1 FROM submissions WHERE challenge_id = ${work.challengeId} AND author_id = ${work.authorId} AND status = 'accepted')`;
  const back = reverse(ctx, {
    userId: work.authorId,
    reason: "challenge",
    sourceId: work.challengeId,
    day: localDay(ctx.clock.now(), work.timezone),
    onlyIf: unearned,
  });
  return {
    statements: [
      stillIn(ctx, work.id, ["accepted"]),
      ctx.db
        .update(submissions)
        .set({ status: "reversed", decidedAt: ctx.clock.now(), decidedBy: teacherId })
        .where(eq(submissions.id, work.id)),
      moved(ctx, work.id, { status: "reversed", by: "teacher", actorId: teacherId, reason }),
      ...back,
      progressed(ctx, work),
    ],
    messages: [
      event({
        type: "submission.decided",
        submissionId: work.id,
        challengeId: work.challengeId,
        authorId: work.authorId,
        status: "reversed",
        deciderId: teacherId,
      }),
      xpChanged(work.authorId, work),
    ],
  };
}

const stillIn = (ctx: Ctx, id: string, from: readonly Status[]): Statement =>
  ensure(
    ctx.db,
    sql`EXISTS (SELECT 1 FROM submissions WHERE id = ${id} AND status IN (SELECT value FROM json_each(${JSON.stringify(from)})))`,
  );

export interface Move {
  status: Status;
  by: (typeof MOVERS)[number];
  actorId?: string | undefined;
  reason?: string | undefined;
}

/** One line of a submission's history, to go into the batch that moves it. */
export const moved = (ctx: Ctx, submissionId: string, { status, by, actorId, reason }: Move): Statement =>
  ctx.db.insert(submissionMoves).values({
    id: newId(),
    submissionId,
    status,
    movedBy: by,
    actorId: actorId ?? null,
    reason: reason ?? null,
    at: ctx.clock.now(),
  });

/** A goal's progress is its owner's; whoever is changing the goal at this moment has to look again. */
const progressed = (ctx: Ctx, work: Work): Statement =>
  ctx.db
    .update(goals)
    .set({ version: sql`${goals.version} + 1` })
    .where(and(eq(goals.id, work.goalId), eq(goals.ownerId, work.authorId)));
