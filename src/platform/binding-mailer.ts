import type { Mailer } from "./mailer.ts";
import { MailFailure, parseMailbox } from "./mailer.ts";
import { describeError } from "./redact.ts";

/** Error codes of Cloudflare Email Service that trying again does not mend: they are about this recipient or this letter. */
const PERMANENT = new Set([
  "E_VALIDATION_ERROR",
  "E_FIELD_MISSING",
  "E_TOO_MANY_RECIPIENTS",
  "E_RECIPIENT_NOT_ALLOWED",
  "E_RECIPIENT_SUPPRESSED",
  "E_CONTENT_TOO_LARGE",
  "E_HEADER_NOT_ALLOWED",
  "E_HEADER_USE_API_FIELD",
  "E_HEADER_VALUE_INVALID",
]);

/** Cloudflare Email Service through the `send_email` binding. It makes the Message-ID itself and refuses ours. */
export const bindingMailer = (binding: SendEmail, from: string): Mailer => ({
  async send(mail) {
    const { name, address } = parseMailbox(from);
    const { to, subject, text, html } = mail;
    const headers = { ...mail.headers, "X-Entity-Ref-ID": mail.id };
    try {
      const { messageId } = await binding.send({ from: { name, email: address }, to, subject, text, html, headers });
      return { provider: "binding", providerId: messageId };
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      throw new MailFailure(`${code} ${describeError(error)}`.trim(), { permanent: PERMANENT.has(code), cause: error });
    }
  },
});
