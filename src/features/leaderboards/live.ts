import { and, eq, gt, isNull, lt, ne, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { boardTickets, boardWatchers } from "../../db/schema/leaderboards.ts";
import type { EventOf } from "../../events/catalogue.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { tokenClock } from "../../platform/clock.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { hashToken, randomToken } from "../../platform/secrets.ts";
import type { Window } from "../../platform/seasons.ts";
import { findKnownGoal } from "./people.ts";
import { scopeName } from "./rules.ts";
import type { BoardTicket, LiveQuery } from "./schema.ts";

const TICKET_LIFE_MS = 30_000;
const SESSION_ENDED = 4401;

type Watcher = Pick<UserActor, "id" | "sessionId" | "expiresAt">;

/** For browsers, whose sockets cannot carry a header. Like all tokens it lives in real time. */
export async function issueBoardTicket(ctx: ServiceContext, actor: UserActor, origin: string): Promise<BoardTicket> {
  const ticket = randomToken();
  const expiresAt = new Date(tokenClock.now().getTime() + TICKET_LIFE_MS);
  const row = {
    hash: await hashToken(ticket),
    userId: actor.id,
    sessionId: actor.sessionId,
    sessionExpiresAt: actor.expiresAt,
    expiresAt,
  };
  const stale = and(eq(boardTickets.userId, actor.id), lt(boardTickets.expiresAt, tokenClock.now()));
  await commit(ctx, [ctx.db.delete(boardTickets).where(stale), ctx.db.insert(boardTickets).values(row)]);
  const url = `${origin.replace(/^http/u, "ws")}/api/v1/leaderboard/live`;
  return { ticket, expiresAt: expiresAt.toISOString(), url };
}

/** Good once: the statement that finds the ticket also spends it. A session that has ended since does not count. */
export async function redeemBoardTicket(ctx: ServiceContext, ticket: string): Promise<Watcher> {
  const now = tokenClock.now();
  const [row] = await ctx.db
    .update(boardTickets)
    .set({ usedAt: now })
    .where(
      and(
        eq(boardTickets.hash, await hashToken(ticket)),
        isNull(boardTickets.usedAt),
        gt(boardTickets.expiresAt, now),
        sql`EXISTS (SELECT 1 FROM sessions s WHERE s.id = ${boardTickets.sessionId} AND s.revoked_at IS NULL)`,
      ),
    )
    .returning();
  if (!row) throw new AppError("UNAUTHENTICATED", "The ticket is spent, or too old.");
  return { id: row.userId, sessionId: row.sessionId, expiresAt: row.sessionExpiresAt };
}

export interface WatcherIdentity {
  scope: string;
  window: Window;
  userId: string;
  sessionId: string;
  expiresAt: number;
  subprotocol?: string | undefined;
}

/** Notes which board the login watches, so that it can be hung up, and vouches for it to the board's object. */
export async function vouchWatcher(
  ctx: ServiceContext,
  { id: userId, sessionId, expiresAt }: Watcher,
  { scope, window }: LiveQuery,
): Promise<WatcherIdentity> {
  if (scope.kind === "project") throw notFound("project");
  const name = scopeName(scope);
  const noted = ctx.db.all(sql`
    INSERT INTO leaderboard_watchers (session_id, scope, user_id, expires_at)
    SELECT id, ${name}, ${userId}, ${expiresAt.getTime()} FROM sessions WHERE id = ${sessionId} AND revoked_at IS NULL
    ON CONFLICT (session_id, scope) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)
    RETURNING 1 AS noted`);
  const goal = findKnownGoal(ctx, userId, scope.kind === "goal" ? scope.id : "");
  const [alive, known] = (await batch(ctx.db, [noted, goal])) as [unknown[], unknown[]];
  if (scope.kind === "goal" && known.length === 0) throw notFound("goal");
  if (alive.length === 0) throw new AppError("TOKEN_REVOKED", "This session has ended; sign in again.");
  return { scope: name, window, userId, sessionId, expiresAt: expiresAt.getTime() };
}

/** Hangs up on what the ended sessions watch. */
export async function closeWatchers(
  ctx: Pick<ServiceContext, "db" | "boards">,
  { userId, sessionId, exceptSessionId }: EventOf<"session.ended">,
): Promise<void> {
  const ended = and(
    eq(boardWatchers.userId, userId),
    sessionId === undefined ? undefined : eq(boardWatchers.sessionId, sessionId),
    exceptSessionId === undefined ? undefined : ne(boardWatchers.sessionId, exceptSessionId),
  );
  const watching = await ctx.db.delete(boardWatchers).where(ended).returning();
  await Promise.all(
    watching.map((row) =>
      ctx.boards(row.scope).closeSockets({ sessionId: row.sessionId }, SESSION_ENDED, "the session has ended"),
    ),
  );
}
