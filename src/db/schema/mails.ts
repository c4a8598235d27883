import { index, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { instant, oneOf } from "./columns.ts";
import { users } from "./users.ts";

export const MAIL_STATUSES = ["queued", "sent", "failed"] as const;

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
    status: text("status", { enum: MAIL_STATUSES }).notNull().default("queued"),
    failure: text("failure"),
    createdAt: instant("created_at").notNull(),
    sentAt: instant("sent_at"),
  },
  (t) => [
    uniqueIndex("mails_dedupe").on(t.dedupeKey),
    index("mails_user").on(t.userId),
    oneOf("mails_status_known", t.status, MAIL_STATUSES),
  ],
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
    createdAt: instant("created_at").notNull(),
  },
  (t) => [index("mailbox_to").on(t.to, t.id)],
);
