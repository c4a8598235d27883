import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { ChannelChoice, Digest, NotificationKind } from "../../db/schema/notifications.ts";
import { unsubscribedFrom } from "../mails/suppressions.ts";
import type { Wishes } from "./planning.ts";
import type { Choice } from "./rules.ts";
import { DEFAULT_CHOICE } from "./rules.ts";

/** As stored: who chose nothing of a kind or channel has the default there. */
export type StoredChannels = Partial<Record<NotificationKind, Partial<ChannelChoice>>>;

/** The columns of somebody's wishes as a query gives them; JSON is still text. */
export interface WishRow {
  locale: string;
  timezone: string;
  suspended: number;
  channels: string | null;
  quietFrom: string | null;
  quietTo: string | null;
  digestWish: Digest | null;
  unsubscribed: number;
}

/** For a query over `users u LEFT JOIN notification_preferences p`; `kind` is an expression of that query. */
export const wishColumns = (kind: string) => sql`u.locale AS locale, u.timezone AS timezone,
  (u.status = 'suspended') AS suspended, p.channels AS channels, p.quiet_from AS quietFrom, p.quiet_to AS quietTo,
  p.digest AS digestWish, ${unsubscribedFrom(sql`u.id`, sql.raw(kind))} AS unsubscribed`;

export function wishesOf(row: WishRow, kind: NotificationKind): Wishes {
  const { timezone, suspended, unsubscribed, quietFrom, quietTo } = row;
  return {
    timezone,
    choice: choiceOf(JSON.parse(row.channels ?? "{}") as StoredChannels, kind),
    suspended: suspended === 1,
    unsubscribed: unsubscribed === 1,
    quiet: quietFrom !== null && quietTo !== null ? { from: quietFrom, to: quietTo } : null,
    digest: row.digestWish ?? "off",
  };
}

export const choiceOf = (channels: StoredChannels, kind: NotificationKind): Choice => ({
  ...DEFAULT_CHOICE,
  ...channels[kind],
});

export interface Recipient extends WishRow {
  userId: string;
}

/** Those of the people who still exist, with how they want to be told of a kind. */
export const findRecipients = (
  { db }: Pick<ServiceContext, "db">,
  entries: readonly { userId: string; kind: NotificationKind }[],
): Promise<Recipient[]> =>
  db.all<Recipient>(sql`
    SELECT u.id AS userId, ${wishColumns("e.value ->> 'kind'")}
    FROM json_each(${JSON.stringify(entries)}) e JOIN users u ON u.id = e.value ->> 'userId'
    LEFT JOIN notification_preferences p ON p.user_id = u.id
    WHERE u.deleted_at IS NULL`);
