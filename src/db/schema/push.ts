import { index, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { sessions } from "./auth.ts";
import { instant } from "./columns.ts";
import { users } from "./users.ts";

/** Browsers that take web push. One belongs to the session that registered it: who logs out of a shared browser leaves nothing behind. */
export const pushSubscriptions = sqliteTable(
  "push_subscriptions",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    sessionId: text("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    endpoint: text("endpoint").notNull(),
    /** The browser's P-256 point and 16 bytes of secret, base64url. */
    p256dh: text("p256dh").notNull(),
    auth: text("auth").notNull(),
    createdAt: instant("created_at").notNull(),
    /** When the browser said it would end by itself. */
    expiresAt: instant("expires_at"),
  },
  (t) => [
    uniqueIndex("push_subscriptions_endpoint").on(t.endpoint),
    index("push_subscriptions_user").on(t.userId, t.id),
    index("push_subscriptions_session").on(t.sessionId),
  ],
);
