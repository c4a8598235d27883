import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { untilUndisturbed } from "../../db/guard.ts";
import { goals, milestones } from "../../db/schema/goals.ts";
import { commit, event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError } from "../../platform/errors.ts";
import { ideographsOf } from "../../platform/full-text.ts";
import { newId } from "../../platform/ids.ts";
import type { ListIdentity, PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import type { Precondition } from "./changes.ts";
import { changeGoal, owned, payFor, visible } from "./changes.ts";
import { milestoneRow } from "./milestones/service.ts";
import { searchGoals, selectGoals, toFacts } from "./queries.ts";
import { assertMove } from "./rules.ts";
import type { ExploreFilters, Goal, GoalFacts, GoalFilters, GoalPatch, GoalRow, NewGoal } from "./schema.ts";
import { toGoal } from "./schema.ts";
import { facet, matchOf } from "./search.ts";

/** My goals, newest first. Any filter is answered by the search index, which intersects them. */
export async function listGoals(
  ctx: ServiceContext,
  actor: UserActor,
  filters: GoalFilters,
  query: PageQuery,
): Promise<Paged<Goal>> {
  const list = { name: "goals", filters: { ownerId: actor.id, ...filters } };
  const facets = [facet.owner(actor.id), ...facetsOf(filters)];
  if (facets.length > 1 || filters.q) return await search(ctx, list, query, matchOf(facets, filters.q));
  const { after, offset } = await startOf(ctx, list, query);
  const reads = await selectGoals(
    ctx,
    and(eq(goals.ownerId, actor.id), after === null ? undefined : lt(goals.id, after)),
  )
    .orderBy(desc(goals.id))
    .limit(query.limit + 1)
    .offset(offset);
  const paged = await toPage(ctx, list, query, reads, ({ goal }) => goal.id);
  return { ...paged, items: paged.items.map((read) => toGoal(toFacts(read))) };
}

/** Everybody's public goals that are not archived, newest first. */
export async function exploreGoals(
  ctx: ServiceContext,
  filters: ExploreFilters,
  query: PageQuery,
): Promise<Paged<Goal>> {
  const match = matchOf([facet.explorable, ...facetsOf(filters)], filters.q);
  return await search(ctx, { name: "explore", filters }, query, match);
}

const facetsOf = ({ status, category, tag }: GoalFilters): string[] => [
  ...(status === undefined ? [] : [facet.status(status)]),
  ...(category === undefined ? [] : [facet.category(category)]),
  ...(tag === undefined ? [] : [facet.tag(tag)]),
];

async function search(
  ctx: ServiceContext,
  list: ListIdentity,
  query: PageQuery,
  match: string | null,
): Promise<Paged<Goal>> {
  const { after, offset } = await startOf(ctx, list, query);
  const reads =
    match === null
      ? []
      : await searchGoals(ctx, match, after === null ? null : Number(after))
          .limit(query.limit + 1)
          .offset(offset);
  const paged = await toPage(ctx, list, query, reads, ({ seq }) => String(seq));
  return { ...paged, items: paged.items.map((read) => toGoal(toFacts(read))) };
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
    ideographs: ideographsIn(fields),
    version: 1,
    completedAt: null,
    createdAt: now,
    updatedAt: now,
  };
  const rows = steps.map((step, position) => milestoneRow(goal.id, step, position));
  await commit(ctx, [ctx.db.insert(goals).values(goal), ...rows.map((row) => ctx.db.insert(milestones).values(row))]);
  const nothingDone = { percent: 0, milestonesDone: 0, challengesDone: 0, challengesTotal: 0 };
  return toGoal({ goal, milestones: rows, progress: { ...nothingDone, milestonesTotal: rows.length } });
}

type Words = Pick<Goal, "title" | "description" | "category" | "tags">;
const ideographsIn = ({ title, description, category, tags }: Words): string =>
  ideographsOf(title, description, category, ...tags);

/** Mine, or public. */
export async function getGoal(ctx: ServiceContext, actor: UserActor, id: string): Promise<Goal> {
  return toGoal(await visible(ctx, actor, id));
}

/** Sets the fields that `patch` has. Completing at 100 % pays its XP and is told; completing early does neither. */
export async function updateGoal(
  ctx: ServiceContext,
  actor: UserActor,
  id: string,
  patch: GoalPatch,
  precondition: Precondition,
): Promise<Goal> {
  return await untilUndisturbed(async () => {
    const facts = await owned(ctx, actor, id, precondition);
    if (patch.status) assertMove(facts.goal.status, patch.status);
    const update = ctx.db
      .update(goals)
      .set(changesOf(ctx, facts, patch))
      .where(eq(goals.id, id));
    const completes =
      patch.status === "completed" && facts.goal.status !== "completed" && facts.progress.percent === 100;
    if (!completes) return toGoal((await changeGoal(ctx, facts, [update])) ?? facts);
    const paid = await payFor(ctx, facts, "goal", id);
    const told = event({ type: "goal.completed", goalId: id, userId: actor.id });
    return toGoal((await changeGoal(ctx, facts, [update, ...paid.statements], [told, ...paid.messages])) ?? facts);
  });
}

function changesOf(ctx: ServiceContext, { goal }: GoalFacts, { startsAt, ...fields }: GoalPatch) {
  const words = { ...goal, ...withoutUndefined(fields) };
  return {
    ...withoutUndefined(fields),
    ...(startsAt === undefined ? {} : { startsAt: startsAt === null ? null : new Date(startsAt) }),
    ideographs: ideographsIn(words),
    completedAt: completionAfter(ctx, goal, words.status),
    version: goal.version + 1,
    updatedAt: ctx.clock.now(),
  };
}

function completionAfter(ctx: ServiceContext, goal: GoalRow, status: GoalRow["status"]): Date | null {
  if (status !== "completed") return null;
  return goal.status === status ? goal.completedAt : ctx.clock.now();
}

/** What hangs on the goal goes with it, so the work of others keeps it: their XP says it was done. The statement itself looks. */
export async function deleteGoal(
  ctx: ServiceContext,
  actor: UserActor,
  id: string,
  precondition: Precondition,
): Promise<void> {
  return await untilUndisturbed(async () => {
    const facts = await owned(ctx, actor, id, precondition);
    const unused = sql`NOT EXISTS (SELECT 1 FROM challenges c JOIN submissions s ON s.challenge_id = c.id
      WHERE c.goal_id = ${id} AND s.author_id <> ${actor.id} AND s.status NOT IN ('rejected', 'withdrawn'))`;
    const left = await changeGoal(ctx, facts, [ctx.db.delete(goals).where(and(eq(goals.id, id), unused))]);
    if (left)
      throw new AppError("GOAL_IN_USE", "Others have handed in work here: archive the goal, or make it private.");
  });
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
