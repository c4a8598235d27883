import type { Mailer } from "./mailer.ts";
import { MailFailure, messageIdOf, parseMailbox } from "./mailer.ts";
import { describeError, redact } from "./redact.ts";

interface ResendSettings {
  baseUrl: string;
  apiKey: string;
  from: string;
}

const TIMEOUT_MS = 20_000;

/** What the request itself is guilty of. A bad key (401, 403) is the operator's to mend, so those mails wait. */
const PERMANENT = new Set([400, 413, 422]);

/** Resend, or whoever speaks its `POST /emails`. */
export const resendMailer = ({ baseUrl, apiKey, from }: ResendSettings): Mailer => ({
  async send(mail) {
    const { to, subject, text, html } = mail;
    const headers = { ...mail.headers, "Message-ID": messageIdOf(mail, parseMailbox(from)) };
    const response = await request(`${baseUrl.replace(/\/+$/u, "")}/emails`, {
      method: "POST",
      headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json", "Idempotency-Key": mail.id },
      body: JSON.stringify({ from, to: [to], subject, text, html, headers }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw await refusal(response);
    const answer: unknown = await response.json().catch(() => null);
    const id = typeof answer === "object" && answer !== null && "id" in answer ? String(answer.id) : null;
    return { provider: "resend", providerId: id };
  },
});

async function request(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new MailFailure(`no answer: ${describeError(error)}`, { permanent: false, cause: error });
  }
}

async function refusal(response: Response): Promise<MailFailure> {
  const said = await response.text().catch(() => "");
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return new MailFailure(`${response.status} ${String(redact(said)).slice(0, 300)}`, {
    permanent: PERMANENT.has(response.status),
    retryAfterSeconds: Number.isFinite(seconds) ? seconds : undefined,
  });
}
