import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { instant, oneOf } from "./columns.ts";
import { users } from "./users.ts";

export const GOAL_STATUSES = ["active", "paused", "completed", "archived"] as const;
export const VISIBILITIES = ["private", "public"] as const;

export const goals = sqliteTable(
  "goals",
  {
    id: text("id").primaryKey(),
    ownerId: text("owner_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    title: text("title").notNull(),
    description: text("description").notNull().default(""),
    category: text("category").notNull().default("general"),
    tags: text("tags", { mode: "json" }).$type<string[]>().notNull().default([]),
    status: text("status", { enum: GOAL_STATUSES }).notNull().default("active"),
    visibility: text("visibility", { enum: VISIBILITIES }).notNull().default("private"),
    startsAt: instant("starts_at"),
    targetDate: text("target_date"),
    /** What is written without spaces, character by character: what `goals_search` finds Chinese, Japanese or Thai by. */
    ideographs: text("ideographs").notNull().default(""),
    version: integer("version").notNull().default(1),
    /** When its status became `completed`; null when it is not. */
    completedAt: instant("completed_at"),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (t) => [
    index("goals_owner").on(t.ownerId, t.id),
    index("goals_visibility").on(t.visibility, t.id),
    index("goals_timeline").on(t.ownerId, t.createdAt, t.id),
    index("goals_completed")
      .on(t.ownerId, t.completedAt, t.id)
      .where(sql`${t.completedAt} IS NOT NULL`),
    oneOf("goals_status_known", t.status, GOAL_STATUSES),
    oneOf("goals_visibility_known", t.visibility, VISIBILITIES),
  ],
);

export const milestones = sqliteTable(
  "milestones",
  {
    id: text("id").primaryKey(),
    goalId: text("goal_id")
      .notNull()
      .references(() => goals.id, { onDelete: "cascade" }),
    title: text("title").notNull(),
    dueDate: text("due_date"),
    weight: integer("weight").notNull().default(1),
    position: integer("position").notNull(),
    completedAt: instant("completed_at"),
    /** Whose timeline it is in. */
    completedBy: text("completed_by").references(() => users.id, { onDelete: "set null" }),
  },
  (t) => [
    index("milestones_goal").on(t.goalId, t.position),
    index("milestones_completed")
      .on(t.completedBy, t.completedAt, t.id)
      .where(sql`${t.completedBy} IS NOT NULL`),
    check("milestones_weight_range", sql`${t.weight} BETWEEN 1 AND 10`),
  ],
);

/** Numbers goals for `goals_search`, which knows rows by number. Its triggers write it. */
export const goalDocuments = sqliteTable(
  "goal_documents",
  {
    seq: integer("seq").primaryKey({ autoIncrement: true }),
    goalId: text("goal_id")
      .notNull()
      .references(() => goals.id, { onDelete: "cascade" }),
  },
  (t) => [uniqueIndex("goal_documents_goal").on(t.goalId)],
);

/** A public goal's circle: who shares its challenges, board and room. */
export const goalMembers = sqliteTable(
  "goal_members",
  {
    goalId: text("goal_id")
      .notNull()
      .references(() => goals.id, { onDelete: "cascade" }),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    joinedAt: instant("joined_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.goalId, t.userId] }), index("goal_members_user").on(t.userId)],
);
