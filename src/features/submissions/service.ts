import { and, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { submissions } from "../../db/schema/challenges.ts";
import type { UserActor } from "../../platform/actor.ts";
import { can } from "../../platform/actor.ts";
import { notFound } from "../../platform/errors.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { latestFeedback } from "../ai/jobs.ts";
import type { StandingRow } from "../challenges/service.ts";
import { maySee, standingOf } from "../challenges/service.ts";
import { selectLease, selectReviewBy, selectReviewsOf, selectTests } from "../reviews/queries.ts";
import type { Review } from "../reviews/schema.ts";
import { isUnderTest, shownReviews, sightOf } from "../reviews/visibility.ts";
import type { WorkRow } from "./queries.ts";
import { selectMine, selectMoves, selectShown, selectWork } from "./queries.ts";
import type { Submission, SubmissionFilters, SubmissionMove } from "./schema.ts";
import { toSubmission } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "config" | "clock">;

const REVIEWS_SHOWN = 20;

const isTeacher = (actor: UserActor): boolean => can(actor, "submissions:judge");

/** Who sees others' work: teachers, and of a goal that they see its owner and its circle. */
const inCircle = (goal: StandingRow, actor: UserActor): boolean =>
  goal.ownerId === actor.id || (goal.visibility === "public" && goal.isMember === 1) || isTeacher(actor);

/** The author sees theirs; the goal's owner, its circle and teachers see of others' what its rules did not reject. */
export async function getSubmission(ctx: Ctx, actor: UserActor, id: string): Promise<Submission> {
  const [[work], [goal], [coach], moves, [lease], [review], reviews] = await ctx.db.batch([
    selectWork(ctx, eq(submissions.id, id)),
    standingOf(
      ctx,
      actor,
      sql`(SELECT c.goal_id FROM submissions s JOIN challenges c ON c.id = s.challenge_id WHERE s.id = ${id})`,
    ),
    latestFeedback(ctx, id),
    selectMoves(ctx, id),
    selectLease(ctx, id, actor.id),
    selectReviewBy(ctx, id, actor.id),
    selectReviewsOf(ctx, id).limit(REVIEWS_SHOWN),
  ]);
  if (!work || !goal) throw notFound("submission");
  const mine = work.row.authorId === actor.id;
  if (!mine && (!inCircle(goal, actor) || work.row.status === "rejected")) throw notFound("submission");
  const history = moves.map(({ moveStatus, movedBy, reason, at }): SubmissionMove => ({
    status: moveStatus,
    by: movedBy,
    ...(reason !== null && (mine || isTeacher(actor)) ? { reason } : {}),
    at: at.toISOString(),
  }));
  const reader = { isAuthor: mine, isTeacher: isTeacher(actor), inCircle: inCircle(goal, actor), lease };
  const sight = sightOf(reader, work.row.status, ctx.clock.now());
  return wire(work, actor, {
    history,
    feedback: mine ? coach?.feedbackResult : undefined,
    reviews: shownReviews(sight, reviews, review),
    isTest: !isTeacher(actor) && isUnderTest(lease, ctx.clock.now()),
  });
}

const DECIDED = new Set(["accepted", "needs_work", "reversed"]);

interface More {
  history?: SubmissionMove[];
  feedback?: unknown;
  reviews?: Review[];
  /** Work by which the reader is tested: it looks as undecided as any other. */
  isTest?: boolean;
}

/** Until it is decided only its author and teachers learn whose work it is: reviewers judge the work. */
function wire(work: WorkRow, actor: UserActor, { isTest = false, ...more }: More = {}): Submission {
  if (isTest) return toSubmission({ ...more, ...undecided(work, more.history) });
  const shown = work.row.authorId === actor.id || isTeacher(actor) || DECIDED.has(work.row.status);
  return toSubmission({ ...work, author: shown ? work.author : null, ...more });
}

function undecided({ row }: WorkRow, history: SubmissionMove[] | undefined) {
  const open = { ...row, status: "in_review" as const, score: null, decidedAt: null };
  const before = history?.filter(({ status }) => !DECIDED.has(status));
  return { row: open, author: null, ...(before ? { history: before } : {}) };
}

export async function listMine(
  ctx: Ctx,
  actor: UserActor,
  filters: SubmissionFilters,
  query: PageQuery,
): Promise<Paged<Submission>> {
  const list = { name: "submissions", filters: { authorId: actor.id, ...filters } };
  const { after, offset } = await startOf(ctx, list, query);
  const wanted = and(
    eq(submissions.authorId, actor.id),
    filters.status === undefined ? undefined : eq(submissions.status, filters.status),
  );
  const rows = await selectMine(ctx, wanted, { after, offset, rows: query.limit + 1 });
  const paged = await toPage(ctx, list, query, rows, ({ row }) => row.id);
  return { ...paged, items: paged.items.map((work) => wire(work, actor)) };
}

/** Mine on this challenge; for the goal's owner, its circle and teachers everybody's that is not rejected. */
export async function listForChallenge(
  ctx: Ctx,
  actor: UserActor,
  challengeId: string,
  query: PageQuery,
): Promise<Paged<Submission>> {
  const list = { name: "challenge-submissions", filters: { challengeId, userId: actor.id } };
  const { after, offset } = await startOf(ctx, list, query);
  const [[goal], rows, tests] = await ctx.db.batch([
    standingOf(ctx, actor, sql`(SELECT goal_id FROM challenges WHERE id = ${challengeId})`),
    selectShown(
      ctx,
      { challengeId, userId: actor.id, isTeacher: isTeacher(actor) },
      { after, offset, rows: query.limit + 1 },
    ),
    selectTests(ctx, challengeId, actor.id),
  ]);
  if (!goal || !(maySee(goal, actor) || isTeacher(actor))) throw notFound("challenge");
  const paged = await toPage(ctx, list, query, rows, ({ row }) => row.id);
  const tested = new Set(isTeacher(actor) ? [] : tests.map(({ testedBy }) => testedBy));
  return { ...paged, items: paged.items.map((work) => wire(work, actor, { isTest: tested.has(work.row.id) })) };
}
