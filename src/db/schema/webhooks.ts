import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { instant, oneOf } from "./columns.ts";
import { users } from "./users.ts";

export const webhooks = sqliteTable(
  "webhooks",
  {
    id: text("id").primaryKey(),
    url: text("url").notNull(),
    events: text("events", { mode: "json" }).$type<string[]>().notNull(),
    /** Sealed: it has to be read to sign, and tells nothing to who has the database alone. */
    secret: text("secret").notNull(),
    /** Those it had before, sealed too: until then (ms) they sign as well. */
    formerSecrets: text("former_secrets", { mode: "json" })
      .$type<{ secret: string; until: number }[]>()
      .notNull()
      .default([]),
    createdBy: text("created_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
    disabledAt: instant("disabled_at"),
    /** `admin`, `failing` or `gone`. */
    disabledReason: text("disabled_reason"),
    /** Failures in a row, and since when. */
    failures: integer("failures").notNull().default(0),
    failingSince: instant("failing_since"),
  },
  (t) => [index("webhooks_created_by").on(t.createdBy)],
);

export const WEBHOOK_DELIVERY_STATUSES = ["pending", "delivered", "failed"] as const;

/** One message to one webhook. Its id is the `webhook-id`, by which a receiver knows what it had. */
export const webhookDeliveries = sqliteTable(
  "webhook_deliveries",
  {
    id: text("id").primaryKey(),
    webhookId: text("webhook_id")
      .notNull()
      .references(() => webhooks.id, { onDelete: "cascade" }),
    /** The domain event, or `test:<id>`: one makes one message. */
    cause: text("cause").notNull(),
    type: text("type").notNull(),
    /** The body as it is signed and sent, so that every attempt sends the same bytes. */
    payload: text("payload").notNull(),
    status: text("status", { enum: WEBHOOK_DELIVERY_STATUSES }).notNull().default("pending"),
    attempts: integer("attempts").notNull().default(0),
    nextAttemptAt: instant("next_attempt_at"),
    leasedUntil: instant("leased_until"),
    lastStatus: integer("last_status"),
    failure: text("failure"),
    createdAt: instant("created_at").notNull(),
    lastAttemptAt: instant("last_attempt_at"),
  },
  (t) => [
    uniqueIndex("webhook_deliveries_once").on(t.webhookId, t.cause),
    index("webhook_deliveries_newest").on(t.webhookId, t.id),
    index("webhook_deliveries_due")
      .on(t.nextAttemptAt)
      .where(sql`${t.nextAttemptAt} IS NOT NULL`),
    index("webhook_deliveries_created").on(t.createdAt),
    oneOf("webhook_deliveries_status_known", t.status, WEBHOOK_DELIVERY_STATUSES),
  ],
);
