import { index, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { instant } from "./columns.ts";
import { rooms } from "./rooms.ts";
import { users } from "./users.ts";

/** Tickets as the code before `tickets` keeps them, which still runs while that is deployed. Nothing reads them any more: to be dropped after. */
const columns = {
  hash: text("hash").primaryKey(),
  userId: text("user_id")
    .notNull()
    .references(() => users.id, { onDelete: "cascade" }),
  sessionId: text("session_id").notNull(),
  sessionExpiresAt: instant("session_expires_at").notNull(),
  expiresAt: instant("expires_at").notNull(),
  usedAt: instant("used_at"),
};

export const formerBoardTickets = sqliteTable("leaderboard_tickets", columns, (t) => [
  index("leaderboard_tickets_user").on(t.userId),
  index("leaderboard_tickets_expires").on(t.expiresAt),
]);

export const formerNotificationTickets = sqliteTable("notification_tickets", columns, (t) => [
  index("notification_tickets_user").on(t.userId),
  index("notification_tickets_expires").on(t.expiresAt),
]);

export const formerSocketTickets = sqliteTable(
  "socket_tickets",
  {
    ...columns,
    roomId: text("room_id")
      .notNull()
      .references(() => rooms.id, { onDelete: "cascade" }),
  },
  (t) => [
    index("socket_tickets_room").on(t.roomId),
    index("socket_tickets_user").on(t.userId),
    index("socket_tickets_expires").on(t.expiresAt),
  ],
);
