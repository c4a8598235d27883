import { and, desc, eq, gt, isNull, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Db, Statement } from "../../db/client.ts";
import { batch } from "../../db/client.ts";
import { refreshTokens, sessions } from "../../db/schema/auth.ts";
import { users } from "../../db/schema/users.ts";
import type { DomainEvent } from "../../events/catalogue.ts";
import { commit, event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { tokenClock } from "../../platform/clock.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { hashToken, randomToken } from "../../platform/secrets.ts";
import type { Subject } from "../../platform/tokens.ts";
import { ACCESS_TOKEN_SECONDS } from "../../platform/tokens.ts";
import { deviceOf, IDLE_MS, REUSE_GRACE_MS, sessionEnds } from "./rules.ts";
import type { Session, Tokens } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "client" | "tokens" | "denyList" | "riders" | "relayLater">;

export type IssuedTokens = Tokens & { refreshSeconds: number };

export interface OpenedSession {
  sessionId: string;
  device: string | null;
  statements: Statement[];
  tokens: IssuedTokens;
}

/** A new session: the statements that store it, and the tokens that open it. */
export async function openSession(
  ctx: Ctx,
  user: Subject,
  { remember, tokenId }: { remember: boolean; tokenId: string },
): Promise<OpenedSession> {
  const now = tokenClock.now();
  const sessionId = newId();
  const refreshToken = randomToken();
  const ends = sessionEnds(now, now, remember);
  const { userAgent, country } = ctx.client;
  const device = deviceOf(userAgent);
  const statements: Statement[] = [
    ctx.db.insert(sessions).values({
      id: sessionId,
      userId: user.id,
      remember,
      userAgent,
      device,
      country,
      createdAt: now,
      lastUsedAt: now,
      ...ends,
    }),
    ctx.db.insert(refreshTokens).values({ hash: await hashToken(refreshToken), sessionId, createdAt: now }),
  ];
  const tokens = await issue(ctx, user, { sessionId, tokenId, refreshToken, expiresAt: ends.expiresAt });
  return { sessionId, device, statements, tokens };
}

interface Pair {
  sessionId: string;
  tokenId: string;
  refreshToken: string;
  expiresAt: Date;
}

async function issue(
  ctx: Ctx,
  user: Subject,
  { sessionId, tokenId, refreshToken, expiresAt }: Pair,
): Promise<IssuedTokens> {
  const accessToken = await ctx.tokens.issue(user, sessionId, tokenId);
  const refreshSeconds = Math.floor((expiresAt.getTime() - tokenClock.now().getTime()) / 1000);
  return { accessToken, refreshToken, expiresIn: ACCESS_TOKEN_SECONDS, refreshSeconds };
}

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
    now: tokenClock.now(),
  };
  const results = await batch(ctx.db, rotate(ctx.db, rotation));
  const [outcome] = results.at(-1) as Awaited<ReturnType<typeof outcomeOf>>;

  if (outcome?.rotated) {
    if (outcome.status === "suspended") throw new AppError("ACCOUNT_SUSPENDED", "This account is suspended.");
    const subject = { id: outcome.userId, username: outcome.username, email: outcome.email, role: outcome.role };
    const { sessionId, expiresAt } = outcome;
    return await issue(ctx, subject, { sessionId, tokenId, refreshToken: successor, expiresAt });
  }
  if (outcome?.alerted) {
    await ctx.denyList.denySession(outcome.sessionId);
    const body: DomainEvent = { type: "session.reuse_detected", userId: outcome.userId, sessionId: outcome.sessionId };
    ctx.relayLater([{ queue: "events", envelope: { id: rotation.alertId, version: 1, body } }]);
  }
  throw new AppError("UNAUTHENTICATED", "This refresh token is spent, ended or unknown; sign in again.");
}

interface Rotation {
  hash: string;
  successorHash: string;
  alertId: string;
  now: Date;
}

const REUSE = "reuse";

/** Order matters: the alert and the revocation look at what the successor's insert and the spending leave. */
function rotate(db: Db, rotation: Rotation): Statement[] {
  const { hash, successorHash, alertId, now } = rotation;
  const at = now.getTime();
  const graceFrom = at - REUSE_GRACE_MS;
  const live = sql`s.revoked_at IS NULL AND s.expires_at > ${at}`;
  const reused = sql`SELECT s.id FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE t.hash = ${hash} AND t.used_at <= ${graceFrom} AND ${live}`;
  return [
    db.run(sql`INSERT INTO refresh_tokens (hash, session_id, created_at)
      SELECT ${successorHash}, s.id, ${at} FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
      WHERE t.hash = ${hash} AND (t.used_at IS NULL OR t.used_at > ${graceFrom}) AND ${live}`),
    db.run(sql`INSERT INTO outbox (id, queue, message, created_at)
      SELECT ${alertId}, 'events', json_object('type', 'session.reuse_detected', 'userId', user_id, 'sessionId', id), ${at}
      FROM sessions WHERE id IN (${reused})`),
    db.run(sql`UPDATE sessions SET revoked_at = ${at}, revoked_reason = ${REUSE} WHERE id IN (${reused})`),
    db
      .update(refreshTokens)
      .set({ usedAt: now })
      .where(and(eq(refreshTokens.hash, hash), isNull(refreshTokens.usedAt))),
    db.run(sql`UPDATE sessions SET last_used_at = ${at},
        expires_at = min(absolute_expires_at, ${at} + CASE WHEN remember THEN ${IDLE_MS.remembered} ELSE ${IDLE_MS.short} END)
      WHERE id = (SELECT session_id FROM refresh_tokens WHERE hash = ${successorHash})`),
    outcomeOf(db, rotation),
  ];
}

const outcomeOf = (db: Db, { hash, successorHash, alertId }: Rotation) =>
  db
    .select({
      sessionId: sql<string>`${sessions.id}`.as("session_id_"),
      expiresAt: sessions.expiresAt,
      userId: sql<string>`${users.id}`.as("user_id_"),
      username: users.username,
      email: users.email,
      role: users.role,
      status: users.status,
      rotated: sql<number>`EXISTS (SELECT 1 FROM refresh_tokens WHERE hash = ${successorHash})`.as("rotated"),
      alerted: sql<number>`EXISTS (SELECT 1 FROM outbox WHERE id = ${alertId})`.as("alerted"),
    })
    .from(refreshTokens)
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(eq(refreshTokens.hash, hash));

/** Ends one session: its refresh tokens at once, its access tokens through the deny list,
 * its sockets by an event. Ending it again is no fault. */
export async function endSession(ctx: Ctx, userId: string, sessionId: string): Promise<void> {
  const end = ctx.db
    .update(sessions)
    .set({
      revokedAt: sql`coalesce(${sessions.revokedAt}, ${tokenClock.now().getTime()})`,
      revokedReason: sql`coalesce(${sessions.revokedReason}, 'logout')`,
    })
    .where(and(eq(sessions.id, sessionId), eq(sessions.userId, userId)))
    .returning({ id: sessions.id });
  const [own] = await commit(ctx, [end], [event({ type: "session.ended", userId, sessionId })]);
  if ((own as unknown[]).length === 0) throw notFound("session");
  await ctx.denyList.denySession(sessionId);
}

export async function endAllSessions(ctx: Ctx, userId: string): Promise<void> {
  const end = ctx.db
    .update(sessions)
    .set({ revokedAt: tokenClock.now(), revokedReason: "logout_all" })
    .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt)));
  await commit(ctx, [end], [event({ type: "session.ended", userId })]);
  await ctx.denyList.denyUser(userId);
}

export async function listSessions(ctx: Ctx, actor: UserActor): Promise<Session[]> {
  const rows = await ctx.db
    .select()
    .from(sessions)
    .where(and(eq(sessions.userId, actor.id), isNull(sessions.revokedAt), gt(sessions.expiresAt, tokenClock.now())))
    .orderBy(desc(sessions.createdAt))
    .limit(100);
  return rows.map((row) => ({
    id: row.id,
    current: row.id === actor.sessionId,
    userAgent: row.userAgent,
    country: row.country,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
  }));
}
