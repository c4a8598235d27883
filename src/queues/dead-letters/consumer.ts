import { eq } from "drizzle-orm";
import { z } from "zod";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import type { QueueName } from "../../db/schema/events.ts";
import { deadLetters, outbox } from "../../db/schema/events.ts";

/** What failed may be of any shape; whatever is no envelope is kept whole. */
const PartOfEnvelope = z.object({ id: z.string().optional(), body: z.unknown() }).partial().catch({});

/** Records what failed for good. The outbox row stays, marked dead, so that the sweep leaves it alone and a replay finds it. */
export async function consumeDeadLetters(
  ctx: ServiceContext,
  queue: QueueName,
  messages: readonly Message[],
): Promise<void> {
  for (const message of messages) {
    const { id: letterId = message.id, body } = PartOfEnvelope.parse(message.body);
    const now = ctx.clock.now();
    try {
      await batch(ctx.db, [
        ctx.db
          .insert(deadLetters)
          .values({
            id: letterId,
            queue,
            message: body ?? message.body ?? "null",
            cause: "retries exhausted",
            attempts: message.attempts,
            createdAt: now,
          })
          .onConflictDoNothing(),
        ctx.db.update(outbox).set({ deadAt: now }).where(eq(outbox.id, letterId)),
      ]);
      ctx.logger.warn("dead letter", { queue, messageId: letterId });
      message.ack();
    } catch (error) {
      ctx.logger.error("dead letter not stored", error, { queue, messageId: letterId });
      message.retry({ delaySeconds: 30 });
    }
  }
}
