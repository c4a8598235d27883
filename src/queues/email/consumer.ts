import type { ServiceContext } from "../../context.ts";
import { sendMail } from "../../features/mails/service.ts";
import { consume } from "../consume.ts";
import { EmailMessage } from "./message.ts";

export const consumeEmail = (ctx: ServiceContext, messages: readonly Message[]): Promise<void> =>
  consume(ctx, messages, EmailMessage, (context, { id, body }) => sendMail(context, body.mailId, id));
