import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { submissions } from "./challenges.ts";
import { instant, oneOf } from "./columns.ts";
import { users } from "./users.ts";

export const JOB_TYPES = ["feedback", "generate_challenges"] as const;
export const JOB_STATUSES = ["queued", "running", "succeeded", "failed"] as const;

export const aiJobs = sqliteTable(
  "ai_jobs",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    type: text("type", { enum: JOB_TYPES }).notNull(),
    submissionId: text("submission_id").references(() => submissions.id, { onDelete: "cascade" }),
    status: text("status", { enum: JOB_STATUSES }).notNull().default("queued"),
    result: text("result", { mode: "json" }).$type<unknown>(),
    error: text("error"),
    attempts: integer("attempts").notNull().default(0),
    /** The local day whose quota was charged, given back when the job fails for good. */
    quotaDay: text("quota_day").notNull(),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (t) => [
    index("ai_jobs_user").on(t.userId, t.id),
    index("ai_jobs_submission").on(t.submissionId, t.id),
    oneOf("ai_jobs_type_known", t.type, JOB_TYPES),
    oneOf("ai_jobs_status_known", t.status, JOB_STATUSES),
  ],
);

export const aiUsage = sqliteTable(
  "ai_usage",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    day: text("day").notNull(),
    kind: text("kind", { enum: ["jobs", "explanations"] }).notNull(),
    used: integer("used").notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.day, t.kind] })],
);
