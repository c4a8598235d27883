import { createRoute } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { created, empty, ok, page } from "../../http/envelope.ts";
import { IdParam, PageParams, body, data, list, nothing, permitted, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { Id } from "../../platform/ids.ts";
import { listWebhookDeliveries, replayDelivery, testWebhook } from "./deliveries.ts";
import { CreatedWebhook, NewWebhook, RotatedWebhook, Webhook, WebhookChange, WebhookDelivery } from "./schema.ts";
import { rotateSecret } from "./rotation.ts";
import { changeWebhook, createWebhook, deleteWebhook, listWebhooks, showWebhook } from "./service.ts";

const tags = ["Administration"];

const DeliveryParams = IdParam.extend({
  deliveryId: Id.openapi({ param: { name: "deliveryId", in: "path" } }),
});

export const webhookRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/webhooks",
      operationId: "listWebhooks",
      summary: "The webhooks, newest first",
      tags,
      ...permitted("webhooks:manage"),
      request: { query: PageParams },
      responses: { 200: list(Webhook, "A page of webhooks."), ...userFailures("FORBIDDEN", "INVALID_CURSOR") },
    }),
    async (c) => page(c, Webhook, await listWebhooks(c.get("ctx"), requireUser(c), c.req.valid("query"))),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/webhooks",
      operationId: "createWebhook",
      summary: "Have events sent to an address; the answer shows the secret, once",
      description:
        "Messages are signed as https://www.standardwebhooks.com says: HMAC-SHA-256 over `webhook-id.webhook-timestamp.body`, in `webhook-signature`. Any 2xx within 10 seconds takes a message; otherwise it comes again, eight times over almost a day. 410 switches the webhook off, and so does a day in which nothing was taken. A message may come twice: `webhook-id` tells. Private addresses are refused as far as they can be read from the URL; what a public name resolves to is not looked at.",
      tags,
      ...permitted("webhooks:manage"),
      request: { body: body(NewWebhook) },
      responses: {
        201: data(CreatedWebhook, "The webhook with its secret."),
        ...userFailures("FORBIDDEN", "TARGET_NOT_ALLOWED", "LIMIT_REACHED"),
      },
    }),
    async (c) => {
      const webhook = await createWebhook(c.get("ctx"), requireUser(c), c.req.valid("json"));
      return created(c, CreatedWebhook, webhook, `/api/v1/admin/webhooks/${webhook.id}`);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/webhooks/{id}",
      operationId: "showWebhook",
      summary: "A webhook",
      tags,
      ...permitted("webhooks:manage"),
      request: { params: IdParam },
      responses: { 200: data(Webhook, "The webhook."), ...userFailures("FORBIDDEN", "NOT_FOUND") },
    }),
    async (c) => ok(c, Webhook, await showWebhook(c.get("ctx"), requireUser(c), c.req.valid("param").id), 200),
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/webhooks/{id}",
      operationId: "replaceWebhook",
      summary: "Another address and other events",
      tags,
      ...permitted("webhooks:manage"),
      request: { params: IdParam, body: body(NewWebhook) },
      responses: {
        200: data(Webhook, "The webhook as it is now."),
        ...userFailures("FORBIDDEN", "NOT_FOUND", "TARGET_NOT_ALLOWED"),
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      return ok(c, Webhook, await changeWebhook(c.get("ctx"), requireUser(c), id, c.req.valid("json")), 200);
    },
  )
  .openapi(
    createRoute({
      method: "patch",
      path: "/webhooks/{id}",
      operationId: "changeWebhook",
      summary: "Change a webhook, or switch it off and on",
      description: "Switching it on again forgets its failures; what failed meanwhile can be replayed.",
      tags,
      ...permitted("webhooks:manage"),
      request: { params: IdParam, body: body(WebhookChange) },
      responses: {
        200: data(Webhook, "The webhook as it is now."),
        ...userFailures("FORBIDDEN", "NOT_FOUND", "TARGET_NOT_ALLOWED"),
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      return ok(c, Webhook, await changeWebhook(c.get("ctx"), requireUser(c), id, c.req.valid("json")), 200);
    },
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/webhooks/{id}",
      operationId: "deleteWebhook",
      summary: "Remove a webhook and its deliveries",
      tags,
      ...permitted("webhooks:manage"),
      request: { params: IdParam },
      responses: { 204: nothing, ...userFailures("FORBIDDEN", "NOT_FOUND") },
    }),
    async (c) => {
      await deleteWebhook(c.get("ctx"), requireUser(c), c.req.valid("param").id);
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/webhooks/{id}/rotate-secret",
      operationId: "rotateWebhookSecret",
      summary: "Another secret; the answer shows it, once",
      description:
        "For 24 hours `webhook-signature` holds a signature by each, apart by a space, the new one first: the receiver takes a message that any of them fits. Of many rotations within a day the last four former secrets count.",
      tags,
      ...permitted("webhooks:manage"),
      request: { params: IdParam },
      responses: {
        200: data(RotatedWebhook, "The webhook with its new secret."),
        ...userFailures("FORBIDDEN", "NOT_FOUND"),
      },
    }),
    async (c) => ok(c, RotatedWebhook, await rotateSecret(c.get("ctx"), requireUser(c), c.req.valid("param").id), 200),
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/webhooks/{id}/deliveries",
      operationId: "listWebhookDeliveries",
      summary: "What was sent to a webhook, newest first",
      tags,
      ...permitted("webhooks:manage"),
      request: { params: IdParam, query: PageParams },
      responses: {
        200: list(WebhookDelivery, "A page of deliveries of the last 30 days."),
        ...userFailures("FORBIDDEN", "NOT_FOUND", "INVALID_CURSOR"),
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const deliveries = await listWebhookDeliveries(c.get("ctx"), requireUser(c), id, c.req.valid("query"));
      return page(c, WebhookDelivery, deliveries);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/webhooks/{id}/test",
      operationId: "testWebhook",
      summary: "Send a message of type `webhook.test`",
      tags,
      ...permitted("webhooks:manage"),
      request: { params: IdParam },
      responses: { 202: data(WebhookDelivery, "It is on its way."), ...userFailures("FORBIDDEN", "NOT_FOUND") },
    }),
    async (c) => ok(c, WebhookDelivery, await testWebhook(c.get("ctx"), requireUser(c), c.req.valid("param").id), 202),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/webhooks/{id}/deliveries/{deliveryId}/replay",
      operationId: "replayWebhookDelivery",
      summary: "Send a message once more, under the same id",
      description: "One that is still to be tried stays as it is.",
      tags,
      ...permitted("webhooks:manage"),
      request: { params: DeliveryParams },
      responses: {
        202: data(WebhookDelivery, "It is on its way."),
        ...userFailures("FORBIDDEN", "NOT_FOUND", "WEBHOOK_DISABLED"),
      },
    }),
    async (c) => {
      const { id, deliveryId } = c.req.valid("param");
      return ok(c, WebhookDelivery, await replayDelivery(c.get("ctx"), requireUser(c), id, deliveryId), 202);
    },
  );
