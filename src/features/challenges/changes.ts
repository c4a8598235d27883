import { eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { ensure, untilUndisturbed, wasRefused } from "../../db/guard.ts";
import { challenges } from "../../db/schema/challenges.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { can } from "../../platform/actor.ts";
import { AppError, invalid, notFound } from "../../platform/errors.ts";
import { validationError } from "../../platform/validation.ts";
import { faultOf, pointsAfter } from "./rules.ts";
import type { Challenge, ChallengePatch, ChallengeRow } from "./schema.ts";
import { WholeChallenge, toChallenge } from "./schema.ts";
import { assertStep, fieldsOf, maySee, mayWrite, progressed, standingOf, stepOf } from "./service.ts";

type Precondition = (current: unknown) => Promise<void>;

interface Writable {
  row: ChallengeRow;
  used: boolean;
}

/** For changes: one that may be seen and not written is 403. `step` is asked for along the way. */
async function writable(
  ctx: ServiceContext,
  actor: UserActor,
  id: string,
  precondition: Precondition,
): Promise<Writable> {
  const [[row], [goal], [use]] = await ctx.db.batch([
    ctx.db.select().from(challenges).where(eq(challenges.id, id)),
    standingOf(ctx, actor, sql`(SELECT goal_id FROM challenges WHERE id = ${id})`),
    ctx.db.select({ used: sql<number>`${isUsed(id)}`.as("used") }).from(sql`(SELECT 1)`),
  ]);
  if (!row || !maySee(goal, actor)) throw notFound("challenge");
  if (!mayWrite(goal, actor))
    throw new AppError("FORBIDDEN", "Only the goal's owner, or a teacher, may change its challenges.");
  await precondition(toChallenge(row, "writer"));
  return { row, used: use?.used === 1 };
}

const isUsed = (id: string) => sql`EXISTS (SELECT 1 FROM submissions WHERE challenge_id = ${id})`;

export async function replaceChallenge(
  ctx: ServiceContext,
  actor: UserActor,
  id: string,
  whole: WholeChallenge,
  precondition: Precondition,
): Promise<Challenge> {
  return await untilUndisturbed(async () => {
    const current = await writable(ctx, actor, id, precondition);
    return await write(ctx, actor, current, whole, current.row.archivedAt);
  });
}

/** Fields that stay and fields that change have to make a whole challenge together. */
export async function updateChallenge(
  ctx: ServiceContext,
  actor: UserActor,
  id: string,
  { archived, ...patch }: ChallengePatch,
  precondition: Precondition,
): Promise<Challenge> {
  return await untilUndisturbed(async () => {
    const current = await writable(ctx, actor, id, precondition);
    const { row } = current;
    const kindChanges = patch.kind !== undefined && patch.kind !== row.kind;
    const kept = { ...row, quiz: row.quiz ?? undefined, dueAt: row.dueAt?.toISOString() ?? null };
    const parsed = WholeChallenge.safeParse({ ...kept, ...(kindChanges ? { rules: {} } : {}), ...patch });
    if (!parsed.success) throw validationError(parsed.error, "body");
    const archivedAt = archived === undefined ? row.archivedAt : archived ? (row.archivedAt ?? ctx.clock.now()) : null;
    return await write(ctx, actor, current, parsed.data, archivedAt);
  });
}

/** What was handed in keeps the terms it was handed in under, so all may change but the kind of work itself. */
async function write(
  ctx: ServiceContext,
  actor: UserActor,
  { row, used }: Writable,
  whole: WholeChallenge,
  archivedAt: Date | null,
): Promise<Challenge> {
  const fault = faultOf(whole);
  if (fault) throw invalid(fault.path, "custom", fault.message);
  if (used && whole.kind !== row.kind)
    throw new AppError("CHALLENGE_IN_USE", `There are submissions of this ${row.kind} challenge: its kind stays.`);
  if (whole.milestoneId !== row.milestoneId)
    assertStep(whole.milestoneId, (await stepOf(ctx, row.goalId, whole.milestoneId))[0]);
  const byTeacher = can(actor, "challenges:teach") && row.source === "manual";
  const changes = {
    ...fieldsOf(whole),
    points: pointsAfter(row, whole, byTeacher),
    archivedAt,
    version: row.version + 1,
    updatedAt: ctx.clock.now(),
  };
  await change(ctx, row, [
    ...(whole.kind === row.kind ? [] : [ensure(ctx.db, sql`NOT ${isUsed(row.id)}`)]),
    ctx.db.update(challenges).set(changes).where(eq(challenges.id, row.id)),
    ...(archivedAt?.getTime() === row.archivedAt?.getTime() ? [] : [progressed(ctx, row.goalId)]),
  ]);
  return toChallenge({ ...row, ...changes }, "writer");
}

/** What has submissions is archived, anything else is deleted; the statements themselves look which. */
export async function deleteChallenge(
  ctx: ServiceContext,
  actor: UserActor,
  id: string,
  precondition: Precondition,
): Promise<void> {
  return await untilUndisturbed(async () => {
    const { row } = await writable(ctx, actor, id, precondition);
    const now = ctx.clock.now();
    await change(ctx, row, [
      ctx.db
        .update(challenges)
        .set({ archivedAt: row.archivedAt ?? now, updatedAt: now, version: row.version + 1 })
        .where(eq(challenges.id, id)),
      ctx.db.delete(challenges).where(sql`${challenges.id} = ${id} AND NOT ${isUsed(id)}`),
      progressed(ctx, row.goalId),
    ]);
  });
}

/** Commits changes to a challenge as it was read; whoever changed it in between wins, and this one is told. */
async function change(ctx: ServiceContext, row: ChallengeRow, statements: Statement[]): Promise<void> {
  const unchanged = ensure(
    ctx.db,
    sql`EXISTS (SELECT 1 FROM challenges WHERE id = ${row.id} AND version = ${row.version})`,
  );
  try {
    await commit(ctx, [unchanged, ...statements]);
  } catch (error) {
    if (!wasRefused(error)) throw error;
    throw new AppError(
      "CONFLICT",
      "The challenge was changed at the same moment; read it again and repeat your change.",
    );
  }
}
