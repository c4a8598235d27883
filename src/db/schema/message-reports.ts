import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { instant, oneOf } from "./columns.ts";
import { rooms } from "./rooms.ts";
import { users } from "./users.ts";

export const REPORT_STATUSES = ["open", "upheld", "dismissed"] as const;

/** What somebody thinks should not have been said; the words are kept as they were, whatever becomes of the message. */
export const messageReports = sqliteTable(
  "message_reports",
  {
    id: text("id").primaryKey(),
    roomId: text("room_id")
      .notNull()
      .references(() => rooms.id, { onDelete: "cascade" }),
    messageId: text("message_id").notNull(),
    messageSeq: integer("message_seq").notNull(),
    body: text("body").notNull(),
    authorId: text("author_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    reporterId: text("reporter_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    reason: text("reason").notNull(),
    status: text("status", { enum: REPORT_STATUSES }).notNull().default("open"),
    decidedBy: text("decided_by").references(() => users.id, { onDelete: "set null" }),
    decidedAt: instant("decided_at"),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [
    uniqueIndex("message_reports_once").on(t.messageId, t.reporterId),
    index("message_reports_room").on(t.roomId, t.status, t.id),
    index("message_reports_status").on(t.status, t.id),
    index("message_reports_author").on(t.authorId),
    index("message_reports_reporter").on(t.reporterId),
    index("message_reports_decider").on(t.decidedBy),
    oneOf("message_reports_status_known", t.status, REPORT_STATUSES),
  ],
);
