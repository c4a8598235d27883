import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { instant } from "./columns.ts";
import { goals, milestones } from "./goals.ts";
import { users } from "./users.ts";

/** What somebody says they studied. It outlives the goal. */
export const studyLog = sqliteTable(
  "study_log",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    goalId: text("goal_id").references(() => goals.id, { onDelete: "set null" }),
    milestoneId: text("milestone_id").references(() => milestones.id, { onDelete: "set null" }),
    minutes: integer("minutes"),
    note: text("note").notNull().default(""),
    /** The milestone was marked done with this entry. */
    completed: integer("completed", { mode: "boolean" }).notNull().default(false),
    /** The user's local day, in the zone they had. */
    day: text("day").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [
    index("study_log_timeline").on(t.userId, t.createdAt, t.id),
    index("study_log_goal").on(t.goalId, t.userId, t.createdAt),
    index("study_log_milestone").on(t.milestoneId),
    check("study_log_minutes_range", sql`${t.minutes} BETWEEN 1 AND 1440`),
  ],
);

/** What somebody pins to their own dashboard. */
export const dashboardItems = sqliteTable(
  "dashboard_items",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    title: text("title").notNull(),
    content: text("content").notNull().default(""),
    version: integer("version").notNull().default(1),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (t) => [index("dashboard_items_user").on(t.userId, t.id)],
);
