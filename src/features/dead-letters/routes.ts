import { createRoute } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { empty, ok, page } from "../../http/envelope.ts";
import { PageParams, data, list, nothing, permitted, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { DeadLetter, DeadLetterFilters, LetterParam } from "./schema.ts";
import { dropDeadLetter, listDeadLetters, replayDeadLetter } from "./service.ts";

const tags = ["Administration"];

export const deadLetterRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/dead-letters",
      operationId: "listDeadLetters",
      summary: "Messages that failed for good, newest first",
      tags,
      ...permitted("dead-letters:manage"),
      request: { query: PageParams.extend(DeadLetterFilters.shape) },
      responses: { 200: list(DeadLetter, "A page of dead letters."), ...userFailures("FORBIDDEN", "INVALID_CURSOR") },
    }),
    async (c) => {
      const { limit, cursor, page: number, ...filters } = c.req.valid("query");
      const query = { limit, cursor, page: number };
      return page(c, DeadLetter, await listDeadLetters(c.get("ctx"), requireUser(c), filters, query));
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/dead-letters/{id}/replay",
      operationId: "replayDeadLetter",
      summary: "Send its message once more",
      description: "Replaying twice sends once, unless the message died again in between.",
      tags,
      ...permitted("dead-letters:manage"),
      request: { params: LetterParam },
      responses: {
        202: data(DeadLetter, "It is on its way again."),
        ...userFailures("FORBIDDEN", "NOT_FOUND", "JOB_NOT_RETRYABLE"),
      },
    }),
    async (c) => ok(c, DeadLetter, await replayDeadLetter(c.get("ctx"), requireUser(c), c.req.valid("param").id), 202),
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/dead-letters/{id}",
      operationId: "dropDeadLetter",
      summary: "Give its message up",
      tags,
      ...permitted("dead-letters:manage"),
      request: { params: LetterParam },
      responses: { 204: nothing, ...userFailures("FORBIDDEN", "NOT_FOUND") },
    }),
    async (c) => {
      await dropDeadLetter(c.get("ctx"), requireUser(c), c.req.valid("param").id);
      return empty(c);
    },
  );
