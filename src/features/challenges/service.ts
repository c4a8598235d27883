import { and, desc, eq, isNotNull, isNull, lt, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
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
import type { Challenge, ChallengeFilters, ChallengeRow, NewChallenge, WholeChallenge } from "./schema.ts";
import { toChallenge } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db">;

/** Challenges of a goal that take work. */
const MAX_OPEN = 200;

/** The goal's standing towards somebody; to be batched with what else is read. */
export const standingOf = (ctx: Ctx, actor: UserActor, goalId: string | ReturnType<typeof sql>) =>
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

export type StandingRow = Awaited<ReturnType<typeof standingOf>>[number];

/** The owner writes; teachers write for a circle, which only a public goal has. */
export const maySee = (goal: StandingRow | undefined, actor: UserActor): goal is StandingRow =>
  goal !== undefined && (goal.ownerId === actor.id || goal.visibility === "public");
export const mayWrite = (goal: StandingRow, actor: UserActor): boolean =>
  goal.ownerId === actor.id || (goal.visibility === "public" && can(actor, "challenges:teach"));
export const readerOf = (goal: StandingRow, actor: UserActor) => (mayWrite(goal, actor) ? "writer" : "learner");

export async function createChallenge(ctx: ServiceContext, actor: UserActor, input: NewChallenge): Promise<Challenge> {
  const fault = faultOf(input);
  if (fault) throw invalid(fault.path, "custom", fault.message);
  const [[goal], [step]] = await ctx.db.batch([
    standingOf(ctx, actor, input.goalId),
    stepOf(ctx, input.goalId, input.milestoneId),
  ]);
  if (!maySee(goal, actor)) throw notFound("goal");
  if (!mayWrite(goal, actor))
    throw new AppError("FORBIDDEN", "Only the goal's owner, or a teacher, may add challenges.");
  assertStep(input.milestoneId, step);
  const row = challengeRow(ctx, actor, input);
  try {
    await commit(ctx, [
      hasRoom(ctx, input.goalId),
      ctx.db.insert(challenges).values(row),
      progressed(ctx, input.goalId),
    ]);
  } catch (error) {
    if (!wasRefused(error)) throw error;
    throw new AppError("LIMIT_REACHED", `A goal has at most ${MAX_OPEN} challenges that are not archived.`);
  }
  return toChallenge(row, "writer");
}

const hasRoom = (ctx: Ctx, goalId: string): Statement =>
  ensure(
    ctx.db,
    sql`(SELECT count(*) FROM challenges WHERE goal_id = ${goalId} AND archived_at IS NULL) < ${MAX_OPEN}`,
  );

/** The goal's progress counts its challenges: whoever is changing the goal at this moment has to look again. */
export const progressed = (ctx: Ctx, goalId: string): Statement =>
  ctx.db
    .update(goals)
    .set({ version: sql`${goals.version} + 1` })
    .where(eq(goals.id, goalId));

/** The milestone, when it is one of the goal's. */
export const stepOf = (ctx: Ctx, goalId: string, milestoneId: string | null) =>
  ctx.db
    .select({ stepId: milestones.id })
    .from(milestones)
    .where(and(eq(milestones.goalId, goalId), eq(milestones.id, milestoneId ?? "")));

export function assertStep(milestoneId: string | null, step: { stepId: string } | undefined): void {
  if (milestoneId !== null && !step) throw invalid("body.milestoneId", "unknown", "is no milestone of this goal");
}

/** The columns that a whole challenge sets. */
export const fieldsOf = (input: WholeChallenge) => ({
  milestoneId: input.milestoneId,
  title: input.title,
  description: input.description,
  kind: input.kind,
  difficulty: input.difficulty,
  points: input.points,
  rubric: input.rubric,
  rules: { ...input.rules },
  quiz: input.kind === "quiz" ? input.quiz : null,
  peerReviews: input.peerReviews,
  requiresVerdict: input.requiresVerdict,
  passScore: input.passScore,
  maxAttempts: input.maxAttempts,
  dueAt: input.dueAt === null ? null : new Date(input.dueAt),
});

function challengeRow(ctx: ServiceContext, actor: UserActor, input: NewChallenge): ChallengeRow {
  const now = ctx.clock.now();
  return {
    ...fieldsOf(input),
    id: newId(),
    goalId: input.goalId,
    createdBy: actor.id,
    points: capPoints(input, can(actor, "challenges:teach")),
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
  filters: ChallengeFilters,
  query: PageQuery,
): Promise<Paged<Challenge>> {
  const { goalId, milestoneId, kind, difficulty, archived } = filters;
  const list = { name: "challenges", filters: { ...filters } };
  const { after, offset } = await startOf(ctx, list, query);
  const [[goal], rows] = await ctx.db.batch([
    standingOf(ctx, actor, goalId),
    ctx.db
      .select()
      .from(challenges)
      .where(
        and(
          eq(challenges.goalId, goalId),
          archived ? isNotNull(challenges.archivedAt) : isNull(challenges.archivedAt),
          milestoneId === undefined ? undefined : eq(challenges.milestoneId, milestoneId),
          kind === undefined ? undefined : eq(challenges.kind, kind),
          difficulty === undefined ? undefined : eq(challenges.difficulty, difficulty),
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
