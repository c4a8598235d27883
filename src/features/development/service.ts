import { desc, eq } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { mailbox } from "../../db/schema/mails.ts";

export interface MailboxEntry {
  id: string;
  to: string;
  from: string;
  subject: string;
  text: string;
  html: string;
  createdAt: string;
}

/** The mails that would have been sent, newest first. */
export async function listMailbox(ctx: Pick<ServiceContext, "db">, to: string | undefined): Promise<MailboxEntry[]> {
  const rows = await ctx.db
    .select()
    .from(mailbox)
    .where(to === undefined ? undefined : eq(mailbox.to, to.toLowerCase()))
    .orderBy(desc(mailbox.createdAt), desc(mailbox.id))
    .limit(200);
  return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
}

export async function emptyMailbox(ctx: Pick<ServiceContext, "db">): Promise<void> {
  await ctx.db.delete(mailbox);
}
