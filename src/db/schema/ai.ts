import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { submissions } from "./challenges.ts";
import { instant, oneOf } from "./columns.ts";
import { goals } from "./goals.ts";
import { users } from "./users.ts";

export const JOB_TYPES = ["feedback", "generate_challenges"] as const;
export const JOB_STATUSES = ["queued", "running", "succeeded", "failed"] as const;
export const AI_FEATURES = ["feedback", "generate", "explain"] as const;
export const TEMPLATE_NAMES = ["generate-challenges", "submission-feedback", "explain-concept"] as const;

export const aiJobs = sqliteTable(
  "ai_jobs",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    type: text("type", { enum: JOB_TYPES }).notNull(),
    submissionId: text("submission_id").references(() => submissions.id, { onDelete: "cascade" }),
    goalId: text("goal_id").references(() => goals.id, { onDelete: "cascade" }),
    /** What was asked for, with the facts it is answered from; null where they are read from the submission. */
    input: text("input", { mode: "json" }).$type<unknown>(),
    status: text("status", { enum: JOB_STATUSES }).notNull().default("queued"),
    result: text("result", { mode: "json" }).$type<unknown>(),
    /** The version of the prompt template that the result comes from. */
    templateVersion: integer("template_version"),
    error: text("error"),
    attempts: integer("attempts").notNull().default(0),
    /** The local day whose quota was charged, given back when the job fails for good. */
    quotaDay: text("quota_day").notNull(),
    helpful: integer("helpful", { mode: "boolean" }),
    ratingComment: text("rating_comment"),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (t) => [
    index("ai_jobs_user").on(t.userId, t.id),
    index("ai_jobs_submission").on(t.submissionId, t.id),
    index("ai_jobs_goal").on(t.goalId),
    index("ai_jobs_rated")
      .on(t.type, t.templateVersion, t.helpful)
      .where(sql`${t.helpful} IS NOT NULL`),
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
  (t) => [primaryKey({ columns: [t.userId, t.day, t.kind] }), index("ai_usage_day").on(t.day)],
);

/** What each call of a provider took, whether it answered or not. */
export const aiCalls = sqliteTable(
  "ai_calls",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    jobId: text("job_id").references(() => aiJobs.id, { onDelete: "cascade" }),
    feature: text("feature", { enum: AI_FEATURES }).notNull(),
    templateVersion: integer("template_version").notNull(),
    provider: text("provider").notNull(),
    model: text("model").notNull(),
    /** `OK`, or why there was no answer. */
    outcome: text("outcome").notNull(),
    inputTokens: integer("input_tokens").notNull(),
    outputTokens: integer("output_tokens").notNull(),
    latencyMs: integer("latency_ms").notNull(),
    /** Millionths of the currency that the prices are configured in. */
    costMicros: integer("cost_micros").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [
    index("ai_calls_user").on(t.userId, t.id),
    index("ai_calls_job").on(t.jobId),
    index("ai_calls_created").on(t.createdAt),
    oneOf("ai_calls_feature_known", t.feature, AI_FEATURES),
  ],
);

/** The sum of `ai_calls` by UTC day, which the daily budget is compared with. */
export const aiSpend = sqliteTable("ai_spend", {
  day: text("day").primaryKey(),
  calls: integer("calls").notNull(),
  inputTokens: integer("input_tokens").notNull(),
  outputTokens: integer("output_tokens").notNull(),
  costMicros: integer("cost_micros").notNull(),
});

/** Versions from 2 on; version 1 is in the code, and active while no other is. */
export const promptTemplates = sqliteTable(
  "prompt_templates",
  {
    name: text("name", { enum: TEMPLATE_NAMES }).notNull(),
    version: integer("version").notNull(),
    system: text("system").notNull(),
    user: text("user").notNull(),
    variables: text("variables", { mode: "json" }).$type<string[]>().notNull(),
    active: integer("active", { mode: "boolean" }).notNull().default(false),
    createdBy: text("created_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.name, t.version] }),
    uniqueIndex("prompt_templates_one_active")
      .on(t.name)
      .where(sql`${t.active} = 1`),
    index("prompt_templates_created_by").on(t.createdBy),
    oneOf("prompt_templates_name_known", t.name, TEMPLATE_NAMES),
  ],
);

/** Features that were switched by hand; a feature without a row is on. */
export const aiSwitches = sqliteTable(
  "ai_switches",
  {
    feature: text("feature", { enum: AI_FEATURES }).primaryKey(),
    enabled: integer("enabled", { mode: "boolean" }).notNull(),
    reason: text("reason").notNull().default(""),
    changedBy: text("changed_by").references(() => users.id, { onDelete: "set null" }),
    changedAt: instant("changed_at").notNull(),
  },
  (t) => [index("ai_switches_changed_by").on(t.changedBy), oneOf("ai_switches_feature_known", t.feature, AI_FEATURES)],
);
