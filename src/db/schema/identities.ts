import { index, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { instant } from "./columns.ts";
import { users } from "./users.ts";

/** A login at a provider that opens an account here; an account has one at each provider at most. */
export const identities = sqliteTable(
  "identities",
  {
    provider: text("provider").notNull(),
    /** The provider's own name for the person, which never changes hands. */
    subject: text("subject").notNull(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** As the provider told it last; shown to its owner, never used to find an account. */
    email: text("email"),
    createdAt: instant("created_at").notNull(),
    lastUsedAt: instant("last_used_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.provider, t.subject] }),
    uniqueIndex("identities_user_provider").on(t.userId, t.provider),
  ],
);

/** States that came back from a provider: each is good once. */
export const spentStates = sqliteTable(
  "spent_states",
  { hash: text("hash").primaryKey(), expiresAt: instant("expires_at").notNull() },
  (t) => [index("spent_states_expires").on(t.expiresAt)],
);
