import { eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { notifications } from "../../db/schema/notifications.ts";
import type { EventOf } from "../../events/catalogue.ts";
import type { Listener } from "../../platform/actor.ts";
import { AppError } from "../../platform/errors.ts";
import { selectUnread, toNotification } from "./service.ts";

const SESSION_ENDED = 4401;

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
