import { and, eq, gt, isNull, lt, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { notifications, notificationTickets } from "../../db/schema/notifications.ts";
import type { EventOf } from "../../events/catalogue.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { tokenClock } from "../../platform/clock.ts";
import { AppError } from "../../platform/errors.ts";
import { hashToken, randomToken } from "../../platform/secrets.ts";
import type { LiveTicket } from "./schema.ts";
import { selectUnread, toNotification } from "./service.ts";

const TICKET_LIFE_MS = 30_000;
const SESSION_ENDED = 4401;

export type Listener = Pick<UserActor, "id" | "sessionId" | "expiresAt">;

/** For browsers, whose sockets cannot carry a header. Like all tokens it lives in real time. */
export async function issueLiveTicket(ctx: ServiceContext, actor: UserActor, origin: string): Promise<LiveTicket> {
  const ticket = randomToken();
  const now = tokenClock.now();
  const expiresAt = new Date(now.getTime() + TICKET_LIFE_MS);
  const row = {
    hash: await hashToken(ticket),
    userId: actor.id,
    sessionId: actor.sessionId,
    sessionExpiresAt: actor.expiresAt,
    expiresAt,
  };
  const stale = and(eq(notificationTickets.userId, actor.id), lt(notificationTickets.expiresAt, now));
  await commit(ctx, [ctx.db.delete(notificationTickets).where(stale), ctx.db.insert(notificationTickets).values(row)]);
  const url = `${origin.replace(/^http/u, "ws")}/api/v1/notifications/live`;
  return { ticket, expiresAt: expiresAt.toISOString(), url };
}

/** Good once: the statement that finds the ticket also spends it. */
export async function redeemLiveTicket(ctx: ServiceContext, ticket: string): Promise<Listener> {
  const now = tokenClock.now();
  const [row] = await ctx.db
    .update(notificationTickets)
    .set({ usedAt: now })
    .where(
      and(
        eq(notificationTickets.hash, await hashToken(ticket)),
        isNull(notificationTickets.usedAt),
        gt(notificationTickets.expiresAt, now),
      ),
    )
    .returning();
  if (!row) throw new AppError("UNAUTHENTICATED", "The ticket is spent, or too old.");
  return { id: row.userId, sessionId: row.sessionId, expiresAt: row.sessionExpiresAt };
}

/** Who listens, vouched for to the person's object: a session that has ended hears nothing any more. */
export async function vouchListener(
  ctx: Pick<ServiceContext, "db">,
  { id, sessionId, expiresAt }: Listener,
): Promise<{ sessionId: string; expiresAt: number; unread: number }> {
  const alive = ctx.db.all(sql`SELECT 1 AS alive FROM sessions WHERE id = ${sessionId} AND revoked_at IS NULL`);
  const [found, counted] = (await batch(ctx.db, [alive, selectUnread(ctx, id)])) as [unknown[], { unread: number }[]];
  if (found.length === 0) throw new AppError("TOKEN_REVOKED", "This session has ended; sign in again.");
  return { sessionId, expiresAt: expiresAt.getTime(), unread: counted[0]?.unread ?? 0 };
}

/** Brings a new notification to the open sockets; one that nobody wants to see in the app is not told. */
export async function tellLive(
  ctx: Pick<ServiceContext, "db" | "hubs">,
  { notificationId, userId }: EventOf<"notification.created">,
): Promise<void> {
  const asOf = Date.now();
  const own = ctx.db.select().from(notifications).where(eq(notifications.id, notificationId));
  const [rows, counted] = (await batch(ctx.db, [own, selectUnread(ctx, userId)])) as [
    (typeof notifications.$inferSelect)[],
    { unread: number }[],
  ];
  const [row] = rows;
  if (row?.listed) await ctx.hubs(userId).notify(toNotification(row), { count: counted[0]?.unread ?? 0, asOf });
}

/** Hangs up on what the ended sessions listen to. */
export const closeListeners = async (
  ctx: Pick<ServiceContext, "hubs">,
  { userId, sessionId, exceptSessionId }: EventOf<"session.ended">,
): Promise<void> => {
  const whose = { ...(sessionId && { sessionId }), ...(exceptSessionId && { exceptSessionId }) };
  await ctx.hubs(userId).closeSockets(whose, SESSION_ENDED, "the session has ended");
};
