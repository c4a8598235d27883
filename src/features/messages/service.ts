import type { ServiceContext } from "../../context.ts";
import type { Listener, UserActor } from "../../platform/actor.ts";
import { can } from "../../platform/actor.ts";
import type { ErrorCode } from "../../platform/errors.ts";
import { AppError } from "../../platform/errors.ts";
import { openCursor, type Paged, sealCursor } from "../../platform/paging.ts";
import type { Access } from "../rooms/queries.ts";
import { findAccess } from "../rooms/queries.ts";
import { assertMember, assertReads, relayOf } from "../rooms/rules.ts";
import { markBlocked, roomInfo } from "../rooms/service.ts";
import type { Ticket } from "../tickets/schema.ts";
import { issueTicket } from "../tickets/service.ts";
import type { HistoryParams, Message, NewMessage } from "./schema.ts";

/** A header holds no more of them; `GET /users/me/blocks` lists all. */
const MOST_BLOCKED_TOLD = 200;

type Outcome<T> =
  | { ok: true; value: T }
  | { ok: false; code: ErrorCode; message: string; details?: Record<string, string | number> };

/** A room's refusals are values, since error classes do not survive the call. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  const { code, message, details } = outcome;
  const wait = details?.["retryAfterMs"];
  throw new AppError(code, message, { details, ...(typeof wait === "number" ? { retryAfter: wait / 1000 } : {}) });
}

/** A member as the room's object may trust them. */
function speakerOf(ctx: ServiceContext, access: Access) {
  assertMember(access);
  return {
    user: access.user,
    role: access.role,
    mutedUntil: access.mutedUntil?.getTime() ?? null,
    rateLimits: ctx.config.RATE_LIMITS === "on",
  };
}

export const speaker = async (ctx: ServiceContext, actor: UserActor, roomId: string) =>
  speakerOf(ctx, await findAccess(ctx, actor, roomId));

const historyOf = (roomId: string) => ({ name: "messages", filters: { roomId } });

/** What follows a page: newer messages with `after`, else older ones. */
function positionBehind({ after }: HistoryParams, messages: readonly { seq: number }[]): string | null {
  const edge = after === undefined ? messages.at(0) : messages.at(-1);
  return edge === undefined ? null : `${after === undefined ? "before" : "after"} ${edge.seq}`;
}

async function resume(ctx: ServiceContext, roomId: string, params: HistoryParams): Promise<HistoryParams> {
  if (params.cursor === undefined) return params;
  const [direction, seq] = (await openCursor(ctx, historyOf(roomId), params.cursor)).split(" ");
  return { limit: params.limit, [direction === "after" ? "after" : "before"]: Number(seq) };
}

/** Ascending by seq; without a position the latest page. */
export async function readHistory(
  ctx: ServiceContext,
  actor: UserActor,
  roomId: string,
  query: HistoryParams,
): Promise<Paged<Message>> {
  const access = await findAccess(ctx, actor, roomId);
  assertReads(access);
  const params = await resume(ctx, roomId, query);
  const { messages, hasMore } = await ctx.rooms(roomId).history({ ...params, viewerId: actor.id });
  const items = messages.map((message) => markBlocked(access, message));
  const position = hasMore ? positionBehind(params, messages) : null;
  const nextCursor = position === null ? null : await sealCursor(ctx, historyOf(roomId), position);
  return { items, pagination: { limit: params.limit, nextCursor, hasMore } };
}

/** The same `clientId` again gives the message it made first. */
export async function sendMessage(
  ctx: ServiceContext,
  actor: UserActor,
  roomId: string,
  input: NewMessage,
): Promise<Message> {
  const access = await findAccess(ctx, actor, roomId);
  return unwrap(await ctx.rooms(roomId).send(roomInfo(access.room), speakerOf(ctx, access), input));
}

export async function editMessage(
  ctx: ServiceContext,
  actor: UserActor,
  roomId: string,
  messageId: string,
  body: string,
): Promise<Message> {
  return unwrap(await ctx.rooms(roomId).edit(await speaker(ctx, actor, roomId), { messageId, body }));
}

/** Its author's, or anybody's for moderators of the room and for administrators, who need not be in it. */
export async function deleteMessage(
  ctx: ServiceContext,
  actor: UserActor,
  roomId: string,
  messageId: string,
): Promise<void> {
  const access = await findAccess(ctx, actor, roomId);
  const overseer = { ...access, membership: "joined" as const, role: "moderator" as const };
  const oversees = can(actor, "rooms:moderate") && access.role !== "owner";
  unwrap(await ctx.rooms(roomId).delete(speakerOf(ctx, oversees ? overseer : access), messageId));
}

export async function addReaction(
  ctx: ServiceContext,
  actor: UserActor,
  roomId: string,
  messageId: string,
  emoji: string,
) {
  return unwrap(await ctx.rooms(roomId).addReaction(await speaker(ctx, actor, roomId), { messageId, emoji }));
}

export async function removeReaction(
  ctx: ServiceContext,
  actor: UserActor,
  roomId: string,
  messageId: string,
  emoji: string,
) {
  return unwrap(await ctx.rooms(roomId).removeReaction(await speaker(ctx, actor, roomId), { messageId, emoji }));
}

export async function markRead(
  ctx: ServiceContext,
  actor: UserActor,
  roomId: string,
  seq: number,
): Promise<{ readSeq: number }> {
  const { user } = await speaker(ctx, actor, roomId);
  return await ctx.rooms(roomId).markRead(user.id, seq);
}

/** Where a room's socket is. */
export const socketPath = (roomId: string): string => `/api/v1/rooms/${roomId}/socket`;

export async function issueRoomTicket(
  ctx: ServiceContext,
  actor: UserActor,
  roomId: string,
  origin: string,
): Promise<Ticket> {
  assertMember(await findAccess(ctx, actor, roomId));
  return await issueTicket(ctx, actor, { path: socketPath(roomId), origin });
}

/** Whoever may speak may listen: what the Worker vouches for when it hands a socket on, and to which relay, if any. */
export async function vouch(
  ctx: ServiceContext,
  actor: Listener,
  roomId: string,
  { after, subprotocol }: { after: number | null; subprotocol: string | undefined },
) {
  const access = await findAccess(ctx, actor, roomId);
  const identity = {
    ...speakerOf(ctx, access),
    room: roomInfo(access.room),
    members: access.members,
    blocked: access.blocked.slice(-MOST_BLOCKED_TOLD),
    sessionId: actor.sessionId,
    expiresAt: actor.expiresAt.getTime(),
    after,
    ...(subprotocol === undefined ? {} : { subprotocol }),
  };
  return { identity, relay: relayOf(access.room, access.members, actor.id) };
}
