import { eq } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { mails } from "../../db/schema/mails.ts";
import { users } from "../../db/schema/users.ts";
import { settled } from "../../events/outbox.ts";
import { writeLetter } from "./letter.ts";
import { templateOf } from "./templates.ts";
import { linkToken } from "./tokens.ts";

/** Sends a mail that was not sent yet. The mail's id is the provider's idempotency key, so a crash in between sends one. */
export async function sendMail(ctx: ServiceContext, mailId: string, messageId: string): Promise<void> {
  const [mail] = await ctx.db
    .select({
      id: mails.id,
      status: mails.status,
      template: mails.template,
      data: mails.data,
      to: mails.to,
      userId: users.id,
      address: users.email,
      locale: users.locale,
      displayName: users.displayName,
    })
    .from(mails)
    .innerJoin(users, eq(users.id, mails.userId))
    .where(eq(mails.id, mailId));
  if (!mail || mail.status === "sent") {
    await batch(ctx.db, [settled(ctx.db, messageId)]);
    return;
  }
  const template = templateOf(mail.template);
  if (!template) throw new Error(`There is no mail template ${mail.template}.`);
  const { appUrl = ctx.appUrl, ...data } = mail.data;
  const token = template.token ? await linkToken(ctx, template.token.purpose, mail.data["seed"] ?? "") : "";
  const letter = writeLetter(mail.template, template, {
    locale: mail.locale,
    values: { ...data, displayName: mail.displayName },
    link: template.link?.({ appUrl, token, data }),
  });
  await ctx.mail.send({ id: mailId, to: mail.to ?? mail.address, ...letter });
  await batch(ctx.db, [
    ctx.db.update(mails).set({ status: "sent", sentAt: ctx.clock.now() }).where(eq(mails.id, mailId)),
    settled(ctx.db, messageId),
  ]);
}
