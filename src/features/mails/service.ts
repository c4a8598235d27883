import { eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { oneTimeTokens } from "../../db/schema/auth.ts";
import { mails } from "../../db/schema/mails.ts";
import { users } from "../../db/schema/users.ts";
import type { Reaction } from "../../events/dispatch.ts";
import { message, settled } from "../../events/outbox.ts";
import { newId } from "../../platform/ids.ts";
import { hashToken, sign } from "../../platform/secrets.ts";
import type { TemplateName } from "./templates.ts";
import { TEMPLATES } from "./templates.ts";

const TOKEN_LIFE_MS = 24 * 60 * 60 * 1000;

interface MailOrder {
  userId: string;
  template: TemplateName;
  appUrl: string;
  /** One cause makes at most one mail. */
  dedupeKey: string;
}

/** A mail to be sent: its record and the queue message that sends it. */
export function orderMail(ctx: Pick<ServiceContext, "db" | "clock">, order: MailOrder): Reaction {
  const mailId = newId();
  const { userId, template, appUrl, dedupeKey } = order;
  const row = { id: mailId, userId, template, data: { appUrl }, dedupeKey, createdAt: ctx.clock.now() };
  return {
    statements: [ctx.db.insert(mails).values(row).onConflictDoNothing()],
    messages: [message("email", { mailId })],
  };
}

/** Sends a mail that was not sent yet. The mail's id is the provider's idempotency key, so a crash in between sends one. */
export async function sendMail(ctx: ServiceContext, mailId: string, messageId: string): Promise<void> {
  const [mail] = await ctx.db
    .select({
      status: mails.status,
      template: mails.template,
      data: mails.data,
      userId: users.id,
      to: users.email,
      displayName: users.displayName,
    })
    .from(mails)
    .innerJoin(users, eq(users.id, mails.userId))
    .where(eq(mails.id, mailId));
  if (!mail || mail.status === "sent") {
    await batch(ctx.db, [settled(ctx.db, messageId)]);
    return;
  }
  const token = mail.template === "welcome" ? await verificationToken(ctx, mailId, mail.userId) : "";
  const { appUrl = ctx.appUrl } = mail.data;
  const letter = TEMPLATES[mail.template as TemplateName]({ displayName: mail.displayName, appUrl, token });
  await ctx.mail.send({ id: mailId, to: mail.to, ...letter });
  await batch(ctx.db, [
    ctx.db.update(mails).set({ status: "sent", sentAt: ctx.clock.now() }).where(eq(mails.id, mailId)),
    settled(ctx.db, messageId),
  ]);
}

/** Derived from the mail, so that sending again carries the same link; only its hash is stored. It ends the older one. */
async function verificationToken(ctx: ServiceContext, mailId: string, userId: string): Promise<string> {
  const token = await sign(`verify_email:${mailId}`, ctx.config.TOKEN_SECRET);
  const now = ctx.clock.now();
  const fresh = {
    hash: await hashToken(token),
    createdAt: now,
    expiresAt: new Date(now.getTime() + TOKEN_LIFE_MS),
    usedAt: null,
  };
  await ctx.db
    .insert(oneTimeTokens)
    .values({ ...fresh, userId, purpose: "verify_email" })
    .onConflictDoUpdate({
      target: [oneTimeTokens.userId, oneTimeTokens.purpose],
      set: fresh,
      setWhere: sql`${oneTimeTokens.hash} <> ${fresh.hash}`,
    });
  return token;
}
