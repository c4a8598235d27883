import { and, isNull, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { batch } from "../db/client.ts";
import type { QueueName } from "../db/schema/events.ts";
import { outbox } from "../db/schema/events.ts";
import type { Clock } from "../platform/clock.ts";
import { buried } from "./dead-letters.ts";
import type { OutboxMessage } from "./outbox.ts";

export type Queues = Record<QueueName, Queue>;

interface RelayContext {
  db: Db;
  clock: Clock;
  queues: Queues;
}

const SEND_AGAIN_AFTER_MS = 60_000;
/** No queue delays longer; what says it was sent later than that comes from a clock that was moved. */
const LONGEST_DELAY_MS = 13 * 60 * 60_000;
const PAGE = 500;
const MAX_PAGES = 20;
const MAX_MESSAGES = 100;
/** A batch may hold 256 KB and a message 128 KB; the rest is for what the queue adds to each message. */
const MAX_BYTES = 240_000;
const MAX_MESSAGE_BYTES = 120_000;

/** Sends messages to their queues and notes when, so that the sweep leaves them alone for a minute. A queue that is down keeps no other one back. */
export async function relay(ctx: RelayContext, messages: readonly OutboxMessage[]): Promise<void> {
  const failures: unknown[] = [];
  for (const chunk of chunks(messages)) {
    try {
      await send(ctx, chunk);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, "not everything was sent");
}

async function send(ctx: RelayContext, chunk: Chunk): Promise<void> {
  if (chunk.alone) {
    const cause = `${chunk.bytes} bytes are more than a queue takes`;
    await batch(
      ctx.db,
      chunk.messages.flatMap((entry) => buried(ctx, { ...entry, cause, attempts: 0 })),
    );
    return;
  }
  await ctx.queues[chunk.queue].sendBatch(chunk.messages.map((entry) => ({ body: entry.envelope })));
  const ids = JSON.stringify(chunk.messages.map((entry) => entry.envelope.id));
  await ctx.db
    .update(outbox)
    .set({ sentAt: ctx.clock.now() })
    .where(sql`${outbox.id} IN (SELECT value FROM json_each(${ids}))`);
}

/** Sends what was never sent, and again what was sent long ago and is still not done. Returns how many. */
export async function sweep(ctx: RelayContext): Promise<number> {
  let total = 0;
  for (let i = 0; i < MAX_PAGES; i += 1) {
    const due = await dueMessages(ctx);
    await relay(ctx, due);
    total += due.length;
    if (due.length < PAGE) break;
  }
  return total;
}

/** Never sent first, then the longest ago: what fails again and again stands behind what did not have its turn. */
async function dueMessages({ db, clock }: RelayContext): Promise<OutboxMessage[]> {
  const now = clock.now().getTime();
  const rows = await db
    .select({ id: outbox.id, queue: outbox.queue, message: outbox.message })
    .from(outbox)
    .where(
      and(
        isNull(outbox.deadAt),
        sql`(${outbox.sentAt} IS NULL OR ${outbox.sentAt} < ${now - SEND_AGAIN_AFTER_MS} OR ${outbox.sentAt} > ${now + LONGEST_DELAY_MS})`,
      ),
    )
    .orderBy(outbox.sentAt, outbox.id)
    .limit(PAGE);
  return rows.map((row) => ({ queue: row.queue, envelope: { id: row.id, version: 1, body: row.message } }));
}

interface Chunk {
  queue: QueueName;
  messages: OutboxMessage[];
  bytes: number;
  /** One message that is larger than a queue takes. */
  alone: boolean;
}

/** Splits into runs of one queue that fit a `sendBatch`. A message that fits none stands alone. */
export function chunks(messages: readonly OutboxMessage[]): Chunk[] {
  const runs: Chunk[] = [];
  const encoder = new TextEncoder();
  for (const entry of messages) {
    const bytes = encoder.encode(JSON.stringify(entry.envelope)).length;
    const alone = bytes > MAX_MESSAGE_BYTES;
    const open = alone ? undefined : runs.findLast((run) => run.queue === entry.queue && !run.alone);
    if (open && open.messages.length < MAX_MESSAGES && open.bytes + bytes <= MAX_BYTES) {
      open.messages.push(entry);
      open.bytes += bytes;
    } else {
      runs.push({ queue: entry.queue, messages: [entry], bytes, alone });
    }
  }
  return runs;
}
