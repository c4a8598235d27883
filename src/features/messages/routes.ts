import { createRoute, z } from "@hono/zod-openapi";
import { encodeIdentity, IDENTITY_HEADER } from "../../durable-objects/chat-room/identity.ts";
import { requireUser } from "../../http/authentication.ts";
import { created, empty, ok, page } from "../../http/envelope.ts";
import { IdParam, signedIn, body, data, list, nothing, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { admit, requireUpgrade } from "../../http/sockets.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { Id } from "../../platform/ids.ts";
import { Ticket } from "../tickets/schema.ts";
import { redeemTicket } from "../tickets/service.ts";
import {
  Emoji,
  HistoryParams,
  Message,
  MessageEdit,
  NewMessage,
  ReactionChange,
  ReadMark,
  ReadState,
} from "./schema.ts";
import {
  addReaction,
  deleteMessage,
  editMessage,
  issueRoomTicket,
  markRead,
  readHistory,
  removeReaction,
  sendMessage,
  socketPath,
  vouch,
} from "./service.ts";

const tags = ["Messages"];

const MessageParams = IdParam.extend({ messageId: Id.openapi({ param: { name: "messageId", in: "path" } }) });
const ReactionParams = MessageParams.extend({ emoji: Emoji });
const sending = userFailures("NOT_FOUND", "NOT_A_MEMBER", "BANNED", "MUTED", "SLOW_MODE");
const changing = userFailures("NOT_FOUND", "NOT_A_MEMBER", "BANNED", "MUTED", "FORBIDDEN", "LIMIT_REACHED");

const SocketQuery = z.object({
  after: z
    .string()
    .regex(/^\d{1,15}$/u, { error: "a seq" })
    .transform(Number)
    .optional()
    .openapi({ type: "integer", minimum: 0, description: "The last seq that the client knows." }),
});

/** What is no id is no room either: a socket is refused with 404. */
const SocketParams = z.object({
  id: z.string().toLowerCase().openapi({ format: "uuid", example: "0199aa11-2233-7444-8555-66778899aabb" }),
});

export const messageRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/{id}/messages",
      operationId: "readHistory",
      summary: "A page of the history, ascending by seq",
      description:
        "Without `before`, `after` or `around` the latest page. `hasMore`: there are newer ones with `after`, else older ones; `nextCursor` leads to them.",
      tags,
      ...signedIn,
      request: { params: IdParam, query: HistoryParams },
      responses: {
        200: list(Message, "Messages; deleted ones keep their place."),
        ...userFailures("NOT_FOUND", "NOT_A_MEMBER", "BANNED", "INVALID_CURSOR"),
      },
    }),
    async (c) =>
      page(c, Message, await readHistory(c.get("ctx"), requireUser(c), c.req.valid("param").id, c.req.valid("query"))),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/{id}/messages",
      operationId: "sendMessage",
      summary: "Say something; the same clientId again gives the first message",
      tags,
      ...signedIn,
      request: { params: IdParam, body: body(NewMessage) },
      responses: { 201: data(Message, "The message."), ...sending },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const message = await sendMessage(c.get("ctx"), requireUser(c), id, c.req.valid("json"));
      return created(c, Message, message, `/api/v1/rooms/${id}/messages?around=${message.seq}`);
    },
  )
  .openapi(
    createRoute({
      method: "patch",
      path: "/{id}/messages/{messageId}",
      operationId: "editMessage",
      summary: "Change my words, within 15 minutes",
      tags,
      ...signedIn,
      request: { params: MessageParams, body: body(MessageEdit) },
      responses: { 200: data(Message, "The message as it is now."), ...changing },
    }),
    async (c) => {
      const { id, messageId } = c.req.valid("param");
      return ok(
        c,
        Message,
        await editMessage(c.get("ctx"), requireUser(c), id, messageId, c.req.valid("json").body),
        200,
      );
    },
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/{id}/messages/{messageId}",
      operationId: "deleteMessage",
      summary: "Delete my message, or as a moderator anybody's",
      tags,
      ...signedIn,
      request: { params: MessageParams },
      responses: { 204: nothing, ...changing },
    }),
    async (c) => {
      const { id, messageId } = c.req.valid("param");
      await deleteMessage(c.get("ctx"), requireUser(c), id, messageId);
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/{id}/messages/{messageId}/reactions/{emoji}",
      operationId: "addReaction",
      summary: "React; twice is once",
      tags,
      ...signedIn,
      request: { params: ReactionParams },
      responses: { 200: data(ReactionChange, "The reaction."), ...changing },
    }),
    async (c) => {
      const { id, messageId, emoji } = c.req.valid("param");
      return ok(c, ReactionChange, await addReaction(c.get("ctx"), requireUser(c), id, messageId, emoji), 200);
    },
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/{id}/messages/{messageId}/reactions/{emoji}",
      operationId: "removeReaction",
      summary: "Take my reaction back",
      tags,
      ...signedIn,
      request: { params: ReactionParams },
      responses: { 204: nothing, ...changing },
    }),
    async (c) => {
      const { id, messageId, emoji } = c.req.valid("param");
      await removeReaction(c.get("ctx"), requireUser(c), id, messageId, emoji);
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/{id}/read",
      operationId: "markRead",
      summary: "I have read up to here; the mark only moves forward",
      tags,
      ...signedIn,
      request: { params: IdParam, body: body(ReadMark) },
      responses: {
        200: data(ReadState, "Where my mark stands."),
        ...userFailures("NOT_FOUND", "NOT_A_MEMBER", "BANNED"),
      },
    }),
    async (c) =>
      ok(
        c,
        ReadState,
        await markRead(c.get("ctx"), requireUser(c), c.req.valid("param").id, c.req.valid("json").seq),
        200,
      ),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/{id}/tickets",
      operationId: "issueTicket",
      summary: "A ticket that opens one socket within 30 seconds",
      description: "Offer the subprotocols `guildhall.v1, ticket.<ticket>` at `url`.",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 201: data(Ticket, "The ticket."), ...userFailures("NOT_FOUND", "NOT_A_MEMBER", "BANNED") },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const ticket = await issueRoomTicket(c.get("ctx"), requireUser(c), id, new URL(c.req.url).origin);
      return created(c, Ticket, ticket, socketPath(id));
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/{id}/socket",
      operationId: "openRoomSocket",
      summary: "A room, live (WebSocket)",
      description:
        "The frames are in `/asyncapi.json`: first `welcome`, and with `after` everything that happened since that seq, then what happens. Authentication: bearer header, cookie (own origin), or the subprotocols `guildhall.v1, ticket.<ticket>`. It closes with 4401 when the session or its token ends, and with 4403 when the room is left. A person may have 8 of them.",
      tags,
      security: signedIn.security,
      request: { params: SocketParams, query: SocketQuery },
      responses: {
        101: { description: "The socket." },
        ...userFailures(
          "NOT_FOUND",
          "NOT_A_MEMBER",
          "BANNED",
          "CSRF_REJECTED",
          "UPGRADE_REQUIRED",
          "TOO_MANY_SOCKETS",
          "UNAVAILABLE",
        ),
      },
      middleware: requireUpgrade,
    }),
    async (c) => {
      const ctx = c.get("ctx");
      const { id } = c.req.valid("param");
      const { listener, subprotocol } = await admit(c, (ticket) => redeemTicket(ctx, socketPath(id), ticket));
      if (!z.uuid().safeParse(id).success) throw notFound("room");
      const { after = null } = c.req.valid("query");
      const { identity, relay } = await vouch(ctx, listener, id, { after, subprotocol });
      const headers = { Upgrade: "websocket", [IDENTITY_HEADER]: encodeIdentity(identity) };
      const answer = await ctx.roomSockets(id, relay).fetch("https://room/socket", { headers });
      if (answer.status === 429) throw new AppError("TOO_MANY_SOCKETS", "You have 8 connections to this room already.");
      if (answer.status === 503) throw new AppError("UNAVAILABLE", "The room was interrupted.", { retryAfter: 1 });
      return answer;
    },
  );
