import { createRoute } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { created, ok, page } from "../../http/envelope.ts";
import { body, data, IdParam, list, PageParams, permitted, signedIn, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { Id } from "../../platform/ids.ts";
import { Decision, NewReport, Receipt, Report, ReportFilters } from "./schema.ts";
import { decideReport, listAllReports, listReports, reportMessage } from "./service.ts";

const tags = ["Messages"];
const MessageParams = IdParam.extend({ messageId: Id.openapi({ param: { name: "messageId", in: "path" } }) });
const ReportParams = IdParam.extend({ reportId: Id.openapi({ param: { name: "reportId", in: "path" } }) });
const Query = PageParams.extend(ReportFilters.shape);
const judging = ["NOT_FOUND", "NOT_A_MEMBER", "BANNED", "FORBIDDEN"] as const;

export const messageReportRoutes = createRouter()
  .openapi(
    createRoute({
      method: "post",
      path: "/{id}/messages/{messageId}/reports",
      operationId: "reportMessage",
      summary: "Tell the moderators of a message that should not be there",
      tags,
      ...signedIn,
      request: { params: MessageParams, body: body(NewReport) },
      responses: {
        201: data(Receipt, "It is with the moderators."),
        ...userFailures("NOT_FOUND", "NOT_A_MEMBER", "BANNED", "CONFLICT", "NOT_YOURSELF"),
      },
    }),
    async (c) => {
      const { id: roomId, messageId } = c.req.valid("param");
      const { reason } = c.req.valid("json");
      const receipt = await reportMessage(c.get("ctx"), requireUser(c), { roomId, messageId, reason });
      return created(c, Receipt, receipt, `/api/v1/rooms/${roomId}/reports`);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/{id}/reports",
      operationId: "listMessageReports",
      summary: "What was reported in a room that I moderate, newest first",
      tags,
      ...signedIn,
      request: { params: IdParam, query: Query },
      responses: { 200: list(Report, "A page of reports."), ...userFailures(...judging, "INVALID_CURSOR") },
    }),
    async (c) =>
      page(c, Report, await listReports(c.get("ctx"), requireUser(c), c.req.valid("param").id, c.req.valid("query"))),
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/{id}/reports/{reportId}",
      operationId: "decideMessageReport",
      summary: "Uphold or dismiss a report, once",
      tags,
      ...signedIn,
      request: { params: ReportParams, body: body(Decision) },
      responses: { 200: data(Report, "The report as it is now."), ...userFailures(...judging, "ILLEGAL_TRANSITION") },
    }),
    async (c) => {
      const { id: roomId, reportId } = c.req.valid("param");
      const { status } = c.req.valid("json");
      return ok(c, Report, await decideReport(c.get("ctx"), requireUser(c), { roomId, reportId, status }), 200);
    },
  );

export const adminMessageReportRoutes = createRouter().openapi(
  createRoute({
    method: "get",
    path: "/message-reports",
    operationId: "listAllMessageReports",
    summary: "What was reported in any room, newest first",
    tags: ["Administration"],
    ...permitted("rooms:moderate"),
    request: { query: Query },
    responses: { 200: list(Report, "A page of reports."), ...userFailures("FORBIDDEN", "INVALID_CURSOR") },
  }),
  async (c) => page(c, Report, await listAllReports(c.get("ctx"), requireUser(c), c.req.valid("query"))),
);
