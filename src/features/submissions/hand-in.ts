import { and, desc, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { challenges, submissions } from "../../db/schema/challenges.ts";
import { users } from "../../db/schema/users.ts";
import type { OutboxMessage } from "../../events/outbox.ts";
import { commit, event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, invalid, notFound } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { enqueueFeedback } from "../ai/jobs.ts";
import { revoked } from "../auth/fresh.ts";
import type { Quiz } from "../challenges/schema.ts";
import { maySee, standingOf } from "../challenges/service.ts";
import { activity, recentDays, xpChanged } from "../xp/awards.ts";
import type { Change } from "./decision.ts";
import { consequencesOf, moved } from "./decision.ts";
import type { Content } from "./rules.ts";
import { scoreQuiz } from "./quiz.ts";
import { attemptsUsed, checkRules, firstStatus } from "./rules.ts";
import type { NewSubmission, Submission, SubmissionRow } from "./schema.ts";
import { toSubmission } from "./schema.ts";
import { shownName } from "../users/schema.ts";

type Read = Awaited<ReturnType<typeof readAll>>;

const CONTENT_KEY = { text: "text", code: "code", link: "url", quiz: "answers" } as const;

/**
 * Hands in work: one read, one write. Broken rules reject it and cost no attempt; what passes is judged at once where
 * nobody else has to, and its XP, the day's bonus and the feedback job are part of the same transaction.
 */
export async function handIn(ctx: ServiceContext, actor: UserActor, input: NewSubmission): Promise<Submission> {
  const read = await readAll(ctx, actor, input.challengeId);
  const refusal = refusalOf(ctx, actor, input.content, read);
  if (refusal) throw refusal;
  try {
    return await write(ctx, actor, input, read);
  } catch (error) {
    if (!wasRefused(error)) throw error;
    const again = await readAll(ctx, actor, input.challengeId);
    throw (
      refusalOf(ctx, actor, input.content, again) ??
      new AppError(
        "CONFLICT",
        "Another hand-in, or a change of the challenge, came at the same moment; send it again.",
        { cause: error },
      )
    );
  }
}

async function readAll(ctx: ServiceContext, actor: UserActor, challengeId: string) {
  const [[challenge], [goal], earlier, [profile], days] = await ctx.db.batch([
    ctx.db.select().from(challenges).where(eq(challenges.id, challengeId)),
    standingOf(ctx, actor, sql`(SELECT goal_id FROM challenges WHERE id = ${challengeId})`),
    ctx.db
      .select({ status: submissions.status, reviewCount: submissions.reviewCount })
      .from(submissions)
      .where(and(eq(submissions.challengeId, challengeId), eq(submissions.authorId, actor.id)))
      .orderBy(desc(submissions.id)),
    ctx.db
      .select({
        id: users.id,
        username: users.username,
        displayName: shownName,
        avatarUrl: users.avatarUrl,
        timezone: users.timezone,
      })
      .from(users)
      .where(and(eq(users.id, actor.id), eq(users.status, "active"))),
    recentDays(ctx, actor.id),
  ]);
  if (!challenge || !maySee(goal, actor)) throw notFound("challenge");
  if (!profile) throw revoked();
  return { challenge, goal, earlier, profile, days };
}

function refusalOf(
  ctx: ServiceContext,
  actor: UserActor,
  content: Content,
  { challenge, goal, earlier }: Read,
): AppError | null {
  if (goal.ownerId !== actor.id && !goal.isMember)
    return new AppError("NOT_A_MEMBER", "Join the goal's circle to hand in work.");
  if (challenge.archivedAt) return new AppError("CHALLENGE_CLOSED", "This challenge is archived.");
  if (challenge.dueAt && challenge.dueAt <= ctx.clock.now())
    return new AppError("CHALLENGE_CLOSED", "This challenge was due already.");
  const key = CONTENT_KEY[challenge.kind];
  if (!(key in content))
    return invalid(`body.content.${key}`, "invalid_type", `a ${challenge.kind} challenge takes { ${key} }`);
  if (earlier.some(({ status }) => status === "accepted"))
    return new AppError("ALREADY_ACCEPTED", "Your work on this challenge was accepted already.");
  const attempts = { used: attemptsUsed(earlier), allowed: challenge.maxAttempts };
  if (attempts.used >= attempts.allowed)
    return new AppError("ATTEMPTS_EXHAUSTED", `All ${attempts.allowed} attempts are used.`, { details: attempts });
  return null;
}

function judge(ctx: ServiceContext, actor: UserActor, content: Content, { challenge, earlier }: Read): SubmissionRow {
  const quiz = challenge.quiz as Quiz | null;
  const validation = checkRules(challenge, quiz, content);
  const score = quiz && "answers" in content ? scoreQuiz(quiz, content.answers) : null;
  const status = firstStatus(challenge, validation, score);
  const decided = status === "accepted" || status === "needs_work";
  const now = ctx.clock.now();
  return {
    id: newId(),
    challengeId: challenge.id,
    authorId: actor.id,
    attempt: attemptsUsed(earlier) + 1,
    content,
    status,
    validation,
    rubric: challenge.rubric,
    challengeVersion: challenge.version,
    points: challenge.points,
    passScore: challenge.passScore,
    peerReviews: challenge.peerReviews,
    requiresVerdict: challenge.requiresVerdict,
    quizScore: status === "rejected" ? null : score,
    reviewCount: 0,
    score: decided ? score : null,
    createdAt: now,
    decidedAt: decided ? now : null,
    decidedBy: null,
  };
}

async function write(ctx: ServiceContext, actor: UserActor, input: NewSubmission, read: Read): Promise<Submission> {
  const { profile } = read;
  const row = judge(ctx, actor, input.content, read);
  const facts = { row, author: profile };
  const before: Statement[] = [stillAsRead(ctx, actor, read), ctx.db.insert(submissions).values(row)];
  const arrival = arrivalOf(ctx, row, read);
  if (row.status === "rejected") {
    await commit(ctx, [...before, ...arrival.statements]);
    return toSubmission(facts);
  }
  const feedback = input.requestFeedback
    ? enqueueFeedback(ctx, { submissionId: row.id, userId: actor.id, timezone: profile.timezone })
    : null;
  const order = feedback?.statements ?? [];
  const messages: OutboxMessage[] = [...arrival.messages, ...(feedback ? [feedback.message] : [])];
  const today = activity(ctx, profile, read.days);
  const results = await commit(ctx, [...before, ...order, ...arrival.statements, ...today], messages);
  if (!feedback) return toSubmission(facts);
  const granted = feedback.granted(results.slice(before.length, before.length + order.length));
  return granted
    ? toSubmission({ ...facts, feedbackJobId: feedback.jobId })
    : { ...toSubmission(facts), feedbackUnavailable: "QUOTA_EXCEEDED" };
}

/** What follows from the status that work arrives with; the day's bonus, which it also earns, moves the boards as well. */
function arrivalOf(ctx: ServiceContext, row: SubmissionRow, { challenge, goal, profile }: Read): Change {
  const { id, challengeId, authorId, status, score, points } = row;
  if (status === "accepted" || status === "needs_work") {
    const { goalId } = challenge;
    const work = { id, challengeId, authorId, points, timezone: profile.timezone, goalId, category: goal.category };
    const { statements, messages } = consequencesOf(ctx, work, { status, score, by: "rules" });
    return { statements, messages: status === "accepted" ? messages : [...messages, xpChanged(authorId)] };
  }
  const inReview = event({ type: "submission.in_review", submissionId: id, challengeId, authorId });
  return status === "in_review"
    ? { statements: [moved(ctx, id, { status, by: "author" })], messages: [inReview, xpChanged(authorId)] }
    : { statements: [moved(ctx, id, { status, by: "rules" })], messages: [] };
}

/** Aborts the batch when another hand-in of the same person, a change of the challenge, or their suspension came between the read and the write. */
const stillAsRead = (ctx: ServiceContext, actor: UserActor, { challenge, earlier }: Read): Statement =>
  ensure(
    ctx.db,
    sql`EXISTS (SELECT 1 FROM challenges WHERE id = ${challenge.id} AND version = ${challenge.version})
      AND (SELECT count(*) FROM submissions WHERE challenge_id = ${challenge.id} AND author_id = ${actor.id}
        AND status <> 'rejected' AND NOT (status = 'withdrawn' AND review_count = 0)) = ${attemptsUsed(earlier)}
      AND NOT EXISTS (SELECT 1 FROM submissions WHERE challenge_id = ${challenge.id} AND author_id = ${actor.id} AND status = 'accepted')
      AND EXISTS (SELECT 1 FROM users WHERE id = ${actor.id} AND status = 'active')`,
  );
