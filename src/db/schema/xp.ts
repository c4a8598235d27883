import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { instant, oneOf } from "./columns.ts";
import { users } from "./users.ts";

export const XP_REASONS = [
  "challenge",
  "milestone",
  "goal",
  "review",
  "review_rating",
  "daily_bonus",
  "referral",
  "reversal",
  "adjustment",
] as const;

/** The append-only ledger. `seq` orders it; (user, reason, source) is unique, so nothing is ever paid twice. */
export const xpEntries = sqliteTable(
  "xp_entries",
  {
    seq: integer("seq").primaryKey({ autoIncrement: true }),
    id: text("id").notNull(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    amount: integer("amount").notNull(),
    reason: text("reason", { enum: XP_REASONS }).notNull(),
    sourceType: text("source_type").notNull(),
    sourceId: text("source_id").notNull(),
    /** What the entry belongs to, for the boards of a goal and of a category. */
    goalId: text("goal_id"),
    category: text("category"),
    rulesVersion: integer("rules_version").notNull(),
    /** The user's XP after this entry. */
    balance: integer("balance").notNull(),
    day: text("day").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [
    uniqueIndex("xp_entries_id").on(t.id),
    uniqueIndex("xp_entries_once").on(t.userId, t.reason, t.sourceId),
    index("xp_entries_user").on(t.userId, t.seq),
    index("xp_entries_user_time").on(t.userId, t.createdAt, t.amount),
    index("xp_entries_timeline").on(t.userId, t.createdAt, t.id),
    index("xp_entries_user_day").on(t.userId, t.reason, t.day),
    index("xp_entries_goal").on(t.goalId, t.userId),
    index("xp_entries_category").on(t.category, t.userId),
    oneOf("xp_entries_reason_known", t.reason, XP_REASONS),
    check("xp_entries_balance_positive", sql`${t.balance} >= 0`),
  ],
);

/** The local days on which somebody learned: the facts that streaks are computed from. */
export const activityDays = sqliteTable(
  "activity_days",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    day: text("day").notNull(),
    timezone: text("timezone").notNull(),
    at: instant("at").notNull(),
    /** How often they learned that day. */
    deeds: integer("deeds").notNull().default(1),
  },
  (t) => [primaryKey({ columns: [t.userId, t.day] }), index("activity_days_day").on(t.day)],
);
