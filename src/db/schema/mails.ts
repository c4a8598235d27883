import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { instant, oneOf } from "./columns.ts";
import { users } from "./users.ts";

export const MAIL_STATUSES = ["queued", "sent", "failed"] as const;

/** Mails about the account's security always go out; notifications can be unsubscribed from. */
export const MAIL_KINDS = ["security", "notification"] as const;
export type MailKind = (typeof MAIL_KINDS)[number];

/** One row a mail: what is to be sent, and its delivery record. */
export const mails = sqliteTable(
  "mails",
  {
    id: text("id").primaryKey(),
    userId: text("user_id").references(() => users.id, { onDelete: "cascade" }),
    template: text("template").notNull(),
    data: text("data", { mode: "json" }).$type<Record<string, string>>().notNull(),
    /** One cause makes at most one mail. */
    dedupeKey: text("dedupe_key").notNull(),
    kind: text("kind", { enum: MAIL_KINDS }).notNull().default("security"),
    /** Where it goes if not to the user's address of the moment, such as an address that is still to be confirmed. */
    to: text("to_address"),
    status: text("status", { enum: MAIL_STATUSES }).notNull().default("queued"),
    failure: text("failure"),
    /** Why it was never tried: the recipient does not want it, or had too many. Its status is `failed`. */
    suppressed: text("suppressed"),
    attempts: integer("attempts").notNull().default(0),
    /** Whoever sends it holds it until then, so that two deliveries of its message send one mail. */
    claimedUntil: instant("claimed_until"),
    provider: text("provider"),
    providerId: text("provider_id"),
    createdAt: instant("created_at").notNull(),
    sentAt: instant("sent_at"),
  },
  (t) => [
    uniqueIndex("mails_dedupe").on(t.dedupeKey),
    index("mails_user").on(t.userId),
    index("mails_sent").on(t.userId, t.kind, t.sentAt),
    index("mails_provider_id").on(t.providerId),
    index("mails_created").on(t.createdAt),
    oneOf("mails_status_known", t.status, MAIL_STATUSES),
  ],
);

export const SUPPRESSIONS = ["bounced", "complained"] as const;
export type SuppressionReason = (typeof SUPPRESSIONS)[number];

/** Addresses that get no mail any more, hashed: the list outlives the accounts. */
export const mailSuppressions = sqliteTable(
  "mail_suppressions",
  {
    addressHash: text("address_hash").primaryKey(),
    reason: text("reason", { enum: SUPPRESSIONS }).notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [oneOf("mail_suppressions_reason_known", t.reason, SUPPRESSIONS)],
);

/** People who want no mail but that about their account's security. */
export const mailOptOuts = sqliteTable("mail_opt_outs", {
  userId: text("user_id")
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  createdAt: instant("created_at").notNull(),
});

/** Kinds of notification of which people want no mail: the unsubscribe link of each mail stops its own kind. */
export const mailKindOptOuts = sqliteTable(
  "mail_kind_opt_outs",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    kind: text("kind").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.kind] })],
);

/** The development mailbox: mails that would have left. */
export const mailbox = sqliteTable(
  "mailbox",
  {
    id: text("id").primaryKey(),
    to: text("to_address").notNull(),
    from: text("from_address").notNull(),
    subject: text("subject").notNull(),
    text: text("text").notNull(),
    html: text("html").notNull(),
    headers: text("headers", { mode: "json" }).$type<Record<string, string>>().notNull().default({}),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [index("mailbox_to").on(t.to, t.id)],
);
