import { and, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { loginFailures } from "../../db/schema/auth.ts";
import { mailbox } from "../../db/schema/mails.ts";
import { users } from "../../db/schema/users.ts";
import { commit, event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, invalid } from "../../platform/errors.ts";
import { audited } from "../audit/service.ts";
import { proveCurrentPassword } from "../auth/credentials.ts";
import { requireFreshUser, revoked, stillSignedIn } from "../auth/fresh.ts";
import { requireRecent } from "../auth/recency.ts";
import { sessionsEnd } from "../auth/sessions.ts";
import { tombstoneName } from "../users/rules.ts";
import type { UserRow } from "../users/schema.ts";
import { HOLDINGS } from "./holdings.ts";

/**
 * Erases the caller. What others built on stays, its author a tombstone; the address and the name are free again.
 * Rooms and boards follow by `user.deleted`. Throws `INVALID_CREDENTIALS`, `STEP_UP_REQUIRED`, `LAST_SUPERADMIN`.
 */
export async function deleteAccount(
  ctx: ServiceContext,
  actor: UserActor,
  password: string | undefined,
): Promise<void> {
  const user = await prove(ctx, actor, password);
  const ending = sessionsEnd(ctx, { userId: user.id, reason: "deleted" });
  const statements = [
    stillSignedIn(ctx.db, actor),
    anotherSuperadmin(ctx, user),
    audited(ctx, actor, { action: "user.deleted", target: { type: "user", id: user.id } }),
    ...erasures(ctx, user),
    tombstone(ctx, user),
    directRoomNames(ctx, user.id),
  ];
  try {
    await commit(ctx, statements, [event({ type: "user.deleted", userId: user.id }), ...ending.messages]);
  } catch (error) {
    if (!wasRefused(error)) throw error;
    await requireFreshUser(ctx, actor);
    if (user.role !== "superadmin") throw revoked();
    throw new AppError("LAST_SUPERADMIN", "Make somebody else a superadmin first; one has to stay.");
  }
  await ending.deny();
}

async function prove(ctx: ServiceContext, actor: UserActor, password: string | undefined): Promise<UserRow> {
  if (password !== undefined) return await proveCurrentPassword(ctx, actor, password);
  const user = await requireFreshUser(ctx, actor);
  if (user.passwordHash !== null) throw invalid("body.password", "required", "Your password is needed for this.");
  await requireRecent(ctx, actor);
  return user;
}

const anotherSuperadmin = (ctx: ServiceContext, { id, role }: UserRow): Statement =>
  ensure(
    ctx.db,
    role === "superadmin"
      ? sql`EXISTS (SELECT 1 FROM users WHERE role = 'superadmin' AND status = 'active' AND deleted_at IS NULL AND id <> ${id})`
      : sql`TRUE`,
  );

/** Besides what refers to the person, what bears their address: failed logins and the mailbox of development. */
function erasures(ctx: ServiceContext, { id, email }: UserRow): Statement[] {
  const rows = HOLDINGS.flatMap(({ column, onDeletion }) => {
    if (onDeletion === "erase") return [ctx.db.delete(column.table).where(eq(column, id))];
    return "eraseWhere" in onDeletion
      ? [ctx.db.delete(column.table).where(and(eq(column, id), onDeletion.eraseWhere))]
      : [];
  });
  return [
    ...rows,
    ctx.db.delete(loginFailures).where(eq(loginFailures.account, id)),
    ctx.db.delete(mailbox).where(eq(mailbox.to, email)),
  ];
}

/** Suspended too, so that whatever asks for active people needs to know nothing of deletion. */
const tombstone = (ctx: ServiceContext, { id, version }: UserRow): Statement =>
  ctx.db
    .update(users)
    .set({
      email: `${id}@deleted.invalid`,
      emailVerifiedAt: null,
      username: tombstoneName(id),
      passwordHash: null,
      displayName: "Deleted user",
      firstName: null,
      lastName: null,
      phone: null,
      bio: null,
      avatarUrl: null,
      locale: "en",
      timezone: "UTC",
      role: "student",
      status: "suspended",
      skills: [],
      interests: [],
      privacy: { showProfile: false, showName: true, showActivity: false, showOnLeaderboards: false },
      referralCode: id,
      referredBy: null,
      lastLoginAt: null,
      mustChangePassword: false,
      version: version + 1,
      updatedAt: ctx.clock.now(),
      deletedAt: ctx.clock.now(),
    })
    .where(eq(users.id, id));

/** A room of two bears both their names. */
const directRoomNames = (ctx: ServiceContext, userId: string): Statement =>
  ctx.db.run(sql`UPDATE rooms SET name = (
      SELECT group_concat(username, ', ') FROM (SELECT u.username FROM room_members m JOIN users u ON u.id = m.user_id WHERE m.room_id = rooms.id ORDER BY u.username))
    WHERE kind = 'direct' AND id IN (SELECT room_id FROM room_members WHERE user_id = ${userId})`);
