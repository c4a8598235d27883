import { createRoute } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { created, ok, page } from "../../http/envelope.ts";
import { PageParams, body, data, list, signedIn, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { Dashboard } from "../dashboard/schema.ts";
import { getDashboard } from "../dashboard/service.ts";
import { GoalIdParam, GoalProgress, LoggedStudy, NewStudyEntry, TimelineEntry, TimelineFilters } from "./schema.ts";
import { getGoalProgress } from "./service.ts";
import { logStudy } from "./study.ts";
import { listTimeline } from "./timeline.ts";

const tags = ["Progress"];

export const progressRoutes = createRouter()
  .openapi(
    createRoute({
      method: "post",
      path: "/",
      operationId: "logStudy",
      summary: "Log what I studied for a goal of mine, or of a circle I am in",
      description:
        "Makes today a day of learning: it counts for the streak and pays the daily bonus, once a local day.",
      tags,
      ...signedIn,
      request: { body: body(NewStudyEntry) },
      responses: {
        201: data(LoggedStudy, "The entry; `Location` is the goal's progress."),
        ...userFailures("NOT_FOUND", "FORBIDDEN", "NOT_A_MEMBER", "CONFLICT"),
      },
    }),
    async (c) => {
      const logged = await logStudy(c.get("ctx"), requireUser(c), c.req.valid("json"));
      return created(c, LoggedStudy, logged, `/api/v1/progress/goals/${logged.goalId}`);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/goals/{goalId}",
      operationId: "getGoalProgress",
      summary: "How far a goal has come, and what I have put into it",
      tags,
      ...signedIn,
      request: { params: GoalIdParam },
      responses: { 200: data(GoalProgress, "The goal's progress."), ...userFailures("NOT_FOUND") },
    }),
    async (c) =>
      ok(c, GoalProgress, await getGoalProgress(c.get("ctx"), requireUser(c), c.req.valid("param").goalId), 200),
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/dashboard",
      operationId: "getProgressDashboard",
      summary: "My dashboard, in one call",
      description: "The same as `/api/v1/dashboard/data`.",
      tags,
      ...signedIn,
      responses: { 200: data(Dashboard, "Everything at a glance."), ...userFailures() },
    }),
    async (c) => ok(c, Dashboard, await getDashboard(c.get("ctx"), requireUser(c)), 200),
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/timeline",
      operationId: "listTimeline",
      summary: "What I did, newest first",
      tags,
      ...signedIn,
      request: { query: PageParams.extend(TimelineFilters.shape) },
      responses: { 200: list(TimelineEntry, "A page of my timeline."), ...userFailures("INVALID_CURSOR") },
    }),
    async (c) => {
      const { from, to, ...query } = c.req.valid("query");
      return page(c, TimelineEntry, await listTimeline(c.get("ctx"), requireUser(c), { from, to }, query));
    },
  );
