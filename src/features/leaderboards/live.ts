import { and, eq, ne, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { boardWatchers } from "../../db/schema/leaderboards.ts";
import type { EventOf } from "../../events/catalogue.ts";
import type { Listener } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import type { Window } from "../../platform/seasons.ts";
import { findKnownGoal } from "./people.ts";
import { scopeName } from "./rules.ts";
import type { LiveQuery } from "./schema.ts";

const SESSION_ENDED = 4401;

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
  { id: userId, sessionId, expiresAt }: Listener,
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
