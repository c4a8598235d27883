import { eq, isNotNull, sql } from "drizzle-orm";
import type { Db, Statement } from "../db/client.ts";
import { deadLetters, outbox } from "../db/schema/events.ts";
import type { Clock } from "../platform/clock.ts";
import { redact } from "../platform/redact.ts";
import type { OutboxMessage } from "./outbox.ts";

interface Failed extends Pick<OutboxMessage, "queue"> {
  envelope: { id: string; body: unknown };
  /** Why it failed, unless its outbox row knows. */
  cause: string;
  attempts: number;
}

/**
 * A message that failed for good, kept with its cause and a payload without secrets. Its outbox row stays, whole and
 * marked dead: the sweep leaves it alone and a replay finds it. One that fails again after a replay is a dead letter again.
 */
export function buried(ctx: { db: Db; clock: Clock }, { queue, envelope, cause, attempts }: Failed): Statement[] {
  const now = ctx.clock.now();
  const known = sql<string>`coalesce((SELECT failure FROM outbox WHERE id = ${envelope.id}), ${cause})`;
  return [
    ctx.db
      .insert(deadLetters)
      .values({
        id: envelope.id,
        queue,
        message: redact(envelope.body) ?? "null",
        cause: known,
        attempts,
        createdAt: now,
      })
      .onConflictDoUpdate({
        target: deadLetters.id,
        set: { cause: known, attempts, createdAt: now, replayedAt: null },
        setWhere: isNotNull(deadLetters.replayedAt),
      }),
    ctx.db.update(outbox).set({ deadAt: now }).where(eq(outbox.id, envelope.id)),
  ];
}
