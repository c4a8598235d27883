import { createRoute } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { created, empty, ok, page } from "../../http/envelope.ts";
import { ifMatch, isFresh, tagged } from "../../http/etag.ts";
import { IdParam, PageParams, signedIn, body, data, list, nothing, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { joinCircle, leaveCircle } from "./circle.ts";
import { milestoneRoutes } from "./milestones/routes.ts";
import { ExploreFilters, Goal, GoalFilters, GoalPatch, NewGoal, WholeGoal } from "./schema.ts";
import { createGoal, deleteGoal, exploreGoals, getGoal, listGoals, updateGoal } from "./service.ts";

const tags = ["Goals"];
const changeFailures = userFailures("NOT_FOUND", "FORBIDDEN", "CONFLICT", "PRECONDITION_FAILED", "ILLEGAL_TRANSITION");

export const goalRoutes = createRouter();

goalRoutes.route("/", milestoneRoutes);

goalRoutes
  .openapi(
    createRoute({
      method: "get",
      path: "/",
      operationId: "listGoals",
      summary: "My goals, newest first",
      tags,
      ...signedIn,
      request: { query: PageParams.extend(GoalFilters.shape) },
      responses: { 200: list(Goal, "A page of goals."), ...userFailures("INVALID_CURSOR") },
    }),
    async (c) => {
      const { limit, cursor, page: number, ...filters } = c.req.valid("query");
      return page(c, Goal, await listGoals(c.get("ctx"), requireUser(c), filters, { limit, cursor, page: number }));
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/",
      operationId: "createGoal",
      summary: "Set a goal, with its milestones",
      tags,
      ...signedIn,
      request: { body: body(NewGoal) },
      responses: { 201: data(Goal, "The goal."), ...userFailures() },
    }),
    async (c) => {
      const goal = await createGoal(c.get("ctx"), requireUser(c), c.req.valid("json"));
      return created(c, Goal, await tagged(c, goal), `/api/v1/goals/${goal.id}`);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/explore",
      operationId: "exploreGoals",
      summary: "Everybody's public goals, newest first",
      tags,
      ...signedIn,
      request: { query: PageParams.extend(ExploreFilters.shape) },
      responses: { 200: list(Goal, "A page of goals."), ...userFailures("INVALID_CURSOR") },
    }),
    async (c) => {
      const { limit, cursor, page: number, ...filters } = c.req.valid("query");
      return page(c, Goal, await exploreGoals(c.get("ctx"), filters, { limit, cursor, page: number }));
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/{id}",
      operationId: "getGoal",
      summary: "A goal of mine, or a public one",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: {
        200: data(Goal, "The goal."),
        304: { description: "Your copy is still good." },
        ...userFailures("NOT_FOUND"),
      },
    }),
    async (c) => {
      const goal = await getGoal(c.get("ctx"), requireUser(c), c.req.valid("param").id);
      return (await isFresh(c, goal)) ? c.body(null, 304) : ok(c, Goal, goal, 200);
    },
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/{id}",
      operationId: "replaceGoal",
      summary: "Replace my goal",
      description: "What is left out gets its default; the status stays where none is given, and so do the milestones.",
      tags,
      ...signedIn,
      request: { params: IdParam, body: body(WholeGoal) },
      responses: { 200: data(Goal, "The goal as it is now."), ...changeFailures },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const goal = await updateGoal(c.get("ctx"), requireUser(c), id, c.req.valid("json"), ifMatch(c));
      return ok(c, Goal, await tagged(c, goal), 200);
    },
  )
  .openapi(
    createRoute({
      method: "patch",
      path: "/{id}",
      operationId: "updateGoal",
      summary: "Change some fields of my goal",
      tags,
      ...signedIn,
      request: { params: IdParam, body: body(GoalPatch) },
      responses: { 200: data(Goal, "The goal as it is now."), ...changeFailures },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const goal = await updateGoal(c.get("ctx"), requireUser(c), id, c.req.valid("json"), ifMatch(c));
      return ok(c, Goal, await tagged(c, goal), 200);
    },
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/{id}",
      operationId: "deleteGoal",
      summary: "Delete my goal and what hangs on it",
      description: "Not while others' work hangs on it that was neither rejected nor withdrawn.",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: {
        204: nothing,
        ...userFailures("NOT_FOUND", "FORBIDDEN", "CONFLICT", "PRECONDITION_FAILED", "GOAL_IN_USE"),
      },
    }),
    async (c) => {
      await deleteGoal(c.get("ctx"), requireUser(c), c.req.valid("param").id, ifMatch(c));
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/{id}/join",
      operationId: "joinCircle",
      summary: "Join a public goal's circle: its challenges, its board",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 200: data(Goal, "The goal whose circle this is."), ...userFailures("NOT_FOUND") },
    }),
    async (c) => ok(c, Goal, await joinCircle(c.get("ctx"), requireUser(c), c.req.valid("param").id), 200),
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/{id}/join",
      operationId: "leaveCircle",
      summary: "Leave a goal's circle",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 204: nothing, ...userFailures("NOT_FOUND", "OWNER_CANNOT_LEAVE") },
    }),
    async (c) => {
      await leaveCircle(c.get("ctx"), requireUser(c), c.req.valid("param").id);
      return empty(c);
    },
  );
