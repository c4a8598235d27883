import { and, eq, gt, isNull, lt, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { tickets } from "../../db/schema/tickets.ts";
import { commit } from "../../events/outbox.ts";
import type { Listener, UserActor } from "../../platform/actor.ts";
import { tokenClock } from "../../platform/clock.ts";
import { AppError } from "../../platform/errors.ts";
import { hashToken, randomToken } from "../../platform/secrets.ts";
import type { Ticket } from "./schema.ts";

const TICKET_LIFE_MS = 30_000;

/** For browsers, whose sockets cannot carry a header: opens the socket at this path, once. Like all tokens it lives in real time. */
export async function issueTicket(
  ctx: ServiceContext,
  actor: UserActor,
  { path, origin }: { path: string; origin: string },
): Promise<Ticket> {
  const ticket = randomToken();
  const now = tokenClock.now();
  const expiresAt = new Date(now.getTime() + TICKET_LIFE_MS);
  const row = {
    hash: await hashToken(ticket),
    path,
    userId: actor.id,
    sessionId: actor.sessionId,
    sessionExpiresAt: actor.expiresAt,
    expiresAt,
  };
  const stale = and(eq(tickets.userId, actor.id), lt(tickets.expiresAt, now));
  await commit(ctx, [ctx.db.delete(tickets).where(stale), ctx.db.insert(tickets).values(row)]);
  return { ticket, expiresAt: expiresAt.toISOString(), url: `${origin.replace(/^http/u, "ws")}${path}` };
}

/** Good once: the statement that finds the ticket also spends it. A session that has ended since does not count. */
export async function redeemTicket(ctx: ServiceContext, path: string, ticket: string): Promise<Listener> {
  const now = tokenClock.now();
  const [row] = await ctx.db
    .update(tickets)
    .set({ usedAt: now })
    .where(
      and(
        eq(tickets.hash, await hashToken(ticket)),
        eq(tickets.path, path),
        isNull(tickets.usedAt),
        gt(tickets.expiresAt, now),
        sql`EXISTS (SELECT 1 FROM sessions s WHERE s.id = ${tickets.sessionId} AND s.revoked_at IS NULL)`,
      ),
    )
    .returning();
  if (!row) throw new AppError("UNAUTHENTICATED", "The ticket is spent, too old, or for another socket.");
  return { id: row.userId, sessionId: row.sessionId, expiresAt: row.sessionExpiresAt };
}
