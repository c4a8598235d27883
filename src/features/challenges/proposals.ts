import { and, asc, desc, eq, isNull, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { challenges } from "../../db/schema/challenges.ts";
import { goals, milestones } from "../../db/schema/goals.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { capPoints } from "./rules.ts";
import type { Challenge, ChallengeRow } from "./schema.ts";
import { toChallenge } from "./schema.ts";
import { maySee, mayWrite, standingOf } from "./service.ts";

/** A challenge that a model thought of. Its id was set aside with it, so that it can be adopted only once. */
export interface ProposedChallenge extends Pick<
  ChallengeRow,
  "id" | "title" | "description" | "kind" | "difficulty" | "points" | "rubric" | "rules"
> {
  /** The title of the milestone it serves. */
  milestone: string | null;
}

const MAX_TITLES = 100;

/** The titles of a goal's newest challenges, to be batched with what else is read. */
export const selectTitles = (ctx: Pick<ServiceContext, "db">, goalId: string) =>
  ctx.db
    .select({ existingTitle: sql<string>`${challenges.title}`.as("existing_title") })
    .from(challenges)
    .where(and(eq(challenges.goalId, goalId), isNull(challenges.archivedAt)))
    .orderBy(desc(challenges.id))
    .limit(MAX_TITLES);

/** Adds proposals to a goal, in one transaction. One that is there already, however it looks by now, stays as it is. */
export async function adoptChallenges(
  ctx: ServiceContext,
  actor: UserActor,
  goalId: string,
  proposals: readonly ProposedChallenge[],
): Promise<Challenge[]> {
  const [[goal], steps] = await ctx.db.batch([
    standingOf(ctx, actor, goalId),
    ctx.db
      .select({ milestoneId: sql<string>`${milestones.id}`.as("milestone_id"), step: milestones.title })
      .from(milestones)
      .where(eq(milestones.goalId, goalId))
      .orderBy(asc(milestones.position)),
  ]);
  if (!maySee(goal, actor)) throw notFound("goal");
  if (!mayWrite(goal, actor))
    throw new AppError("FORBIDDEN", "Only the goal's owner, or a teacher, may add challenges.");
  const milestoneOf = (title: string | null) => steps.find(({ step }) => step === title)?.milestoneId ?? null;
  const ids = JSON.stringify(proposals.map(({ id }) => id));
  const results = await commit(ctx, [
    ...proposals.map((proposal) => adopt(ctx, actor, goalId, proposal, milestoneOf(proposal.milestone))),
    ctx.db
      .update(goals)
      .set({ version: sql`${goals.version} + 1` })
      .where(eq(goals.id, goalId)),
    ctx.db
      .select()
      .from(challenges)
      .where(sql`${challenges.id} IN (SELECT value FROM json_each(${ids}))`),
  ]);
  const rows = new Map((results.at(-1) as ChallengeRow[]).map((row) => [row.id, row]));
  return proposals.flatMap(({ id }) => {
    const row = rows.get(id);
    return row ? [toChallenge(row, "writer")] : [];
  });
}

function adopt(
  ctx: ServiceContext,
  actor: UserActor,
  goalId: string,
  proposal: ProposedChallenge,
  milestoneId: string | null,
) {
  const now = ctx.clock.now();
  const { id, title, description, kind, difficulty, rubric, rules } = proposal;
  return ctx.db
    .insert(challenges)
    .values({
      id,
      title,
      description,
      kind,
      difficulty,
      rubric,
      rules,
      goalId,
      milestoneId,
      createdBy: actor.id,
      points: capPoints(proposal, false),
      source: "ai",
      createdAt: now,
      updatedAt: now,
    })
    .onConflictDoNothing({ target: challenges.id });
}
