import { createRoute } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { page } from "../../http/envelope.ts";
import { PageParams, list, permitted, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { listAuditLog } from "./queries.ts";
import { AuditFilters, AuditLine } from "./schema.ts";

export const auditRoutes = createRouter().openapi(
  createRoute({
    method: "get",
    path: "/audit-log",
    operationId: "listAuditLog",
    summary: "Who did what, when and where, newest first",
    tags: ["Administration"],
    ...permitted("audit:read"),
    request: { query: PageParams.extend(AuditFilters.shape) },
    responses: { 200: list(AuditLine, "The lines that fit."), ...userFailures("FORBIDDEN", "INVALID_CURSOR") },
  }),
  async (c) => {
    const { limit, cursor, page: number, ...filters } = c.req.valid("query");
    const query = { limit, cursor, page: number };
    return page(c, AuditLine, await listAuditLog(c.get("ctx"), requireUser(c), filters, query));
  },
);
