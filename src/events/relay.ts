import { and, isNull, lt, or, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import type { QueueName } from "../db/schema/events.ts";
import { outbox } from "../db/schema/events.ts";
import type { Clock } from "../platform/clock.ts";
import type { OutboxMessage } from "./outbox.ts";

export type Queues = Record<QueueName, Queue>;

interface RelayContext {
  db: Db;
  clock: Clock;
  queues: Queues;
}

const SEND_AGAIN_AFTER_MS = 60_000;
const MAX_MESSAGES = 100;
/** A batch may hold 256 KB; the rest is for what the queue adds to each message. */
const MAX_BYTES = 240_000;

/** Sends messages to their queues and notes when, so that the sweep leaves them alone for a minute. */
export async function relay(ctx: RelayContext, messages: readonly OutboxMessage[]): Promise<void> {
  for (const chunk of chunks(messages)) {
    await ctx.queues[chunk.queue].sendBatch(chunk.messages.map((entry) => ({ body: entry.envelope })));
    const ids = JSON.stringify(chunk.messages.map((entry) => entry.envelope.id));
    await ctx.db
      .update(outbox)
      .set({ sentAt: ctx.clock.now() })
      .where(sql`${outbox.id} IN (SELECT value FROM json_each(${ids}))`);
  }
}

/** Sends what was never sent, and again what was sent long ago and is still not done. Returns how many. */
export async function sweep(ctx: RelayContext): Promise<number> {
  const before = new Date(ctx.clock.now().getTime() - SEND_AGAIN_AFTER_MS);
  const rows = await ctx.db
    .select({ id: outbox.id, queue: outbox.queue, message: outbox.message })
    .from(outbox)
    .where(and(isNull(outbox.deadAt), or(isNull(outbox.sentAt), lt(outbox.sentAt, before))))
    .orderBy(outbox.id)
    .limit(500);
  await relay(
    ctx,
    rows.map((row) => ({ queue: row.queue, envelope: { id: row.id, version: 1, body: row.message } })),
  );
  return rows.length;
}

/** Splits into runs of one queue that fit a `sendBatch`. */
export function chunks(messages: readonly OutboxMessage[]): { queue: QueueName; messages: OutboxMessage[] }[] {
  const runs: { queue: QueueName; messages: OutboxMessage[]; bytes: number }[] = [];
  const encoder = new TextEncoder();
  for (const entry of messages) {
    const bytes = encoder.encode(JSON.stringify(entry.envelope)).length;
    const open = runs.findLast((run) => run.queue === entry.queue);
    if (open && open.messages.length < MAX_MESSAGES && open.bytes + bytes <= MAX_BYTES) {
      open.messages.push(entry);
      open.bytes += bytes;
    } else {
      runs.push({ queue: entry.queue, messages: [entry], bytes });
    }
  }
  return runs.map(({ queue, messages }) => ({ queue, messages }));
}
