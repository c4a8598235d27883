import { index, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { instant } from "./columns.ts";
import { users } from "./users.ts";

/** Who did what, when and where. Rows are only ever added; no secret and no address of a network goes in. */
export const auditLog = sqliteTable(
  "audit_log",
  {
    id: text("id").primaryKey(),
    at: instant("at").notNull(),
    /** Null when the platform acted by itself, or when the person is deleted. */
    actorId: text("actor_id").references(() => users.id, { onDelete: "set null" }),
    /** `<thing>.<past tense>`: `session.started`, `user.suspended`. */
    action: text("action").notNull(),
    targetType: text("target_type"),
    targetId: text("target_id"),
    details: text("details", { mode: "json" }).$type<Record<string, unknown>>(),
    sessionId: text("session_id"),
    requestId: text("request_id"),
    userAgent: text("user_agent"),
    country: text("country"),
  },
  (t) => [
    index("audit_log_at").on(t.at, t.id),
    index("audit_log_actor_at").on(t.actorId, t.at, t.id),
    index("audit_log_actor_action_at").on(t.actorId, t.action, t.at, t.id),
    index("audit_log_action_at").on(t.action, t.at, t.id),
    index("audit_log_target_at").on(t.targetId, t.at, t.id),
  ],
);
