import { createRoute, z } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { empty, ok, page } from "../../http/envelope.ts";
import { data, IdParam, list, nothing, PageParams, signedIn, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { Message } from "../messages/schema.ts";
import { Id } from "../../platform/ids.ts";
import { SearchWords, Version } from "./schema.ts";
import { exportRoom, listPins, listVersions, pin, searchMessages } from "./service.ts";

const tags = ["Messages"];
const MessageParams = IdParam.extend({ messageId: Id.openapi({ param: { name: "messageId", in: "path" } }) });
const JSON_LINES: string = "application/x-ndjson";
const EXPORT = z.string().openapi({ example: '{"type":"room","id":"…"}\n{"type":"message","seq":1,"body":"Hello"}\n' });
const reading = ["NOT_FOUND", "NOT_A_MEMBER", "BANNED"] as const;

export const roomArchiveRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/{id}/messages/search",
      operationId: "searchMessages",
      summary: "Messages of a room by their words, newest first",
      tags,
      ...signedIn,
      request: { params: IdParam, query: PageParams.extend(SearchWords.shape) },
      responses: { 200: list(Message, "What was found."), ...userFailures(...reading, "INVALID_CURSOR") },
    }),
    async (c) =>
      page(
        c,
        Message,
        await searchMessages(c.get("ctx"), requireUser(c), c.req.valid("param").id, c.req.valid("query")),
      ),
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/{id}/pins",
      operationId: "listPins",
      summary: "The pinned messages, the last to be pinned first",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 200: list(Message, "All of them, at most 50."), ...userFailures(...reading) },
    }),
    async (c) => page(c, Message, await listPins(c.get("ctx"), requireUser(c), c.req.valid("param").id)),
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/{id}/messages/{messageId}/pin",
      operationId: "pinMessage",
      summary: "Pin a message; twice is once",
      description: "For moderators, and for both people of a direct room. Told in the room as `message_updated`.",
      tags,
      ...signedIn,
      request: { params: MessageParams },
      responses: {
        200: data(Message, "The message, pinned."),
        ...userFailures(...reading, "FORBIDDEN", "LIMIT_REACHED"),
      },
    }),
    async (c) => {
      const { id, messageId } = c.req.valid("param");
      return ok(c, Message, await pin(c.get("ctx"), requireUser(c), id, { messageId, wanted: true }), 200);
    },
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/{id}/messages/{messageId}/pin",
      operationId: "unpinMessage",
      summary: "Unpin a message",
      tags,
      ...signedIn,
      request: { params: MessageParams },
      responses: { 204: nothing, ...userFailures(...reading, "FORBIDDEN") },
    }),
    async (c) => {
      const { id, messageId } = c.req.valid("param");
      await pin(c.get("ctx"), requireUser(c), id, { messageId, wanted: false });
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/{id}/messages/{messageId}/edits",
      operationId: "listMessageVersions",
      summary: "What a message said first and after each edit",
      tags,
      ...signedIn,
      request: { params: MessageParams },
      responses: {
        200: data(z.array(Version), "Oldest first; the last is what it says now."),
        ...userFailures(...reading),
      },
    }),
    async (c) => {
      const { id, messageId } = c.req.valid("param");
      return ok(c, z.array(Version), await listVersions(c.get("ctx"), requireUser(c), id, messageId), 200);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/{id}/export",
      operationId: "exportRoom",
      summary: "A room and all that was said in it, as JSON lines, for its owner",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: {
        200: {
          description: "One JSON object a line: first `type: room`, then each `type: message`, oldest first.",
          content: { [JSON_LINES]: { schema: EXPORT } },
        },
        ...userFailures(...reading, "FORBIDDEN"),
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const lines = await exportRoom(c.get("ctx"), requireUser(c), id);
      const disposition = `attachment; filename="room-${id}.jsonl"`;
      return new Response(lines, {
        headers: { "Content-Type": JSON_LINES, "Content-Disposition": disposition },
      });
    },
  );
