import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { instant } from "./columns.ts";
import { users } from "./users.ts";

/** Badges earned: once each, for good. */
export const userBadges = sqliteTable(
  "user_badges",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    code: text("code").notNull(),
    earnedAt: instant("earned_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.code] }),
    index("user_badges_newest").on(t.userId, t.earnedAt),
    index("user_badges_timeline").on(t.userId, t.earnedAt, t.code),
  ],
);

/** How far a job that walks a growing table has come. */
export const walks = sqliteTable("walks", {
  name: text("name").primaryKey(),
  position: integer("position").notNull(),
});
