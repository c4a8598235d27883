import type { ServiceContext } from "../../context.ts";
import { sendMail } from "../../features/mails/service.ts";
import { consume, RetryLater } from "../consume.ts";
import { EmailMessage } from "./message.ts";

export const consumeEmail = (ctx: ServiceContext, messages: readonly Message[]): Promise<void> =>
  consume(ctx, messages, EmailMessage, async (context, { id, body }) => {
    const delivery = await sendMail(context, body.mailId, id);
    if (!delivery.done) throw new RetryLater(delivery.reason, delivery.retryInSeconds);
  });
