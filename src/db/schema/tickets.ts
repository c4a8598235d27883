import { index, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { instant } from "./columns.ts";
import { users } from "./users.ts";

/** One-use tickets that open one socket where a browser cannot send a header. */
export const tickets = sqliteTable(
  "tickets",
  {
    hash: text("hash").primaryKey(),
    /** The path of the one socket that it opens. */
    path: text("path").notNull(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    sessionId: text("session_id").notNull(),
    /** When the access token that asked for the ticket ends: the socket lives no longer. */
    sessionExpiresAt: instant("session_expires_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
    usedAt: instant("used_at"),
  },
  (t) => [index("tickets_user").on(t.userId), index("tickets_expires").on(t.expiresAt)],
);
