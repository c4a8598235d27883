import { eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Db, Statement } from "../../db/client.ts";
import { batch } from "../../db/client.ts";
import { refreshTokens, sessions } from "../../db/schema/auth.ts";
import { users } from "../../db/schema/users.ts";
import type { DomainEvent } from "../../events/catalogue.ts";
import { tokenClock } from "../../platform/clock.ts";
import { AppError } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { hashToken, randomToken } from "../../platform/secrets.ts";
import { auditedIf } from "../audit/service.ts";
import { IDLE_MS, REUSE_GRACE_MS } from "./rules.ts";
import type { IssuedTokens } from "./sessions.ts";
import { issuePair, suspended } from "./sessions.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "client" | "tokens" | "denyList" | "relayLater" | "appUrl">;

/**
 * Trades a refresh token for its successor, decided and written in one D1 transaction. A spent token is good for ten
 * more seconds, for parallel tabs of the one session; after that its use revokes the session although the caller gets 401.
 */
export async function refresh(ctx: Ctx, token: string): Promise<IssuedTokens> {
  const tokenId = newId();
  const successor = randomToken();
  const rotation: Rotation = {
    hash: await hashToken(token),
    successorHash: await hashToken(successor),
    alertId: newId(),
    endedId: newId(),
    now: tokenClock.now(),
  };
  const results = await batch(ctx.db, rotate(ctx, rotation));
  const [outcome] = results.at(-1) as Awaited<ReturnType<typeof outcomeOf>>;

  if (outcome?.rotated) {
    const { username, email, role, mustChangePassword, sessionId, expiresAt } = outcome;
    const subject = { id: outcome.userId, username, email, role, mustChangePassword };
    return await issuePair(ctx, subject, { sessionId, tokenId, refreshToken: successor, expiresAt });
  }
  if (outcome?.live && outcome.status === "suspended") throw suspended();
  if (outcome?.alerted) {
    await ctx.denyList.denySession(outcome.sessionId);
    const { userId, sessionId } = outcome;
    const detected: DomainEvent = { type: "session.reuse_detected", userId, sessionId, origin: ctx.appUrl };
    const ended: DomainEvent = { type: "session.ended", userId, sessionId };
    ctx.relayLater([
      { queue: "events", envelope: { id: rotation.alertId, version: 1, body: detected } },
      { queue: "events", envelope: { id: rotation.endedId, version: 1, body: ended } },
    ]);
  }
  if (outcome)
    throw new AppError("TOKEN_REVOKED", "This refresh token is spent or its session has ended; sign in again.");
  throw new AppError("UNAUTHENTICATED", "This refresh token is not known; sign in again.");
}

interface Rotation {
  hash: string;
  successorHash: string;
  alertId: string;
  endedId: string;
  now: Date;
}

const REUSE = "reuse";

/** Order matters: the alert and the revocation look at what the successor's insert and the spending leave. */
function rotate(ctx: Ctx, rotation: Rotation): Statement[] {
  const { db } = ctx;
  const { hash, successorHash, alertId, endedId, now } = rotation;
  const at = now.getTime();
  const graceFrom = at - REUSE_GRACE_MS;
  const live = sql`s.revoked_at IS NULL AND s.expires_at > ${at}`;
  const reused = sql`SELECT s.id FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE t.hash = ${hash} AND t.used_at <= ${graceFrom} AND ${live}`;
  return [
    db.run(sql`INSERT INTO refresh_tokens (hash, session_id, created_at)
      SELECT ${successorHash}, s.id, ${at} FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
      JOIN users u ON u.id = s.user_id AND u.status = 'active' WHERE t.hash = ${hash} AND (t.used_at IS NULL OR t.used_at > ${graceFrom}) AND ${live}`),
    db.run(sql`INSERT INTO outbox (id, queue, message, created_at)
      SELECT ${alertId}, 'events', json_object('type', 'session.reuse_detected', 'userId', user_id, 'sessionId', id, 'origin', ${ctx.appUrl}), ${at}
      FROM sessions WHERE id IN (${reused})`),
    db.run(sql`INSERT INTO outbox (id, queue, message, created_at)
      SELECT ${endedId}, 'events', json_object('type', 'session.ended', 'userId', user_id, 'sessionId', id), ${at}
      FROM sessions WHERE id IN (${reused})`),
    auditedIf(
      ctx,
      { action: "session.reuse_detected", targetType: "user" },
      sql`SELECT user_id AS target_id, id AS session_id FROM sessions WHERE id IN (${reused})`,
    ),
    db.run(sql`UPDATE sessions SET revoked_at = ${at}, revoked_reason = ${REUSE} WHERE id IN (${reused})`),
    db
      .update(refreshTokens)
      .set({ usedAt: now })
      .where(
        sql`${refreshTokens.hash} = ${hash} AND used_at IS NULL AND EXISTS (SELECT 1 FROM refresh_tokens WHERE hash = ${successorHash})`,
      ),
    db.run(sql`UPDATE sessions SET last_used_at = ${at},
        expires_at = min(absolute_expires_at, ${at} + CASE WHEN remember THEN ${IDLE_MS.remembered} ELSE ${IDLE_MS.short} END)
      WHERE id = (SELECT session_id FROM refresh_tokens WHERE hash = ${successorHash})`),
    outcomeOf(db, rotation),
  ];
}

const outcomeOf = (db: Db, { hash, successorHash, alertId, now }: Rotation) =>
  db
    .select({
      sessionId: sql<string>`${sessions.id}`.as("session_id_"),
      expiresAt: sessions.expiresAt,
      userId: sql<string>`${users.id}`.as("user_id_"),
      username: users.username,
      email: users.email,
      role: users.role,
      status: users.status,
      mustChangePassword: users.mustChangePassword,
      rotated: sql<number>`EXISTS (SELECT 1 FROM refresh_tokens WHERE hash = ${successorHash})`.as("rotated"),
      live: sql<number>`${sessions.revokedAt} IS NULL AND ${sessions.expiresAt} > ${now.getTime()}`.as("live"),
      revoked: sql<number>`${sessions.revokedAt} IS NOT NULL`.as("revoked"),
      alerted: sql<number>`EXISTS (SELECT 1 FROM outbox WHERE id = ${alertId})`.as("alerted"),
    })
    .from(refreshTokens)
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(eq(refreshTokens.hash, hash));
