import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { instant } from "./columns.ts";
import { users } from "./users.ts";

/** The authenticator app of an account; it counts once its first code is confirmed. */
export const totpFactors = sqliteTable("totp_factors", {
  userId: text("user_id")
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  /** Sealed with a key of `TOKEN_SECRET`. */
  secret: text("secret").notNull(),
  createdAt: instant("created_at").notNull(),
  confirmedAt: instant("confirmed_at"),
  /** The 30-second step of the last code that was taken; no older or equal one is taken again. */
  lastStep: integer("last_step"),
});

export const recoveryCodes = sqliteTable(
  "recovery_codes",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    hash: text("hash").notNull(),
    usedAt: instant("used_at"),
  },
  (t) => [primaryKey({ columns: [t.userId, t.hash] })],
);

/** A login that got past its first factor and waits for the second. */
export const mfaChallenges = sqliteTable(
  "mfa_challenges",
  {
    hash: text("hash").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** What the first factor was: `password`, or the name of a provider. */
    method: text("method").notNull(),
    remember: integer("remember", { mode: "boolean" }).notNull(),
    expiresAt: instant("expires_at").notNull(),
    usedAt: instant("used_at"),
  },
  (t) => [index("mfa_challenges_user").on(t.userId), index("mfa_challenges_expires").on(t.expiresAt)],
);

/** Tries since the last right code or password of somebody whose first factor is known; each waits longer than the one before. */
export const factorAttempts = sqliteTable("factor_attempts", {
  userId: text("user_id")
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  count: integer("count").notNull(),
  lastAt: instant("last_at").notNull(),
  nextAt: instant("next_at").notNull(),
});
