import type { SQL } from "drizzle-orm";
import { and, eq, gt, isNull, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Db, Statement } from "../../db/client.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { sessions } from "../../db/schema/auth.ts";
import { users } from "../../db/schema/users.ts";
import type { UserActor } from "../../platform/actor.ts";
import { tokenClock } from "../../platform/clock.ts";
import { AppError } from "../../platform/errors.ts";
import type { UserRow } from "../users/schema.ts";

/**
 * For calls where a minute matters: the token vouches for up to 15 minutes and the deny list may lag, so D1 itself says
 * whether the session lives, the person is active and the role is still the token's. Reads the person; or put `stillSignedIn`
 * into the batch of the change.
 */
export async function requireFreshUser(ctx: Pick<ServiceContext, "db">, actor: UserActor): Promise<UserRow> {
  const [found] = await freshUser(ctx.db, actor);
  if (!found) throw revoked();
  return found.user;
}

/** As a statement, for whoever reads more in the same round trip. No row means `revoked()`. */
export const freshUser = (db: Db, actor: UserActor) =>
  db
    .select({ user: users })
    .from(users)
    .innerJoin(sessions, eq(sessions.userId, users.id))
    .where(
      and(
        eq(users.id, actor.id),
        eq(users.role, actor.role),
        eq(users.status, "active"),
        eq(sessions.id, actor.sessionId),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, tokenClock.now()),
      ),
    );

/** The same as a guard: aborts the batch that it is part of. */
export const stillSignedIn = (db: Db, actor: UserActor): Statement => ensure(db, isSignedIn(actor));

const isSignedIn = ({ id, role, sessionId }: UserActor): SQL =>
  sql`EXISTS (SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ${sessionId} AND u.id = ${id}
    AND u.role = ${role} AND u.status = 'active' AND s.revoked_at IS NULL AND s.expires_at > ${tokenClock.now().getTime()})`;

export const revoked = (): AppError =>
  new AppError("TOKEN_REVOKED", "This session has ended or its rights have changed; sign in again.");

/** What a batch with `stillSignedIn` as its only guard was refused for. */
export const orRevoked = (error: unknown): unknown => (wasRefused(error) ? revoked() : error);
