import type { SQL } from "drizzle-orm";
import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import type { Conditional } from "../../events/conditional.ts";
import { messageIf } from "../../events/conditional.ts";
import type { OutboxMessage } from "../../events/outbox.ts";
import { message } from "../../events/outbox.ts";
import { newId } from "../../platform/ids.ts";
import { hashToken, randomToken } from "../../platform/secrets.ts";
import { storeToken } from "../auth/one-time.ts";
import type { TemplateName } from "./templates.ts";
import { templateOf } from "./templates.ts";
import { linkToken } from "./tokens.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "config" | "appUrl">;

export interface WhoseMail {
  /** A condition on `users`: whoever fits gets the mail; where nobody does, nothing is written. */
  who: SQL;
  template: TemplateName;
  /** One cause makes at most one mail; each order is a cause of its own without it. */
  dedupeKey?: string;
  data?: Record<string, string>;
  /** An address other than the user's own. */
  to?: string;
  appUrl?: string;
  /** What the link's token leads to. */
  payload?: { newEmail: string };
}

export interface OrderedMail {
  mailId: string;
  /** The mail and, where its template has one, the one-time token of its link. */
  statements: Statement[];
  message: OutboxMessage;
}

/** A mail for whoever the statement finds when it runs, at the same cost whether it finds anybody; its link's token ends the older one. */
export async function mailWhose(ctx: Ctx, order: WhoseMail): Promise<OrderedMail> {
  const { who, template, data, to = null, appUrl = ctx.appUrl, payload } = order;
  const mailId = newId();
  const seed = randomToken();
  const { kind = "security", token } = templateOf(template) ?? {};
  const values = JSON.stringify({ ...data, appUrl, ...(token ? { seed } : {}) });
  const key = order.dedupeKey ?? `${template}:${mailId}`;
  const statements: Statement[] = [
    ctx.db.run(sql`INSERT INTO mails (id, user_id, template, kind, to_address, data, dedupe_key, created_at)
      SELECT ${mailId}, users.id, ${template}, ${kind}, ${to}, ${values}, ${key}, ${ctx.clock.now().getTime()}
      FROM users WHERE users.deleted_at IS NULL AND (${who}) ON CONFLICT DO NOTHING`),
  ];
  if (token) {
    const hash = await hashToken(await linkToken(ctx, token.purpose, seed));
    statements.push(storeToken(ctx, { ...token, hash, mailId, ...(payload ? { payload } : {}) }));
  }
  return { mailId, statements, message: message("email", { mailId }) };
}

/** Its message where nobody may be found: stands after the mail's statements. */
export const messageOf = (ctx: Ctx, { mailId, message }: OrderedMail): Conditional =>
  messageIf(ctx, message, sql`EXISTS (SELECT 1 FROM mails WHERE id = ${mailId})`);
