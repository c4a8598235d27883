import type { SQL } from "drizzle-orm";
import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { auditLog } from "../../db/schema/audit.ts";
import type { Actor } from "../../platform/actor.ts";
import { newId } from "../../platform/ids.ts";

export interface AuditEntry {
  /** `<thing>.<past tense>`, such as `user.suspended`. */
  action: string;
  target?: { type: string; id: string };
  /** What else a reviewer needs: ids, old and new values. No secret, no personal data. */
  details?: Record<string, unknown>;
}

/** One line of the audit log, to go into the batch of what it tells: neither is written without the other. */
export const audited = (
  ctx: Pick<ServiceContext, "db" | "clock" | "client">,
  actor: Actor | { id: string },
  { action, target, details }: AuditEntry,
): Statement =>
  ctx.db.insert(auditLog).values({
    id: newId(),
    at: ctx.clock.now(),
    actorId: "id" in actor ? actor.id : null,
    action,
    targetType: target?.type ?? null,
    targetId: target?.id ?? null,
    details: details ?? null,
    sessionId: "sessionId" in actor ? actor.sessionId : null,
    ...ctx.client,
  });

/** The same where the batch itself decides: `source` selects `target_id` and `session_id` of one row, or of none. */
export const auditedIf = (
  ctx: Pick<ServiceContext, "db" | "clock" | "client">,
  { action, targetType }: { action: string; targetType: string },
  source: SQL,
): Statement => {
  const { requestId, userAgent, country } = ctx.client;
  return ctx.db
    .run(sql`INSERT INTO audit_log (id, at, action, target_type, target_id, session_id, request_id, user_agent, country)
    SELECT ${newId()}, ${ctx.clock.now().getTime()}, ${action}, ${targetType}, target_id, session_id, ${requestId}, ${userAgent}, ${country} FROM (${source})`);
};
