import { eq } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { batch } from "../../db/client.ts";
import { mails } from "../../db/schema/mails.ts";
import { settled } from "../../events/outbox.ts";
import type { Mail } from "../../platform/mailer.ts";
import { MailFailure } from "../../platform/mailer.ts";
import { writeLetter } from "./letter.ts";
import type { DueMail } from "./queries.ts";
import { claimMail } from "./queries.ts";
import { retryDelay, suppressionOf } from "./rules.ts";
import { addressFault, unsubscribeUrl } from "./suppressions.ts";
import { templateOf } from "./templates.ts";
import { linkToken } from "./tokens.ts";

/** Whether the mail needs no more work; if not, when to try again and why. */
export type Delivery = { done: true } | { done: false; retryInSeconds: number; reason: string };

type Change = Partial<typeof mails.$inferInsert>;

/**
 * Sends a mail that was not sent yet, if its recipient may get it. The mail's id is the provider's idempotency key and
 * one delivery holds it at a time, so a message that comes twice, or a crash in between, sends one.
 */
export async function sendMail(ctx: ServiceContext, mailId: string, messageId: string): Promise<Delivery> {
  const { mail, claimed } = await claimMail(ctx, mailId);
  if (!mail || mail.status !== "queued") return await settle(ctx, messageId);
  if (!claimed) return { done: false, retryInSeconds: 30, reason: "another delivery is sending this mail" };
  const change = (set: Change) =>
    ctx.db
      .update(mails)
      .set({ claimedUntil: null, ...set })
      .where(eq(mails.id, mailId));
  try {
    const address = mail.to ?? mail.address;
    const suppressed = suppressionOf({ ...mail, address: await addressFault(ctx, address) });
    if (suppressed !== null) return await settle(ctx, messageId, change({ status: "failed", suppressed }));
    const sent = await ctx.mail.send({ id: mailId, to: address, ...(await letterOf(ctx, mail)) });
    return await settle(ctx, messageId, change({ status: "sent", sentAt: ctx.clock.now(), failure: null, ...sent }));
  } catch (error) {
    const failure = error instanceof Error ? error.message : "unknown";
    if (!(error instanceof MailFailure)) {
      await batch(ctx.db, [change({ failure })]);
      throw error;
    }
    ctx.logger.warn("mail not sent", { mailId, attempt: mail.attempts, permanent: error.permanent });
    if (error.permanent) return await settle(ctx, messageId, change({ status: "failed", failure }));
    await batch(ctx.db, [change({ failure })]);
    const retryInSeconds = retryDelay(mail.attempts, Math.random(), error.retryAfterSeconds);
    return { done: false, retryInSeconds, reason: failure };
  }
}

/** The outbox row leaves with the mail's new state. */
async function settle(ctx: ServiceContext, messageId: string, ...changes: Statement[]): Promise<Delivery> {
  await batch(ctx.db, [...changes, settled(ctx.db, messageId)]);
  return { done: true };
}

async function letterOf(ctx: ServiceContext, mail: DueMail): Promise<Omit<Mail, "id" | "to">> {
  const template = templateOf(mail.template);
  if (!template) throw new Error(`There is no mail template ${mail.template}.`);
  const { appUrl = ctx.appUrl, seed = "", ...data } = mail.data;
  const token = template.token ? await linkToken(ctx, template.token.purpose, seed) : "";
  const stop =
    template.kind === "notification" ? await unsubscribeUrl(ctx, appUrl, mail.userId, data["kind"]) : undefined;
  const letter = writeLetter(mail.template, template, {
    locale: mail.locale,
    values: { ...data, displayName: mail.displayName },
    link: template.link?.({ appUrl, token, data }),
    unsubscribeUrl: stop,
  });
  if (stop === undefined) return letter;
  return {
    ...letter,
    headers: { "List-Unsubscribe": `<${stop}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" },
  };
}
