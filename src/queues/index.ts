import type { ServiceContext } from "../context.ts";
import { count } from "../platform/metrics.ts";
import { consumeAiFeedback } from "./ai-feedback/consumer.ts";
import { consumeDeadLetters } from "./dead-letters/consumer.ts";
import { consumeEmail } from "./email/consumer.ts";
import { consumeEvents } from "./events/consumer.ts";

type Consumer = (ctx: ServiceContext, messages: readonly Message[]) => Promise<void>;

/** Which consumer a queue has. */
const CONSUMERS: Record<string, Consumer> = {
  events: consumeEvents,
  email: consumeEmail,
  "ai-feedback": consumeAiFeedback,
  "events-dlq": (ctx, messages) => consumeDeadLetters(ctx, "events", messages),
  "email-dlq": (ctx, messages) => consumeDeadLetters(ctx, "email", messages),
  "ai-feedback-dlq": (ctx, messages) => consumeDeadLetters(ctx, "ai-feedback", messages),
};

export async function consumeBatch(ctx: ServiceContext, batch: MessageBatch): Promise<void> {
  const consumer = CONSUMERS[batch.queue];
  if (!consumer) throw new Error(`no consumer for the queue ${batch.queue}`);
  await consumer(
    ctx,
    batch.messages.map((message) => counted(batch.queue, message)),
  );
}

/** The same message, which tells the metrics how its delivery ends. */
function counted(queue: string, message: Message): Message {
  const { id, timestamp, body, attempts } = message;
  const ends = (outcome: string) => count("queue_messages_total", { queue, outcome });
  return {
    id,
    timestamp,
    body,
    attempts,
    ack() {
      ends("done");
      message.ack();
    },
    retry(options) {
      ends("retried");
      message.retry(options);
    },
  };
}
