import { isNull, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { deadLetters, outbox } from "../db/schema/events.ts";
import type { Clock } from "../platform/clock.ts";

export interface OutboxHealth {
  /** Messages whose effect is not there yet. */
  depth: number;
  /** How long the oldest of them waits; 0 when there is none. */
  oldestAgeMs: number;
  /** Dead letters that nobody replayed or dropped. */
  dead: number;
}

/** How far behind the background work is, in one round trip. */
export async function outboxHealth({ db, clock }: { db: Db; clock: Clock }): Promise<OutboxHealth> {
  const [row] = await db
    .select({
      depth: sql<number>`count(*)`.as("depth"),
      oldest: sql<number | null>`min(${outbox.createdAt})`.as("oldest"),
      dead: sql<number>`(SELECT count(*) FROM ${deadLetters} WHERE ${deadLetters.replayedAt} IS NULL)`.as("dead"),
    })
    .from(outbox)
    .where(isNull(outbox.deadAt));
  const { depth = 0, oldest = null, dead = 0 } = row ?? {};
  return { depth, dead, oldestAgeMs: oldest === null ? 0 : Math.max(0, clock.now().getTime() - oldest) };
}
