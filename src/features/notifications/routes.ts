import { createRoute, z } from "@hono/zod-openapi";
import { encodeListener, LISTENER_HEADER } from "../../durable-objects/user-hub/identity.ts";
import { requireUser } from "../../http/authentication.ts";
import { created, ok, page } from "../../http/envelope.ts";
import { IdParam, PageParams, body, data, list, signedIn, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { admit, requireUpgrade } from "../../http/sockets.ts";
import { AppError } from "../../platform/errors.ts";
import { Ticket } from "../tickets/schema.ts";
import { issueTicket, redeemTicket } from "../tickets/service.ts";
import { vouchListener } from "./live.ts";
import { changePreferences, showPreferences } from "./preferences.ts";
import {
  Delivery,
  Notification,
  NotificationQuery,
  Preferences,
  PreferencesChange,
  ReadRequest,
  UnreadCount,
} from "./schema.ts";
import { countUnread, listDeliveries, listNotifications, markRead } from "./service.ts";

const tags = ["Notifications"];
const LIVE = "/api/v1/notifications/live";

export const notificationRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/",
      operationId: "listNotifications",
      summary: "What I was told, newest first",
      tags,
      ...signedIn,
      request: { query: PageParams.extend(NotificationQuery.shape) },
      responses: { 200: list(Notification, "A page of notifications."), ...userFailures("INVALID_CURSOR") },
    }),
    async (c) => {
      const { limit, cursor, page: number, ...filters } = c.req.valid("query");
      const query = { limit, cursor, page: number };
      return page(c, Notification, await listNotifications(c.get("ctx"), requireUser(c), filters, query));
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/unread-count",
      operationId: "countUnreadNotifications",
      summary: "How many I have not read",
      tags,
      ...signedIn,
      responses: { 200: data(UnreadCount, "The number."), ...userFailures() },
    }),
    async (c) => ok(c, UnreadCount, await countUnread(c.get("ctx"), requireUser(c)), 200),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/read",
      operationId: "readNotifications",
      summary: "I have read these, or all",
      description:
        "Mails and pushes of them that have not left yet are called off. Ids that are not mine change nothing. Answers how many are still unread.",
      tags,
      ...signedIn,
      request: { body: body(ReadRequest) },
      responses: { 200: data(UnreadCount, "How many are unread now."), ...userFailures() },
    }),
    async (c) => ok(c, UnreadCount, await markRead(c.get("ctx"), requireUser(c), c.req.valid("json")), 200),
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/preferences",
      operationId: "showNotificationPreferences",
      summary: "How I want to be told of what",
      tags,
      ...signedIn,
      responses: { 200: data(Preferences, "The preferences."), ...userFailures() },
    }),
    async (c) => ok(c, Preferences, await showPreferences(c.get("ctx"), requireUser(c)), 200),
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/preferences",
      operationId: "changeNotificationPreferences",
      summary: "Choose channels by kind, quiet hours and a digest",
      description:
        "What is left out stays as it is. Turning mail on for a kind takes back what a mail's unsubscribe link said of it.",
      tags,
      ...signedIn,
      request: { body: body(PreferencesChange) },
      responses: { 200: data(Preferences, "The preferences as they are now."), ...userFailures() },
    }),
    async (c) => ok(c, Preferences, await changePreferences(c.get("ctx"), requireUser(c), c.req.valid("json")), 200),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/tickets",
      operationId: "issueNotificationTicket",
      summary: "A ticket that opens one live socket within 30 seconds",
      description: "Offer the subprotocols `guildhall.v1, ticket.<ticket>` at `url`.",
      tags,
      ...signedIn,
      responses: { 201: data(Ticket, "The ticket."), ...userFailures() },
    }),
    async (c) => {
      const ticket = await issueTicket(c.get("ctx"), requireUser(c), { path: LIVE, origin: new URL(c.req.url).origin });
      return created(c, Ticket, ticket, LIVE);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/live",
      operationId: "watchNotifications",
      summary: "What I am told, live (WebSocket)",
      description:
        "First `unread_count { count }`; then with each new notification `notification` (its payload is the notification) and `unread_count`, and `unread_count` whenever something was read, on this or another device. The socket only tells; `ping` is answered `pong`. It closes with 4401 when the session or its token ends. A person may have 8 of them. Authentication as for rooms: bearer header, cookie (own origin), or a ticket as subprotocol.",
      tags,
      security: signedIn.security,
      responses: {
        101: { description: "The socket." },
        ...userFailures("CSRF_REJECTED", "UPGRADE_REQUIRED", "TOO_MANY_SOCKETS"),
      },
      middleware: requireUpgrade,
    }),
    async (c) => {
      const ctx = c.get("ctx");
      const { listener, subprotocol } = await admit(c, (ticket) => redeemTicket(ctx, LIVE, ticket));
      const identity = encodeListener({ ...(await vouchListener(ctx, listener)), subprotocol });
      const headers = { Upgrade: "websocket", [LISTENER_HEADER]: identity };
      const answer = await ctx.hubs(listener.id).fetch("https://hub/live", { headers });
      if (answer.status === 429) throw new AppError("TOO_MANY_SOCKETS", "You have 8 of these connections already.");
      return answer;
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/{id}/deliveries",
      operationId: "listNotificationDeliveries",
      summary: "What became of one of my notifications, by channel",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 200: data(z.array(Delivery), "One entry a channel."), ...userFailures("NOT_FOUND") },
    }),
    async (c) => {
      const deliveries = await listDeliveries(c.get("ctx"), requireUser(c), c.req.valid("param").id);
      return ok(c, z.array(Delivery), deliveries, 200);
    },
  );
