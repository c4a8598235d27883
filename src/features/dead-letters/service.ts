import { and, desc, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { deadLetters, outbox } from "../../db/schema/events.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { requirePermission } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { audited } from "../audit/service.ts";
import type { DeadLetter, DeadLetterFilters } from "./schema.ts";

const replayable = sql<number>`EXISTS (SELECT 1 FROM outbox o
  WHERE o.id = ${deadLetters.id} AND o.dead_at IS NOT NULL) AND ${deadLetters.replayedAt} IS NULL`;

const selectLetters = (ctx: Pick<ServiceContext, "db">) =>
  ctx.db.select({ letter: deadLetters, replayable: replayable.as("replayable") }).from(deadLetters);

/** Newest first. */
export async function listDeadLetters(
  ctx: ServiceContext,
  actor: UserActor,
  filters: DeadLetterFilters,
  query: PageQuery,
): Promise<Paged<DeadLetter>> {
  requirePermission(actor, "dead-letters:manage");
  const list = { name: "dead-letters", filters: { ...filters } };
  const { after, offset } = await startOf(ctx, list, query);
  const [at = "0", id = ""] = after?.split(" ") ?? [];
  const rows = await selectLetters(ctx)
    .where(
      and(
        filters.queue === undefined ? undefined : eq(deadLetters.queue, filters.queue),
        after === null ? undefined : sql`(${deadLetters.createdAt}, ${deadLetters.id}) < (${Number(at)}, ${id})`,
      ),
    )
    .orderBy(desc(deadLetters.createdAt), desc(deadLetters.id))
    .limit(query.limit + 1)
    .offset(offset);
  const paged = await toPage(ctx, list, query, rows, ({ letter }) => `${letter.createdAt.getTime()} ${letter.id}`);
  return { ...paged, items: paged.items.map(toDeadLetter) };
}

/** Sends the message once more. Replaying a letter that was replayed and did not die again changes nothing. */
export async function replayDeadLetter(ctx: ServiceContext, actor: UserActor, id: string): Promise<DeadLetter> {
  requirePermission(actor, "dead-letters:manage");
  try {
    const [, revived] = await commit(ctx, [
      ensure(ctx.db, sql`EXISTS (SELECT 1 FROM ${deadLetters} WHERE ${eq(deadLetters.id, id)} AND ${replayable})`),
      ctx.db
        .update(outbox)
        .set({ deadAt: null, sentAt: null, attempts: 0 })
        .where(eq(outbox.id, id))
        .returning({ queue: outbox.queue, body: outbox.message }),
      ctx.db.update(deadLetters).set({ replayedAt: ctx.clock.now() }).where(eq(deadLetters.id, id)),
      audited(ctx, actor, { action: "dead_letter.replayed", target: { type: "dead_letter", id } }),
    ]);
    const [row] = revived as (Pick<typeof outbox.$inferSelect, "queue"> & { body: unknown })[];
    if (row) ctx.relayLater([{ queue: row.queue, envelope: { id, version: 1, body: row.body } }]);
  } catch (error) {
    if (!wasRefused(error)) throw error;
  }
  const letter = await findLetter(ctx, id);
  if (letter.replayedAt === null)
    throw new AppError("JOB_NOT_RETRYABLE", "What it said is not a message that could be sent again; drop it.");
  return letter;
}

/** Gives the message up: what it was to do will not be done. */
export async function dropDeadLetter(ctx: ServiceContext, actor: UserActor, id: string): Promise<void> {
  requirePermission(actor, "dead-letters:manage");
  const { queue, cause } = await findLetter(ctx, id);
  const exists = sql`EXISTS (SELECT 1 FROM ${deadLetters} WHERE ${eq(deadLetters.id, id)})`;
  try {
    await commit(ctx, [
      ensure(ctx.db, exists),
      ctx.db.delete(deadLetters).where(eq(deadLetters.id, id)),
      ctx.db.delete(outbox).where(and(eq(outbox.id, id), sql`${outbox.deadAt} IS NOT NULL`)),
      audited(ctx, actor, {
        action: "dead_letter.dropped",
        target: { type: "dead_letter", id },
        details: { queue, cause },
      }),
    ]);
  } catch (error) {
    if (wasRefused(error)) throw notFound("dead letter");
    throw error;
  }
}

async function findLetter(ctx: Pick<ServiceContext, "db">, id: string): Promise<DeadLetter> {
  const [found] = await selectLetters(ctx).where(eq(deadLetters.id, id));
  if (!found) throw notFound("dead letter");
  return toDeadLetter(found);
}

const toDeadLetter = (row: { letter: typeof deadLetters.$inferSelect; replayable: number }): DeadLetter => ({
  id: row.letter.id,
  queue: row.letter.queue,
  message: row.letter.message,
  cause: row.letter.cause,
  attempts: row.letter.attempts,
  createdAt: row.letter.createdAt.toISOString(),
  replayedAt: row.letter.replayedAt?.toISOString() ?? null,
  replayable: row.replayable === 1,
});
