import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { empty } from "../../http/envelope.ts";
import type { AppEnv } from "../../http/env.ts";
import { body, failures, nothing } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { badLinkPage, unsubscribedPage, unsubscribePage } from "./pages.ts";
import { mustBeProvider, takeMailEvent } from "./provider-events.ts";
import { MailEvent, UnsubscribeQuery } from "./schema.ts";
import { openUnsubscribeToken, unsubscribe } from "./suppressions.ts";

const tags = ["Mail"];
const page = (description: string) => ({ description, content: { "text/html": { schema: z.string() } } });

/** Before validation: a stranger learns nothing of a request's shape. The body is read as text first, for the signature is over its bytes. */
const fromProvider: MiddlewareHandler<AppEnv> = async (c, next) => {
  const header = (name: string) => c.req.header(`svix-${name}`) ?? c.req.header(`webhook-${name}`) ?? "";
  const headers = { id: header("id"), timestamp: header("timestamp"), signature: header("signature") };
  await mustBeProvider(c.get("ctx"), headers, await c.req.text());
  await next();
};

export const mailRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/unsubscribe",
      operationId: "showUnsubscribe",
      summary: "The page behind a mail's unsubscribe link",
      description: "It changes nothing: link scanners follow links.",
      tags,
      request: { query: UnsubscribeQuery },
      responses: { 200: page("A button."), ...failures(), 400: page("The link is damaged.") },
    }),
    async (c) => {
      const { token } = c.req.valid("query");
      const found = await openUnsubscribeToken(c.get("ctx"), token);
      return found === null ? c.html(badLinkPage(), 400) : c.html(unsubscribePage(token, found.kind), 200);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/unsubscribe",
      operationId: "unsubscribe",
      summary: "Stop the kind of mail that the link came with, logged in or not",
      description:
        "RFC 8058: mail programs send `List-Unsubscribe=One-Click`. The link of a digest stops all notifications by e-mail. Doing it twice changes nothing.",
      tags,
      request: { query: UnsubscribeQuery },
      responses: { 200: page("Done."), ...failures("INVALID_TOKEN") },
    }),
    async (c) => {
      await unsubscribe(c.get("ctx"), c.req.valid("query").token);
      return c.html(unsubscribedPage(), 200);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/events",
      operationId: "takeMailEvent",
      summary: "What the mail provider tells of bounces and complaints",
      description:
        "Signed as Standard Webhooks or Svix do (`webhook-id`, `webhook-timestamp`, `webhook-signature`, or `svix-…`) with `MAIL_WEBHOOK_SECRET`; without that there is no such address.",
      tags,
      security: [{ webhookSignature: [] }],
      middleware: fromProvider,
      request: { body: body(MailEvent) },
      responses: { 204: nothing, ...failures("UNAUTHENTICATED", "NOT_FOUND") },
    }),
    async (c) => {
      await takeMailEvent(c.get("ctx"), c.req.valid("json"));
      return empty(c);
    },
  );
