import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { instant, oneOf } from "./columns.ts";
import { users } from "./users.ts";

export const CEREMONIES = ["register", "login"] as const;

export const passkeys = sqliteTable(
  "passkeys",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    /** As the authenticator chose it, base64url. */
    credentialId: text("credential_id").notNull(),
    /** COSE, base64url. */
    publicKey: text("public_key").notNull(),
    /** Signatures so far by the authenticator's count; 0 for those that do not count. */
    counter: integer("counter").notNull(),
    transports: text("transports", { mode: "json" }).$type<string[]>().notNull(),
    backedUp: integer("backed_up", { mode: "boolean" }).notNull(),
    createdAt: instant("created_at").notNull(),
    lastUsedAt: instant("last_used_at"),
  },
  (t) => [uniqueIndex("passkeys_credential").on(t.credentialId), index("passkeys_user").on(t.userId, t.createdAt)],
);

/** What an authenticator was asked to sign; the row goes with the first answer. */
export const passkeyChallenges = sqliteTable(
  "passkey_challenges",
  {
    hash: text("hash").primaryKey(),
    ceremony: text("ceremony", { enum: CEREMONIES }).notNull(),
    /** Who is to get the passkey; null for a login, where nobody is known yet. */
    userId: text("user_id").references(() => users.id, { onDelete: "cascade" }),
    expiresAt: instant("expires_at").notNull(),
  },
  (t) => [
    index("passkey_challenges_user").on(t.userId),
    index("passkey_challenges_expires").on(t.expiresAt),
    oneOf("passkey_challenges_ceremony_known", t.ceremony, CEREMONIES),
  ],
);
