import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { instant, oneOf } from "./columns.ts";
import { users } from "./users.ts";

/** A session is one family of refresh tokens; only the newest hash and its predecessor are kept. */
export const sessions = sqliteTable(
  "sessions",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    remember: integer("remember", { mode: "boolean" }).notNull(),
    userAgent: text("user_agent"),
    /** Browser and system without their versions: what tells a new device from a known one. */
    device: text("device"),
    country: text("country"),
    createdAt: instant("created_at").notNull(),
    lastUsedAt: instant("last_used_at").notNull(),
    /** Idle end; every rotation moves it, never past `absoluteExpiresAt`. */
    expiresAt: instant("expires_at").notNull(),
    absoluteExpiresAt: instant("absolute_expires_at").notNull(),
    revokedAt: instant("revoked_at"),
    revokedReason: text("revoked_reason"),
    /** The last time a factor was shown again for a sensitive call; opening the session counts as the first. */
    verifiedAt: instant("verified_at"),
  },
  (t) => [index("sessions_user").on(t.userId, t.createdAt), index("sessions_absolute_expiry").on(t.absoluteExpiresAt)],
);

export const refreshTokens = sqliteTable(
  "refresh_tokens",
  {
    hash: text("hash").primaryKey(),
    sessionId: text("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    createdAt: instant("created_at").notNull(),
    usedAt: instant("used_at"),
  },
  (t) => [
    index("refresh_tokens_session").on(t.sessionId),
    index("refresh_tokens_used")
      .on(t.usedAt)
      .where(sql`${t.usedAt} IS NOT NULL`),
  ],
);

/** Wrong passwords by user id, or by the hash of what was typed where no account has that name: both are slowed down alike. */
export const loginFailures = sqliteTable(
  "login_failures",
  {
    account: text("account").primaryKey(),
    count: integer("count").notNull(),
    since: instant("since").notNull(),
    restsUntil: instant("rests_until"),
  },
  (t) => [index("login_failures_since").on(t.since)],
);

const PURPOSES = ["verify_email", "reset_password", "leave_email", "change_email"] as const;

export const oneTimeTokens = sqliteTable(
  "one_time_tokens",
  {
    hash: text("hash").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    purpose: text("purpose", { enum: PURPOSES }).notNull(),
    /** The address that a change of e-mail leads to. */
    payload: text("payload", { mode: "json" }).$type<{ newEmail: string }>(),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
    usedAt: instant("used_at"),
  },
  (t) => [
    uniqueIndex("one_time_tokens_user_purpose").on(t.userId, t.purpose),
    oneOf("one_time_tokens_purpose_known", t.purpose, PURPOSES),
  ],
);

export const idempotencyKeys = sqliteTable(
  "idempotency_keys",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    key: text("key").notNull(),
    requestHash: text("request_hash").notNull(),
    /** The stored answer; null from the commit of the effect until the answer is known. */
    response: text("response", { mode: "json" }).$type<{
      status: number;
      headers: Record<string, string>;
      body: string;
    }>(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [
    uniqueIndex("idempotency_keys_user_key").on(t.userId, t.key),
    index("idempotency_keys_created").on(t.createdAt),
  ],
);
