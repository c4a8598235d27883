import { and, desc, eq, lt, ne, or, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { submissions } from "../../db/schema/challenges.ts";
import { users } from "../../db/schema/users.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { can } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import type { ListIdentity, PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { latestFeedback } from "../ai/jobs.ts";
import { maySee, standingOf } from "../challenges/service.ts";
import type { Submission, SubmissionFilters } from "./schema.ts";
import { toSubmission } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "config" | "riders" | "relayLater">;

/** Joined columns get names of their own: a D1 batch folds equal ones into one. */
const workOf = (ctx: Pick<Ctx, "db">, where: SQL | undefined) =>
  ctx.db
    .select({
      row: submissions,
      author: {
        id: sql<string>`${users.id}`.as("author_user_id"),
        username: users.username,
        displayName: users.displayName,
        avatarUrl: users.avatarUrl,
      },
    })
    .from(submissions)
    .innerJoin(users, eq(users.id, submissions.authorId))
    .where(where)
    .orderBy(desc(submissions.id));

type Work = Awaited<ReturnType<typeof workOf>>[number];

/** The author sees theirs; of others' work the goal's owner, its circle and teachers see what its rules did not reject. */
export async function getSubmission(ctx: Ctx, actor: UserActor, id: string): Promise<Submission> {
  const [[work], [goal], [coach]] = await ctx.db.batch([
    workOf(ctx, eq(submissions.id, id)),
    standingOf(
      ctx,
      actor,
      sql`(SELECT c.goal_id FROM submissions s JOIN challenges c ON c.id = s.challenge_id WHERE s.id = ${id})`,
    ),
    latestFeedback(ctx, id),
  ]);
  if (!work || !goal) throw notFound("submission");
  const mine = work.row.authorId === actor.id;
  const circle =
    maySee(goal, actor) && (goal.ownerId === actor.id || goal.isMember === 1 || can(actor, "submissions:judge"));
  if (!mine && (!circle || work.row.status === "rejected")) throw notFound("submission");
  return wire(work, actor, mine ? coach?.feedbackResult : undefined);
}

const UNDECIDED = new Set(["submitted", "in_review"]);

/** While it is undecided only its author and teachers learn whose work it is: reviewers judge the work. */
function wire(work: Work, actor: UserActor, feedback?: unknown): Submission {
  const shown = work.row.authorId === actor.id || can(actor, "submissions:judge") || !UNDECIDED.has(work.row.status);
  return toSubmission({ ...work, author: shown ? work.author : null, feedback });
}

export async function listMine(
  ctx: Ctx,
  actor: UserActor,
  filters: SubmissionFilters,
  query: PageQuery,
): Promise<Paged<Submission>> {
  const list = { name: "submissions", filters: { authorId: actor.id, ...filters } };
  const wanted = and(
    eq(submissions.authorId, actor.id),
    filters.status === undefined ? undefined : eq(submissions.status, filters.status),
  );
  return await listWork(ctx, actor, list, query, wanted);
}

/** Mine on this challenge; for the goal's owner, its circle and teachers everybody's that is not rejected. */
export async function listForChallenge(
  ctx: Ctx,
  actor: UserActor,
  challengeId: string,
  query: PageQuery,
): Promise<Paged<Submission>> {
  const [goal] = await standingOf(ctx, actor, sql`(SELECT goal_id FROM challenges WHERE id = ${challengeId})`);
  if (!maySee(goal, actor)) throw notFound("challenge");
  const all = goal.ownerId === actor.id || goal.isMember === 1 || can(actor, "submissions:judge");
  const mine = eq(submissions.authorId, actor.id);
  const wanted = and(
    eq(submissions.challengeId, challengeId),
    all ? or(mine, ne(submissions.status, "rejected")) : mine,
  );
  return await listWork(
    ctx,
    actor,
    { name: "challenge-submissions", filters: { challengeId, userId: actor.id } },
    query,
    wanted,
  );
}

async function listWork(
  ctx: Ctx,
  actor: UserActor,
  list: ListIdentity,
  query: PageQuery,
  wanted: SQL | undefined,
): Promise<Paged<Submission>> {
  const { after, offset } = await startOf(ctx, list, query);
  const rows = await workOf(ctx, and(wanted, after === null ? undefined : lt(submissions.id, after)))
    .limit(query.limit + 1)
    .offset(offset);
  const paged = await toPage(ctx, list, query, rows, (work) => work.row.id);
  return { ...paged, items: paged.items.map((work) => wire(work, actor)) };
}

/** Takes work back before it is decided; the attempt is given back. */
export async function withdraw(ctx: Ctx, actor: UserActor, id: string): Promise<Submission> {
  const open = sql`EXISTS (SELECT 1 FROM submissions WHERE id = ${id} AND author_id = ${actor.id} AND status IN ('submitted', 'in_review'))`;
  try {
    await commit(ctx, [
      ensure(ctx.db, open),
      ctx.db.update(submissions).set({ status: "withdrawn" }).where(eq(submissions.id, id)),
    ]);
  } catch (error) {
    if (!wasRefused(error)) throw error;
    const [work] = await workOf(ctx, and(eq(submissions.id, id), eq(submissions.authorId, actor.id)));
    if (!work) throw notFound("submission");
    throw new AppError("ILLEGAL_TRANSITION", `Work that is ${work.row.status} cannot be withdrawn.`, {
      details: { allowed: [] },
    });
  }
  return await getSubmission(ctx, actor, id);
}
