import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { instant, oneOf } from "./columns.ts";

export const QUEUES = ["events", "email", "ai-feedback"] as const;
export type QueueName = (typeof QUEUES)[number];

/** What is still to be done: a row is written with its cause and leaves with its effect. */
export const outbox = sqliteTable(
  "outbox",
  {
    id: text("id").primaryKey(),
    queue: text("queue", { enum: QUEUES }).notNull(),
    message: text("message", { mode: "json" }).$type<unknown>().notNull(),
    /** Whose order counts, such as `user:<id>`; null for messages that know no order. */
    aggregate: text("aggregate"),
    createdAt: instant("created_at").notNull(),
    /** When it was last handed to the queue, or, after a failure, when the queue will deliver it again. */
    sentAt: instant("sent_at"),
    deadAt: instant("dead_at"),
    /** How often its consumer failed, and why the last time. */
    attempts: integer("attempts").notNull().default(0),
    failure: text("failure"),
  },
  (t) => [
    index("outbox_due")
      .on(t.sentAt, t.id)
      .where(sql`${t.deadAt} IS NULL`),
    index("outbox_aggregate")
      .on(t.aggregate, t.id)
      .where(sql`${t.aggregate} IS NOT NULL`),
    oneOf("outbox_queue_known", t.queue, QUEUES),
  ],
);

/** Which subscriber has had which event; makes subscribers idempotent. */
export const eventDeliveries = sqliteTable(
  "event_deliveries",
  {
    eventId: text("event_id").notNull(),
    subscriber: text("subscriber").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.eventId, t.subscriber] }), index("event_deliveries_created").on(t.createdAt)],
);

export const deadLetters = sqliteTable(
  "dead_letters",
  {
    id: text("id").primaryKey(),
    queue: text("queue", { enum: QUEUES }).notNull(),
    message: text("message", { mode: "json" }).$type<unknown>().notNull(),
    cause: text("cause").notNull(),
    attempts: integer("attempts").notNull(),
    createdAt: instant("created_at").notNull(),
    replayedAt: instant("replayed_at"),
  },
  (t) => [index("dead_letters_created").on(t.createdAt, t.id), oneOf("dead_letters_queue_known", t.queue, QUEUES)],
);
