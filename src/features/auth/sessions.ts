import { and, desc, eq, gt, isNull, ne, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { refreshTokens, sessions } from "../../db/schema/auth.ts";
import { commit, event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { tokenClock } from "../../platform/clock.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { hashToken, randomToken } from "../../platform/secrets.ts";
import type { Subject } from "../../platform/tokens.ts";
import { ACCESS_TOKEN_SECONDS } from "../../platform/tokens.ts";
import { audited } from "../audit/service.ts";
import { forgetChallenges } from "../mfa/challenges.ts";
import { deviceOf, sessionEnds } from "./rules.ts";
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
  const tokens = await issuePair(ctx, user, { sessionId, tokenId, refreshToken, expiresAt: ends.expiresAt });
  return { sessionId, device, statements, tokens };
}

interface Pair {
  sessionId: string;
  tokenId: string;
  refreshToken: string;
  expiresAt: Date;
}

/** An access token for the session, beside the refresh token that was just stored. */
export async function issuePair(
  ctx: Pick<Ctx, "tokens">,
  user: Subject,
  { sessionId, tokenId, refreshToken, expiresAt }: Pair,
): Promise<IssuedTokens> {
  const accessToken = await ctx.tokens.issue(user, sessionId, tokenId);
  const refreshSeconds = Math.floor((expiresAt.getTime() - tokenClock.now().getTime()) / 1000);
  return { accessToken, refreshToken, expiresIn: ACCESS_TOKEN_SECONDS, refreshSeconds };
}

export const suspended = (): AppError => new AppError("ACCOUNT_SUSPENDED", "This account is suspended.");

/**
 * Ends one session: its refresh tokens at once, its access tokens through the deny list, its sockets by an event.
 * Ending it again is no fault; somebody else's does not exist.
 */
export async function endSession(ctx: Ctx, actor: UserActor, sessionId: string): Promise<void> {
  const end = revokeSession(ctx, { userId: actor.id, sessionId, reason: "logout" });
  const exists = ensure(ctx.db, sql`EXISTS (SELECT 1 FROM sessions WHERE id = ${sessionId} AND user_id = ${actor.id})`);
  const line = audited(ctx, actor, { action: "session.ended", target: { type: "session", id: sessionId } });
  try {
    await commit(ctx, [exists, end, line], [event({ type: "session.ended", userId: actor.id, sessionId })]);
  } catch (error) {
    throw wasRefused(error) ? notFound("session") : error;
  }
  await ctx.denyList.denySession(sessionId);
}

export async function endAllSessions(ctx: Ctx, actor: UserActor): Promise<void> {
  const ending = sessionsEnd(ctx, { userId: actor.id, reason: "logout_all" });
  const line = audited(ctx, actor, { action: "sessions.ended", target: { type: "user", id: actor.id } });
  await commit(ctx, [...ending.statements, line], ending.messages);
  await ending.deny();
}

/** Ends one session of somebody, in a batch; ending it again keeps the first reason. */
export const revokeSession = (
  ctx: Pick<Ctx, "db">,
  { userId, sessionId, reason }: { userId: string; sessionId: string; reason: string },
) =>
  ctx.db
    .update(sessions)
    .set({
      revokedAt: sql`coalesce(${sessions.revokedAt}, ${tokenClock.now().getTime()})`,
      revokedReason: sql`coalesce(${sessions.revokedReason}, ${reason})`,
    })
    .where(and(eq(sessions.id, sessionId), eq(sessions.userId, userId)));

interface Ending {
  userId: string;
  /** Kept beside the session: `logout_all`, `password_changed`, `suspended`. */
  reason: string;
  exceptSessionId?: string;
}

/** What ends every session of somebody, or all but one, and every login that still waits for its second factor: statements and messages for a `commit`, and `deny` for after it. */
export function sessionsEnd(ctx: Pick<Ctx, "db" | "denyList">, { userId, reason, exceptSessionId }: Ending) {
  const spared = exceptSessionId === undefined ? {} : { exceptSessionId };
  return {
    statements: [
      ctx.db
        .update(sessions)
        .set({ revokedAt: tokenClock.now(), revokedReason: reason })
        .where(
          and(
            eq(sessions.userId, userId),
            isNull(sessions.revokedAt),
            exceptSessionId === undefined ? undefined : ne(sessions.id, exceptSessionId),
          ),
        ),
      forgetChallenges(ctx, userId),
    ],
    messages: [event({ type: "session.ended", userId, ...spared })],
    deny: () =>
      exceptSessionId === undefined
        ? ctx.denyList.denyUser(userId)
        : ctx.denyList.denyOtherSessions(userId, exceptSessionId),
  };
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
    device: row.device,
    country: row.country,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
  }));
}

/** What a mail tells of a session; undefined when it is gone. */
export async function deviceOfSession(
  ctx: Pick<Ctx, "db">,
  sessionId: string,
): Promise<{ device: string; country: string } | undefined> {
  const [row] = await ctx.db
    .select({ device: sessions.device, country: sessions.country })
    .from(sessions)
    .where(eq(sessions.id, sessionId));
  return row && { device: row.device ?? "an unknown device", country: row.country ?? "an unknown country" };
}
