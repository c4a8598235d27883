import { and, desc, eq, isNull, lt, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { challenges } from "../../db/schema/challenges.ts";
import { goalMembers, goals, milestones } from "../../db/schema/goals.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { can } from "../../platform/actor.ts";
import { AppError, invalid, notFound } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { capPoints, faultOf } from "./rules.ts";
import type { Challenge, ChallengeRow, NewChallenge } from "./schema.ts";
import { toChallenge } from "./schema.ts";

/** The goal's standing towards somebody; to be batched with what else is read. */
export const standingOf = (
  ctx: Pick<ServiceContext, "db">,
  actor: UserActor,
  goalId: string | ReturnType<typeof sql>,
) =>
  ctx.db
    .select({
      goalId: goals.id,
      category: goals.category,
      ownerId: goals.ownerId,
      visibility: goals.visibility,
      isMember:
        sql<number>`EXISTS (SELECT 1 FROM ${goalMembers} WHERE ${goalMembers.goalId} = ${goals.id} AND ${goalMembers.userId} = ${actor.id})`.as(
          "is_member",
        ),
    })
    .from(goals)
    .where(sql`${goals.id} = ${goalId}`);

type StandingRow = Awaited<ReturnType<typeof standingOf>>[number];

/** The owner writes; teachers write for a circle, which only a public goal has. */
export const maySee = (goal: StandingRow | undefined, actor: UserActor): goal is StandingRow =>
  goal !== undefined && (goal.ownerId === actor.id || goal.visibility === "public");
export const mayWrite = (goal: StandingRow, actor: UserActor): boolean =>
  goal.ownerId === actor.id || (goal.visibility === "public" && can(actor, "challenges:teach"));
const readerOf = (goal: StandingRow, actor: UserActor) => (mayWrite(goal, actor) ? "writer" : "learner");

export async function createChallenge(ctx: ServiceContext, actor: UserActor, input: NewChallenge): Promise<Challenge> {
  const fault = faultOf(input);
  if (fault) throw invalid(fault.path, "custom", fault.message);
  const [[goal], steps] = await ctx.db.batch([
    standingOf(ctx, actor, input.goalId),
    ctx.db
      .select({ id: milestones.id })
      .from(milestones)
      .where(and(eq(milestones.goalId, input.goalId), eq(milestones.id, input.milestoneId ?? ""))),
  ]);
  if (!maySee(goal, actor)) throw notFound("goal");
  if (!mayWrite(goal, actor))
    throw new AppError("FORBIDDEN", "Only the goal's owner, or a teacher, may add challenges.");
  if (input.milestoneId && steps.length === 0)
    throw invalid("body.milestoneId", "unknown", "is no milestone of this goal");

  const row = challengeRow(ctx, actor, input);
  await commit(ctx, [
    ctx.db.insert(challenges).values(row),
    ctx.db
      .update(goals)
      .set({ version: sql`${goals.version} + 1` })
      .where(eq(goals.id, input.goalId)),
  ]);
  return toChallenge(row, "writer");
}

function challengeRow(ctx: ServiceContext, actor: UserActor, input: NewChallenge): ChallengeRow {
  const now = ctx.clock.now();
  return {
    id: newId(),
    goalId: input.goalId,
    milestoneId: input.milestoneId ?? null,
    createdBy: actor.id,
    title: input.title,
    description: input.description,
    kind: input.kind,
    difficulty: input.difficulty,
    points: capPoints(input, can(actor, "challenges:teach")),
    rubric: input.rubric,
    rules: { ...input.rules },
    quiz: input.kind === "quiz" ? input.quiz : null,
    peerReviews: input.peerReviews,
    requiresVerdict: input.requiresVerdict,
    passScore: input.passScore,
    maxAttempts: input.maxAttempts,
    dueAt: input.dueAt ? new Date(input.dueAt) : null,
    source: "manual",
    version: 1,
    archivedAt: null,
    createdAt: now,
    updatedAt: now,
  };
}

export async function getChallenge(ctx: ServiceContext, actor: UserActor, id: string): Promise<Challenge> {
  const [[row], [goal]] = await ctx.db.batch([
    ctx.db.select().from(challenges).where(eq(challenges.id, id)),
    standingOf(ctx, actor, sql`(SELECT goal_id FROM challenges WHERE id = ${id})`),
  ]);
  if (!row || !maySee(goal, actor)) throw notFound("challenge");
  return toChallenge(row, readerOf(goal, actor));
}

export async function listChallenges(
  ctx: ServiceContext,
  actor: UserActor,
  goalId: string,
  query: PageQuery,
): Promise<Paged<Challenge>> {
  const list = { name: "challenges", filters: { goalId } };
  const { after, offset } = await startOf(ctx, list, query);
  const [[goal], rows] = await ctx.db.batch([
    standingOf(ctx, actor, goalId),
    ctx.db
      .select()
      .from(challenges)
      .where(
        and(
          eq(challenges.goalId, goalId),
          isNull(challenges.archivedAt),
          after === null ? undefined : lt(challenges.id, after),
        ),
      )
      .orderBy(desc(challenges.id))
      .limit(query.limit + 1)
      .offset(offset),
  ]);
  if (!maySee(goal, actor)) throw notFound("goal");
  const paged = await toPage(ctx, list, query, rows, (row) => row.id);
  return { ...paged, items: paged.items.map((row) => toChallenge(row, readerOf(goal, actor))) };
}
