import { eq } from "drizzle-orm";
import type { Db, Statement } from "../db/client.ts";
import { batch } from "../db/client.ts";
import type { QueueName } from "../db/schema/events.ts";
import { outbox } from "../db/schema/events.ts";
import type { Clock } from "../platform/clock.ts";
import { newId } from "../platform/ids.ts";
import type { DomainEvent } from "./catalogue.ts";
import { aggregateOf } from "./catalogue.ts";

/** What travels through a queue: the outbox row's id is the idempotency key of its effect. */
export interface Envelope<T = unknown> {
  id: string;
  version: 1;
  body: T;
}

export interface OutboxMessage {
  queue: QueueName;
  envelope: Envelope;
  /** Whose order counts to subscribers that ask for it, such as `user:<id>`. */
  aggregate?: string;
}

export interface CommitContext {
  db: Db;
  clock: Clock;
  /** Statements of the request itself that belong to its effect, such as the claim of an idempotency key. */
  riders: Statement[];
  /** Sends what was committed once the answer is out; losing it costs a minute, not a message. */
  relayLater(messages: readonly OutboxMessage[]): void;
}

export const message = (queue: QueueName, body: unknown): OutboxMessage => ({
  queue,
  envelope: { id: newId(), version: 1, body },
});

export const event = (body: DomainEvent): OutboxMessage => ({
  ...message("events", body),
  aggregate: aggregateOf(body),
});

/**
 * Writes a change and the messages it causes in one D1 batch, and has them sent after the answer.
 * Returns the results of `statements`, in order. A failed `ensure` or a broken key rejects and writes nothing.
 */
export async function commit(
  ctx: CommitContext,
  statements: readonly Statement[],
  messages: readonly OutboxMessage[] = [],
): Promise<unknown[]> {
  const { riders } = ctx;
  const rows = messages.map((entry) =>
    ctx.db.insert(outbox).values({
      id: entry.envelope.id,
      queue: entry.queue,
      message: entry.envelope.body,
      aggregate: entry.aggregate ?? null,
      createdAt: ctx.clock.now(),
    }),
  );
  const results = await batch(ctx.db, [...riders, ...statements, ...rows]);
  const own = results.slice(riders.length, riders.length + statements.length);
  riders.length = 0;
  if (messages.length > 0) ctx.relayLater(messages);
  return own;
}

/** The row leaves with the effect: put this into the batch that does the work. */
export const settled = (db: Db, id: string): Statement => db.delete(outbox).where(eq(outbox.id, id));
