import { createRoute } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { created, empty, ok } from "../../http/envelope.ts";
import { IdParam, body, data, failures, nothing, signedIn, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { NewPushSubscription, PushKey, PushSubscription } from "./schema.ts";
import { addPushSubscription, removePushSubscription, showPushKey } from "./service.ts";

const tags = ["Notifications"];

export const pushRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/push-key",
      operationId: "showPushKey",
      summary: "The public key that browsers subscribe with",
      tags,
      responses: { 200: data(PushKey, "The key."), ...failures("NOT_FOUND") },
    }),
    async (c) => ok(c, PushKey, showPushKey(c.get("ctx")), 200),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/push-subscriptions",
      operationId: "addPushSubscription",
      summary: "Have notifications pushed to this browser",
      description:
        "The browser's `PushSubscription` as JSON. It lasts as long as the session that registered it: logging out there ends it. The same endpoint again is the same subscription, moved to this session.",
      tags,
      ...signedIn,
      request: { body: body(NewPushSubscription) },
      responses: {
        201: data(PushSubscription, "The subscription."),
        ...userFailures("TARGET_NOT_ALLOWED", "LIMIT_REACHED"),
      },
    }),
    async (c) => {
      const added = await addPushSubscription(c.get("ctx"), requireUser(c), c.req.valid("json"));
      return created(c, PushSubscription, added, `/api/v1/notifications/push-subscriptions/${added.id}`);
    },
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/push-subscriptions/{id}",
      operationId: "removePushSubscription",
      summary: "No more pushes to that browser",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 204: nothing, ...userFailures("NOT_FOUND") },
    }),
    async (c) => {
      await removePushSubscription(c.get("ctx"), requireUser(c), c.req.valid("param").id);
      return empty(c);
    },
  );
