import type { Clock } from "../platform/clock.ts";
import type { Mailer } from "../platform/mailer.ts";
import type { Db } from "./client.ts";
import { mailbox } from "./schema/mails.ts";

/** The development mailbox: the mail is kept in D1, where `/dev/mailbox` shows it. The same id is kept once. */
export const mailboxMailer = (db: Db, clock: Clock, from: string): Mailer => ({
  async send(mail) {
    await db
      .insert(mailbox)
      .values({ ...mail, headers: { ...mail.headers }, from, createdAt: clock.now() })
      .onConflictDoNothing();
    return { provider: "mailbox", providerId: null };
  },
});
