import { z } from "zod";
import type { ServiceContext } from "../context.ts";
import type { Envelope } from "../events/outbox.ts";

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
      ctx.logger.error("message failed", error, { messageId: message.id, attempt: message.attempts });
      message.retry({
        delaySeconds: error instanceof RetryLater ? error.delaySeconds : backOff(message.attempts, Math.random()),
      });
    }
  }
}
