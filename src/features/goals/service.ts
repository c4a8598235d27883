import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { goals, milestones } from "../../db/schema/goals.ts";
import { users } from "../../db/schema/users.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { activity, award, recentDays, xpChanged } from "../xp/awards.ts";
import { localDay } from "../xp/days.ts";
import { DAILY_CAPS, XP } from "../xp/rules.ts";
import { findGoal, selectGoals, toFacts } from "./queries.ts";
import { assertMove } from "./rules.ts";
import type { Goal, GoalFacts, GoalFilters, GoalPatch, Milestone, NewGoal, NewMilestone } from "./schema.ts";
import { toGoal, toMilestone } from "./schema.ts";

type Precondition = (current: unknown) => Promise<void>;

const MAX_MILESTONES = 50;

export async function listGoals(
  ctx: ServiceContext,
  actor: UserActor,
  filters: GoalFilters,
  query: PageQuery,
): Promise<Paged<Goal>> {
  const list = { name: "goals", filters: { ownerId: actor.id, ...filters } };
  const { after, offset } = await startOf(ctx, list, query);
  const wanted = and(
    eq(goals.ownerId, actor.id),
    filters.status === undefined ? undefined : eq(goals.status, filters.status),
    filters.category === undefined ? undefined : eq(goals.category, filters.category),
    after === null ? undefined : lt(goals.id, after),
  );
  const reads = await selectGoals(ctx, wanted)
    .orderBy(desc(goals.id))
    .limit(query.limit + 1)
    .offset(offset);
  const paged = await toPage(ctx, list, query, reads.map(toFacts), (entry) => entry.goal.id);
  return { ...paged, items: paged.items.map(toGoal) };
}

export async function createGoal(ctx: ServiceContext, actor: UserActor, input: NewGoal): Promise<Goal> {
  const now = ctx.clock.now();
  const { milestones: steps, startsAt, ...fields } = input;
  const goal = {
    ...fields,
    id: newId(),
    ownerId: actor.id,
    status: "active" as const,
    startsAt: startsAt === null ? null : new Date(startsAt),
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  const rows = steps.map((step, position) => milestoneRow(goal.id, step, position));
  await commit(ctx, [ctx.db.insert(goals).values(goal), ...rows.map((row) => ctx.db.insert(milestones).values(row))]);
  return toGoal({ goal, milestones: rows, challengesDone: 0, challengesTotal: 0 });
}

const milestoneRow = (goalId: string, step: NewMilestone, position: number) => ({
  id: newId(),
  goalId,
  title: step.title,
  dueDate: step.dueDate ?? null,
  weight: step.weight,
  position,
  completedAt: null,
});

/** Mine, or public. */
export async function getGoal(ctx: ServiceContext, actor: UserActor, id: string): Promise<Goal> {
  return toGoal(await visible(ctx, actor, id));
}

async function visible(ctx: ServiceContext, actor: UserActor, id: string): Promise<GoalFacts> {
  const facts = await findGoal(ctx, id);
  if (!facts || (facts.goal.ownerId !== actor.id && facts.goal.visibility !== "public")) throw notFound("goal");
  return facts;
}

/** For changes: another's public goal is known to exist, so it is 403; a private one is 404. */
async function owned(ctx: ServiceContext, actor: UserActor, id: string): Promise<GoalFacts> {
  const facts = await visible(ctx, actor, id);
  if (facts.goal.ownerId !== actor.id) throw new AppError("FORBIDDEN", "Only its owner may change a goal.");
  return facts;
}

export async function updateGoal(
  ctx: ServiceContext,
  actor: UserActor,
  id: string,
  patch: GoalPatch,
  precondition: Precondition,
): Promise<Goal> {
  const facts = await owned(ctx, actor, id);
  const before = toGoal(facts);
  await precondition(before);
  if (patch.status) assertMove(facts.goal.status, patch.status);
  const { startsAt, ...fields } = patch;
  const changes = {
    ...withoutUndefined(fields),
    ...(startsAt === undefined ? {} : { startsAt: startsAt === null ? null : new Date(startsAt) }),
    version: facts.goal.version + 1,
    updatedAt: ctx.clock.now(),
  };
  const completes =
    patch.status === "completed" && facts.goal.status !== "completed" && before.progress.percent === 100;
  const paid = completes ? award(ctx, goalAward(ctx, facts, await timezoneOf(ctx, actor))) : [];
  await changeGoal(
    ctx,
    facts,
    [ctx.db.update(goals).set(changes).where(eq(goals.id, id)), ...paid],
    completes ? [xpChanged(actor.id, scopeOf(facts))] : [],
  );
  return toGoal({ ...facts, goal: { ...facts.goal, ...changes } });
}

const scopeOf = ({ goal }: GoalFacts) => ({ goalId: goal.id, category: goal.category });

const goalAward = (ctx: ServiceContext, facts: GoalFacts, timezone: string) => ({
  userId: facts.goal.ownerId,
  amount: XP.goal,
  reason: "goal" as const,
  sourceType: "goal",
  sourceId: facts.goal.id,
  ...scopeOf(facts),
  day: localDay(ctx.clock.now(), timezone),
  dailyCap: DAILY_CAPS.goal,
});

async function timezoneOf(ctx: ServiceContext, actor: UserActor): Promise<string> {
  const [row] = await ctx.db.select({ timezone: users.timezone }).from(users).where(eq(users.id, actor.id));
  return row?.timezone ?? "UTC";
}

/** Commits changes to a goal as it was read; whoever changed it in between wins, and this one is told. */
async function changeGoal(
  ctx: ServiceContext,
  { goal }: GoalFacts,
  ...[statements, messages]: [Parameters<typeof commit>[1], Parameters<typeof commit>[2]?]
): Promise<void> {
  try {
    const unchanged = ensure(
      ctx.db,
      sql`EXISTS (SELECT 1 FROM goals WHERE id = ${goal.id} AND version = ${goal.version})`,
    );
    await commit(ctx, [unchanged, ...statements], messages);
  } catch (error) {
    if (wasRefused(error))
      throw new AppError("CONFLICT", "The goal was changed at the same moment; read it again and repeat your change.");
    throw error;
  }
}

export async function deleteGoal(
  ctx: ServiceContext,
  actor: UserActor,
  id: string,
  precondition: Precondition,
): Promise<void> {
  const facts = await owned(ctx, actor, id);
  await precondition(toGoal(facts));
  await changeGoal(ctx, facts, [ctx.db.delete(goals).where(eq(goals.id, id))]);
}

const touch = (ctx: ServiceContext, goalId: string) =>
  ctx.db
    .update(goals)
    .set({ version: sql`${goals.version} + 1`, updatedAt: ctx.clock.now() })
    .where(eq(goals.id, goalId));

export async function addMilestone(
  ctx: ServiceContext,
  actor: UserActor,
  goalId: string,
  input: NewMilestone,
): Promise<Milestone> {
  const facts = await owned(ctx, actor, goalId);
  if (facts.milestones.length >= MAX_MILESTONES)
    throw new AppError("LIMIT_REACHED", `A goal has at most ${MAX_MILESTONES} milestones.`);
  const position = (facts.milestones.at(-1)?.position ?? -1) + 1;
  const row = milestoneRow(goalId, input, position);
  await changeGoal(ctx, facts, [ctx.db.insert(milestones).values(row), touch(ctx, goalId)]);
  return toMilestone(row);
}

/** Marks a milestone done, or takes it back. Its XP is paid once, at most five a day, and stays when it is taken back. */
export async function setCompletion(
  ctx: ServiceContext,
  actor: UserActor,
  goalId: string,
  milestoneId: string,
  done: boolean,
): Promise<Goal> {
  const facts = await owned(ctx, actor, goalId);
  const step = facts.milestones.find((entry) => entry.id === milestoneId);
  if (!step) throw notFound("milestone");
  if ((step.completedAt !== null) === done) return toGoal(facts);
  const completedAt = done ? ctx.clock.now() : null;
  const change = ctx.db.update(milestones).set({ completedAt }).where(eq(milestones.id, milestoneId));
  const paid = done ? await milestonePay(ctx, actor, facts, milestoneId) : [];
  await changeGoal(
    ctx,
    facts,
    [change, touch(ctx, goalId), ...paid],
    done ? [xpChanged(actor.id, scopeOf(facts))] : [],
  );
  const steps = facts.milestones.map((entry) => (entry.id === milestoneId ? { ...entry, completedAt } : entry));
  return toGoal({ ...facts, milestones: steps, goal: { ...facts.goal, updatedAt: ctx.clock.now() } });
}

async function milestonePay(ctx: ServiceContext, actor: UserActor, facts: GoalFacts, milestoneId: string) {
  const [[profile], days] = await ctx.db.batch([
    ctx.db.select({ timezone: users.timezone }).from(users).where(eq(users.id, actor.id)),
    recentDays(ctx, actor.id),
  ]);
  const timezone = profile?.timezone ?? "UTC";
  const entry = {
    userId: actor.id,
    amount: XP.milestone,
    reason: "milestone" as const,
    sourceType: "milestone",
    sourceId: milestoneId,
    ...scopeOf(facts),
    day: localDay(ctx.clock.now(), timezone),
    dailyCap: DAILY_CAPS.milestone,
  };
  return [...award(ctx, entry), ...activity(ctx, { id: actor.id, timezone }, days)];
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
