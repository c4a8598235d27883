import { createRoute, z } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { empty, page } from "../../http/envelope.ts";
import { PageParams, list, nothing, signedIn, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { Block } from "./schema.ts";
import { block, listBlocks, unblock } from "./service.ts";

const tags = ["Users"];

const UsernameParam = z.object({
  username: z
    .string()
    .max(100)
    .transform((value) => value.toLowerCase())
    .openapi({ param: { name: "username", in: "path" }, type: "string", example: "ben" }),
});

export const blockRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/me/blocks",
      operationId: "listBlocks",
      summary: "Whom I have blocked",
      tags,
      ...signedIn,
      request: { query: PageParams },
      responses: { 200: list(Block, "A page of people."), ...userFailures("INVALID_CURSOR") },
    }),
    async (c) => page(c, Block, await listBlocks(c.get("ctx"), requireUser(c), c.req.valid("query"))),
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/{username}/block",
      operationId: "blockUser",
      summary: "Have nothing to do with somebody",
      description: "Works in both directions: neither reviews the other's work. They are not told.",
      tags,
      ...signedIn,
      request: { params: UsernameParam },
      responses: { 204: nothing, ...userFailures("NOT_FOUND", "NOT_YOURSELF") },
    }),
    async (c) => {
      await block(c.get("ctx"), requireUser(c), c.req.valid("param").username);
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/{username}/block",
      operationId: "unblockUser",
      summary: "Take a block back",
      tags,
      ...signedIn,
      request: { params: UsernameParam },
      responses: { 204: nothing, ...userFailures("NOT_FOUND") },
    }),
    async (c) => {
      await unblock(c.get("ctx"), requireUser(c), c.req.valid("param").username);
      return empty(c);
    },
  );
