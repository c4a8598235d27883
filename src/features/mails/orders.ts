import type { ServiceContext } from "../../context.ts";
import { mails } from "../../db/schema/mails.ts";
import type { Reaction } from "../../events/dispatch.ts";
import { message } from "../../events/outbox.ts";
import { newId } from "../../platform/ids.ts";
import type { PlainTemplateName } from "./templates.ts";
import { TEMPLATES } from "./templates.ts";

export interface MailOrder {
  userId: string;
  /** One whose link bears a one-time token is ordered with `mailWhose`. */
  template: PlainTemplateName;
  /** One cause makes at most one mail. */
  dedupeKey: string;
  /** Values for the template's placeholders and link. No secret: tokens are made when the mail is sent. */
  data?: Record<string, string>;
  /** An address other than the user's own, such as one that is still to be confirmed. */
  to?: string;
  /** Where links lead when that is not the origin of this request. */
  appUrl?: string;
}

/**
 * A mail to be sent: its record and the queue message that sends it, for the `commit` of its cause or for a subscriber
 * to return. With `mailWhose`, for mails whose link bears a one-time token, this is the one way to send mail.
 */
export function mailTo(ctx: Pick<ServiceContext, "db" | "clock" | "appUrl">, order: MailOrder): Required<Reaction> {
  const mailId = newId();
  const { userId, template, dedupeKey, data, to = null, appUrl = ctx.appUrl } = order;
  const { kind } = TEMPLATES[template];
  const row = { id: mailId, userId, template, kind, to, data: { ...data, appUrl }, dedupeKey };
  return {
    statements: [
      ctx.db
        .insert(mails)
        .values({ ...row, createdAt: ctx.clock.now() })
        .onConflictDoNothing(),
    ],
    messages: [message("email", { mailId })],
  };
}
