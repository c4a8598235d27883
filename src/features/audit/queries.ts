import { and, desc, eq, gte, lt, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { auditLog } from "../../db/schema/audit.ts";
import { users } from "../../db/schema/users.ts";
import type { UserActor } from "../../platform/actor.ts";
import { requirePermission } from "../../platform/actor.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import type { AuditFilters, AuditLine } from "./schema.ts";

/** Newest first; `after` is `<at in ms> <id>` of the last line of the page before. */
export const pageOfLines = (ctx: Pick<ServiceContext, "db">, filters: AuditFilters, after: string | null) => {
  const { actor, action, target, from, to } = filters;
  const [at = "0", id = ""] = after?.split(" ") ?? [];
  return ctx.db
    .select({ line: auditLog, username: users.username })
    .from(auditLog)
    .leftJoin(users, eq(users.id, auditLog.actorId))
    .where(
      and(
        actor === undefined ? undefined : eq(auditLog.actorId, actor),
        action === undefined ? undefined : eq(auditLog.action, action),
        target === undefined ? undefined : eq(auditLog.targetId, target),
        from === undefined ? undefined : gte(auditLog.at, new Date(from)),
        // One upper bound, or SQLite takes the looser one: a position is before `to` already.
        to === undefined || after !== null ? undefined : lt(auditLog.at, new Date(to)),
        after === null ? undefined : sql`(${auditLog.at}, ${auditLog.id}) < (${Number(at)}, ${id})`,
      ),
    )
    .orderBy(desc(auditLog.at), desc(auditLog.id));
};

export async function listAuditLog(
  ctx: Pick<ServiceContext, "db" | "config">,
  caller: UserActor,
  filters: AuditFilters,
  query: PageQuery,
): Promise<Paged<AuditLine>> {
  requirePermission(caller, "audit:read");
  const list = { name: "audit-log", filters: { ...filters } };
  const { after, offset } = await startOf(ctx, list, query);
  const rows = await pageOfLines(ctx, filters, after)
    .limit(query.limit + 1)
    .offset(offset);
  const paged = await toPage(ctx, list, query, rows, ({ line }) => `${line.at.getTime()} ${line.id}`);
  return { ...paged, items: paged.items.map(toAuditLine) };
}

export const toAuditLine = ({
  line,
  username,
}: {
  line: typeof auditLog.$inferSelect;
  username: string | null;
}): AuditLine => ({
  id: line.id,
  at: line.at.toISOString(),
  actor: line.actorId === null || username === null ? null : { id: line.actorId, username },
  action: line.action,
  target: line.targetType === null || line.targetId === null ? null : { type: line.targetType, id: line.targetId },
  details: line.details,
  sessionId: line.sessionId,
  requestId: line.requestId,
  userAgent: line.userAgent,
  country: line.country,
});
