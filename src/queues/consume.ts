import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { ServiceContext } from "../context.ts";
import { outbox } from "../db/schema/events.ts";
import { OutOfTurn } from "../events/dispatch.ts";
import type { Envelope } from "../events/outbox.ts";
import { describeError } from "../platform/redact.ts";

const Enveloped = z.object({ id: z.string(), version: z.literal(1), body: z.unknown() });

/** Thrown by a handler that wants the message again, not before so many seconds. */
export class RetryLater extends Error {
  override readonly name = "RetryLater";
  readonly delaySeconds: number;

  constructor(reason: string, delaySeconds: number) {
    super(reason);
    this.delaySeconds = delaySeconds;
  }
}

export type Handler<T> = (ctx: ServiceContext, message: Envelope<T>, attempt: number) => Promise<void>;

const FIRST_DELAY_S = 2;
const MAX_DELAY_S = 600;
const TURN_DELAY_S = 1;
const TURN_ATTEMPTS = 2;

/** Capped exponential back-off with full jitter, in whole seconds. */
export function backOff(attempt: number, random: number): number {
  const ceiling = Math.min(MAX_DELAY_S, FIRST_DELAY_S * 2 ** (attempt - 1));
  return Math.max(1, Math.round(ceiling * random));
}

/**
 * Settles each message by itself: one that fails is retried or dead-lettered and never takes its neighbours with it.
 * It does not throw, because the whole batch would be delivered again.
 */
export async function consume<T>(
  ctx: ServiceContext,
  messages: readonly Message[],
  schema: z.ZodType<T>,
  handle: Handler<T>,
): Promise<void> {
  for (const message of messages) {
    try {
      const envelope = Enveloped.parse(message.body);
      await handle(ctx, { ...envelope, body: schema.parse(envelope.body) }, message.attempts);
      message.ack();
    } catch (error) {
      if (error instanceof OutOfTurn) await wait(ctx, message, error);
      else await retry(ctx, message, error);
    }
  }
}

async function retry(ctx: ServiceContext, message: Message, error: unknown): Promise<void> {
  const fields = { messageId: message.id, attempt: message.attempts };
  const foreseen = error instanceof RetryLater;
  if (foreseen) ctx.logger.warn("message waits", { ...fields, reason: error.message });
  else ctx.logger.error("message failed", error, fields);
  const delaySeconds = foreseen ? error.delaySeconds : backOff(message.attempts, Math.random());
  await noteFailure(ctx, message, error, delaySeconds);
  message.retry({ delaySeconds });
}

/** Waiting for an older event is no failure: soon it is left to the sweep, or its attempts would run out over another one's fault. */
async function wait(ctx: ServiceContext, message: Message, { eventId }: OutOfTurn): Promise<void> {
  if (message.attempts <= TURN_ATTEMPTS) return message.retry({ delaySeconds: TURN_DELAY_S });
  try {
    await ctx.db.update(outbox).set({ sentAt: null }).where(eq(outbox.id, eventId));
    message.ack();
  } catch (error) {
    await retry(ctx, message, error);
  }
}

/** Tells the outbox row why, for the dead letter, and when the queue delivers it again, so that the sweep does not do so before. */
async function noteFailure(ctx: ServiceContext, message: Message, error: unknown, delaySeconds: number): Promise<void> {
  const { success, data } = Enveloped.safeParse(message.body);
  if (!success) return;
  const sentAt = new Date(ctx.clock.now().getTime() + delaySeconds * 1000);
  try {
    await ctx.db
      .update(outbox)
      .set({ failure: describeError(error).slice(0, 1000), attempts: sql`${outbox.attempts} + 1`, sentAt })
      .where(eq(outbox.id, data.id));
  } catch (cause) {
    ctx.logger.error("a failure was not noted", cause, { messageId: message.id });
  }
}
