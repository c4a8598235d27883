import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { instant } from "./columns.ts";
import { users } from "./users.ts";

/** The highest level that somebody was told of: losing XP and winning it back tells nobody twice. */
export const userLevels = sqliteTable("user_levels", {
  userId: text("user_id")
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  level: integer("level").notNull(),
});

/** Where the last proof found a balance that is not the sum of its ledger. Empty when all is well. */
export const ledgerDifferences = sqliteTable("ledger_differences", {
  userId: text("user_id")
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  balance: integer("balance").notNull(),
  sum: integer("sum").notNull(),
  /** The first entry whose balance does not follow from the one before; null when only the user's own is off. */
  brokenSeq: integer("broken_seq"),
  foundAt: instant("found_at").notNull(),
});
