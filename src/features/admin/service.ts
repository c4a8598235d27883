import { and, eq, isNull, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { users } from "../../db/schema/users.ts";
import type { OutboxMessage } from "../../events/outbox.ts";
import { commit, event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { requirePermission } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { audited } from "../audit/service.ts";
import { freshUser, revoked, stillSignedIn } from "../auth/fresh.ts";
import { sessionsEnd } from "../auth/sessions.ts";
import { changedFields } from "../users/rules.ts";
import type { User, UserRow } from "../users/schema.ts";
import { toUser } from "../users/schema.ts";
import { pageOfFound, pageOfUsers } from "./queries.ts";
import { refusal } from "./rules.ts";
import type { AccountPatch, UserFilters } from "./schema.ts";

const MOST_TRIES = 3;

export async function listUsers(
  ctx: ServiceContext,
  actor: UserActor,
  filters: UserFilters,
  query: PageQuery,
): Promise<Paged<User>> {
  requirePermission(actor, "users:manage");
  const list = { name: "users", filters: { ...filters } };
  const { after, offset } = await startOf(ctx, list, query);
  const { q } = filters;
  const rows = await (q === undefined ? pageOfUsers(ctx, filters, after) : pageOfFound(ctx, q, filters, after))
    .limit(query.limit + 1)
    .offset(offset);
  const paged = await toPage(ctx, list, query, rows, (found) => found.position);
  return { ...paged, items: paged.items.map((found) => toUser(found.row)) };
}

const account = (ctx: ServiceContext, userId: string) =>
  ctx.db
    .select()
    .from(users)
    .where(and(eq(users.id, userId), isNull(users.deletedAt)));

export async function getUser(ctx: ServiceContext, actor: UserActor, userId: string): Promise<User> {
  requirePermission(actor, "users:manage");
  const [row] = await account(ctx, userId);
  if (!row) throw notFound("user");
  return toUser(row);
}

/**
 * Gives a role, suspends or reinstates. The caller's own standing is looked up in D1 and again in the statement that acts,
 * so that of two superadmins who demote each other one remains. Tokens issued before are refused.
 */
export async function changeUser(
  ctx: ServiceContext,
  actor: UserActor,
  userId: string,
  patch: AccountPatch,
  precondition: (current: unknown) => Promise<void>,
): Promise<User> {
  requirePermission(actor, "users:manage");
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const [[caller], [row]] = await ctx.db.batch([freshUser(ctx.db, actor), account(ctx, userId)]);
    if (!caller) throw revoked();
    if (!row) throw notFound("user");
    const refused = refusal(actor, row, patch);
    if (refused) throw new AppError("FORBIDDEN", refused);
    await precondition(toUser(row));
    const changed = changedFields(row, patch);
    if (Object.keys(changed).length === 0) return toUser(row);
    const next = { ...row, ...changed, version: row.version + 1, updatedAt: ctx.clock.now() };
    if (!(await write(ctx, actor, row, next))) continue;
    await ctx.denyList.denyUser(userId);
    return toUser(next);
  }
  throw new AppError("CONFLICT", "This account is being changed elsewhere; look at it again.");
}

/** False when the account, or the caller, is no longer as it was read. */
async function write(ctx: ServiceContext, actor: UserActor, row: UserRow, next: UserRow): Promise<boolean> {
  const { role, status, version, updatedAt } = next;
  const unchanged = sql`EXISTS (SELECT 1 FROM users WHERE id = ${row.id} AND version = ${row.version} AND deleted_at IS NULL)`;
  const effects = [
    ...(role === row.role ? [] : [roleChanged(ctx, actor, row, role)]),
    ...(status === row.status ? [] : [statusChanged(ctx, actor, row, status)]),
  ];
  try {
    await commit(
      ctx,
      [
        stillSignedIn(ctx.db, actor),
        ensure(ctx.db, unchanged),
        ctx.db.update(users).set({ role, status, version, updatedAt }).where(eq(users.id, row.id)),
        ...effects.flatMap((effect) => effect.statements),
      ],
      effects.flatMap((effect) => effect.messages),
    );
    return true;
  } catch (error) {
    if (wasRefused(error)) return false;
    throw error;
  }
}

interface Effect {
  statements: Statement[];
  messages: OutboxMessage[];
}

const targetOf = (row: UserRow) => ({ type: "user", id: row.id });

const roleChanged = (ctx: ServiceContext, actor: UserActor, row: UserRow, role: UserRow["role"]): Effect => ({
  statements: [
    audited(ctx, actor, { action: "user.role_changed", target: targetOf(row), details: { from: row.role, to: role } }),
  ],
  messages: [event({ type: "user.changed", userId: row.id, what: "role" })],
});

function statusChanged(ctx: ServiceContext, actor: UserActor, row: UserRow, status: UserRow["status"]): Effect {
  const changed = event({ type: "user.changed", userId: row.id, what: "status" });
  if (status === "active")
    return {
      statements: [audited(ctx, actor, { action: "user.reinstated", target: targetOf(row) })],
      messages: [changed],
    };
  const end = sessionsEnd(ctx, { userId: row.id, reason: "suspended" });
  return {
    statements: [...end.statements, audited(ctx, actor, { action: "user.suspended", target: targetOf(row) })],
    messages: [changed, ...end.messages],
  };
}
