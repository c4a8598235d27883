import { and, eq, gt, isNull, lt, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { socketTickets } from "../../db/schema/rooms.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError } from "../../platform/errors.ts";
import { hashToken, randomToken } from "../../platform/secrets.ts";
import { findAccess } from "../rooms/queries.ts";
import { assertMember } from "../rooms/rules.ts";
import type { Ticket } from "./schema.ts";

const TICKET_LIFE_MS = 30_000;

/** For browsers, whose sockets cannot carry a header. Like all tokens it lives in real time. */
export async function issueTicket(
  ctx: ServiceContext,
  actor: UserActor,
  roomId: string,
  origin: string,
): Promise<Ticket> {
  assertMember(await findAccess(ctx, actor, roomId));
  const ticket = randomToken();
  const expiresAt = new Date(Date.now() + TICKET_LIFE_MS);
  const row = {
    hash: await hashToken(ticket),
    roomId,
    userId: actor.id,
    sessionId: actor.sessionId,
    sessionExpiresAt: actor.expiresAt,
    expiresAt,
  };
  const stale = and(eq(socketTickets.userId, actor.id), lt(socketTickets.expiresAt, new Date()));
  await commit(ctx, [ctx.db.delete(socketTickets).where(stale), ctx.db.insert(socketTickets).values(row)]);
  const url = `${origin.replace(/^http/u, "ws")}/api/v1/rooms/${roomId}/socket`;
  return { ticket, expiresAt: expiresAt.toISOString(), url };
}

/** Good once: the statement that finds the ticket also spends it. A session that has ended since does not count. */
export async function redeemTicket(
  ctx: ServiceContext,
  roomId: string,
  ticket: string,
): Promise<Pick<UserActor, "id" | "sessionId" | "expiresAt">> {
  const now = new Date();
  const [row] = await ctx.db
    .update(socketTickets)
    .set({ usedAt: now })
    .where(
      and(
        eq(socketTickets.hash, await hashToken(ticket)),
        eq(socketTickets.roomId, roomId),
        isNull(socketTickets.usedAt),
        gt(socketTickets.expiresAt, now),
        sql`EXISTS (SELECT 1 FROM sessions s WHERE s.id = ${socketTickets.sessionId} AND s.revoked_at IS NULL)`,
      ),
    )
    .returning();
  if (!row) throw new AppError("UNAUTHENTICATED", "The ticket is spent, too old, or for another room.");
  return { id: row.userId, sessionId: row.sessionId, expiresAt: row.sessionExpiresAt };
}
