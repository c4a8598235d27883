import { z } from "zod";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import type { QueueName } from "../../db/schema/events.ts";
import { buried } from "../../events/dead-letters.ts";

/** What failed may be of any shape; whatever is no envelope is kept whole. */
const PartOfEnvelope = z.object({ id: z.string().optional(), body: z.unknown() }).partial().catch({});

/** Records what failed for good. */
export async function consumeDeadLetters(
  ctx: ServiceContext,
  queue: QueueName,
  messages: readonly Message[],
): Promise<void> {
  for (const message of messages) {
    const { id = message.id, body = message.body } = PartOfEnvelope.parse(message.body);
    try {
      const failed = { queue, envelope: { id, body }, cause: "retries exhausted", attempts: message.attempts };
      await batch(ctx.db, buried(ctx, failed));
      ctx.logger.warn("dead letter", { queue, messageId: id });
      message.ack();
    } catch (error) {
      ctx.logger.error("dead letter not stored", error, { queue, messageId: id });
      message.retry({ delaySeconds: 30 });
    }
  }
}
