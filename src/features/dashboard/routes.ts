import { createRoute } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { created, empty, ok } from "../../http/envelope.ts";
import { ifMatch, tagged } from "../../http/etag.ts";
import { IdParam, body, data, nothing, signedIn, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { addItem, changeItem, removeItem } from "./items.ts";
import { Dashboard, DashboardItem, DashboardItemPatch, NewDashboardItem } from "./schema.ts";
import { getDashboard } from "./service.ts";

const tags = ["Dashboard"];
const changeFailures = userFailures("NOT_FOUND", "CONFLICT", "PRECONDITION_FAILED");

export const dashboardRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/data",
      operationId: "getDashboard",
      summary: "My dashboard, in one call",
      tags,
      ...signedIn,
      responses: { 200: data(Dashboard, "Everything at a glance."), ...userFailures() },
    }),
    async (c) => ok(c, Dashboard, await getDashboard(c.get("ctx"), requireUser(c)), 200),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/items",
      operationId: "addDashboardItem",
      summary: "Pin something to my dashboard",
      description: "At most 100. The `ETag` of the answer is what `If-Match` takes.",
      tags,
      ...signedIn,
      request: { body: body(NewDashboardItem) },
      responses: { 201: data(DashboardItem, "The item."), ...userFailures("LIMIT_REACHED") },
    }),
    async (c) => {
      const item = await addItem(c.get("ctx"), requireUser(c), c.req.valid("json"));
      return created(c, DashboardItem, await tagged(c, item), `/api/v1/dashboard/items/${item.id}`);
    },
  )
  .openapi(
    createRoute({
      method: "patch",
      path: "/items/{id}",
      operationId: "updateDashboardItem",
      summary: "Change an item of my dashboard",
      tags,
      ...signedIn,
      request: { params: IdParam, body: body(DashboardItemPatch) },
      responses: { 200: data(DashboardItem, "The item as it is now."), ...changeFailures },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const item = await changeItem(c.get("ctx"), requireUser(c), id, c.req.valid("json"), ifMatch(c));
      return ok(c, DashboardItem, await tagged(c, item), 200);
    },
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/items/{id}",
      operationId: "removeDashboardItem",
      summary: "Take an item off my dashboard",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 204: nothing, ...changeFailures },
    }),
    async (c) => {
      await removeItem(c.get("ctx"), requireUser(c), c.req.valid("param").id, ifMatch(c));
      return empty(c);
    },
  );
