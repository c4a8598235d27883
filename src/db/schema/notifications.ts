import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { instant, oneOf } from "./columns.ts";
import { users } from "./users.ts";

export const NOTIFICATION_KINDS = [
  "submission_decided",
  "feedback_ready",
  "review_assigned",
  "review_rated",
  "mention",
  "invitation",
  "badge_earned",
  "level_up",
  "streak_at_risk",
  "system",
] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

/** What somebody is told, in the words of their language at that time. */
export const notifications = sqliteTable(
  "notifications",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    kind: text("kind", { enum: NOTIFICATION_KINDS }).notNull(),
    /** One cause makes at most one notification a person. */
    dedupeKey: text("dedupe_key").notNull(),
    title: text("title").notNull(),
    body: text("body").notNull(),
    /** A path of the app. */
    url: text("url").notNull(),
    data: text("data", { mode: "json" }).$type<Record<string, string | number>>().notNull(),
    /** In the list of the app; without it only other channels tell. */
    listed: integer("listed", { mode: "boolean" }).notNull(),
    createdAt: instant("created_at").notNull(),
    readAt: instant("read_at"),
    /** From then on it is no longer true, and nobody is told any more. */
    expiresAt: instant("expires_at"),
  },
  (t) => [
    uniqueIndex("notifications_dedupe").on(t.userId, t.dedupeKey),
    index("notifications_listed")
      .on(t.userId, t.id)
      .where(sql`${t.listed} = 1`),
    index("notifications_unread")
      .on(t.userId, t.id)
      .where(sql`${t.readAt} IS NULL AND ${t.listed} = 1`),
    index("notifications_created").on(t.createdAt),
    oneOf("notifications_kind_known", t.kind, NOTIFICATION_KINDS),
  ],
);

export const CHANNELS = ["in_app", "email", "push"] as const;
export type Channel = (typeof CHANNELS)[number];
export const DELIVERY_STATUSES = ["created", "suppressed", "sent", "failed"] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** What became of a notification on each channel. While `dueAt` is set there is something to do then. */
export const notificationDeliveries = sqliteTable(
  "notification_deliveries",
  {
    notificationId: text("notification_id")
      .notNull()
      .references(() => notifications.id, { onDelete: "cascade" }),
    channel: text("channel", { enum: CHANNELS }).notNull(),
    status: text("status", { enum: DELIVERY_STATUSES }).notNull(),
    /** Why it was suppressed, waits or failed. */
    reason: text("reason"),
    at: instant("at").notNull(),
    dueAt: instant("due_at"),
    /** Waits for the digest; what is due of one person goes into one mail. */
    digest: integer("digest", { mode: "boolean" }).notNull().default(false),
    attempts: integer("attempts").notNull().default(0),
    leasedUntil: instant("leased_until"),
    /** The push subscriptions that have it already. */
    reached: text("reached", { mode: "json" }).$type<string[]>().notNull().default([]),
    /** The dedupe key of the mail that carries it; from then on that mail says how it stands. */
    mailKey: text("mail_key"),
  },
  (t) => [
    primaryKey({ columns: [t.notificationId, t.channel] }),
    index("notification_deliveries_due")
      .on(t.channel, t.dueAt)
      .where(sql`${t.dueAt} IS NOT NULL`),
    oneOf("notification_deliveries_channel_known", t.channel, CHANNELS),
    oneOf("notification_deliveries_status_known", t.status, DELIVERY_STATUSES),
  ],
);

export const DIGESTS = ["off", "daily", "weekly"] as const;
export type Digest = (typeof DIGESTS)[number];

export interface ChannelChoice {
  inApp: boolean;
  email: boolean;
  push: boolean;
}

/** What people chose; who has no row, and a kind that is not named, have the defaults. Times are `HH:MM` in the person's zone. */
export const notificationPreferences = sqliteTable(
  "notification_preferences",
  {
    userId: text("user_id")
      .primaryKey()
      .references(() => users.id, { onDelete: "cascade" }),
    channels: text("channels", { mode: "json" }).$type<Partial<Record<NotificationKind, ChannelChoice>>>().notNull(),
    quietFrom: text("quiet_from"),
    quietTo: text("quiet_to"),
    digest: text("digest", { enum: DIGESTS }).notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (t) => [oneOf("notification_preferences_digest_known", t.digest, DIGESTS)],
);

/** The last local day for which somebody's streak was looked at in the evening. */
export const streakReminders = sqliteTable("streak_reminders", {
  userId: text("user_id")
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  day: text("day").notNull(),
});
