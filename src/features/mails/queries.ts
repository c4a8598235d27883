import { and, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import type { MailKind } from "../../db/schema/mails.ts";
import { mails } from "../../db/schema/mails.ts";
import { users } from "../../db/schema/users.ts";
import { unsubscribedFrom } from "./suppressions.ts";

const HOUR_MS = 60 * 60 * 1000;
/** Longer than any provider is waited for. */
const CLAIM_MS = 3 * 60 * 1000;

/** A mail with what is known of its recipient. */
export interface DueMail {
  status: (typeof mails.$inferSelect)["status"];
  kind: MailKind;
  template: string;
  data: Record<string, string>;
  to: string | null;
  attempts: number;
  userId: string;
  address: string;
  locale: string;
  displayName: string;
  deleted: boolean;
  optedOut: boolean;
  sentLately: number;
}

/** Takes the mail for this delivery, unless it is done or another one has it, and reads it; one round trip. */
export async function claimMail(
  ctx: Pick<ServiceContext, "db" | "clock">,
  mailId: string,
): Promise<{ mail: DueMail | undefined; claimed: boolean }> {
  const [claim, rows] = (await batch(ctx.db, [claiming(ctx, mailId), reading(ctx, mailId)])) as [unknown[], Read[]];
  const [row] = rows;
  const mail = row && { ...row, deleted: row.deleted === 1, optedOut: row.optedOut === 1 };
  return { mail, claimed: claim.length > 0 };
}

type Read = Omit<DueMail, "deleted" | "optedOut"> & { deleted: number; optedOut: number };

function claiming({ db, clock }: Pick<ServiceContext, "db" | "clock">, mailId: string) {
  const now = clock.now().getTime();
  const until = now + CLAIM_MS;
  const free = sql`(${mails.claimedUntil} IS NULL OR ${mails.claimedUntil} NOT BETWEEN ${now + 1} AND ${until})`;
  return db
    .update(mails)
    .set({ claimedUntil: new Date(until), attempts: sql`${mails.attempts} + 1` })
    .where(and(eq(mails.id, mailId), eq(mails.status, "queued"), free))
    .returning({ id: mails.id });
}

const reading = ({ db, clock }: Pick<ServiceContext, "db" | "clock">, mailId: string) =>
  db
    .select({
      status: mails.status,
      kind: mails.kind,
      template: mails.template,
      data: mails.data,
      to: mails.to,
      attempts: mails.attempts,
      userId: sql<string>`${users.id}`.as("userId"),
      address: sql<string>`${users.email}`.as("address"),
      locale: users.locale,
      displayName: users.displayName,
      deleted: sql<number>`${users.deletedAt} IS NOT NULL`.as("deleted"),
      optedOut: unsubscribedFrom(sql`${users.id}`, sql`${mails.data} ->> 'kind'`).as("optedOut"),
      sentLately: sql<number>`(SELECT count(*) FROM mails s WHERE s.user_id = ${users.id} AND s.kind = ${mails.kind}
        AND s.sent_at > ${clock.now().getTime() - HOUR_MS}
        AND (s.kind = 'notification' OR s.template = ${mails.template}))`.as("sentLately"),
    })
    .from(mails)
    .innerJoin(users, eq(users.id, mails.userId))
    .where(eq(mails.id, mailId));
