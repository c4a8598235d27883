import { createRoute, z } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { created, empty, ok, page } from "../../http/envelope.ts";
import { ifMatch, isFresh } from "../../http/etag.ts";
import { IdParam, PageParams, signedIn, body, data, list, nothing, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { joinCircle, leaveCircle } from "./circle.ts";
import { Goal, GoalFilters, GoalPatch, Milestone, NewGoal, NewMilestone } from "./schema.ts";
import { addMilestone, createGoal, deleteGoal, getGoal, listGoals, setCompletion, updateGoal } from "./service.ts";

const tags = ["Goals"];
const MilestoneParams = IdParam.extend({
  milestoneId: z.uuid().openapi({ param: { name: "milestoneId", in: "path" } }),
});

export const goalRoutes = createRouter()
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
      return created(c, Goal, goal, `/api/v1/goals/${goal.id}`);
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
      method: "patch",
      path: "/{id}",
      operationId: "updateGoal",
      summary: "Change some fields of my goal",
      tags,
      ...signedIn,
      request: { params: IdParam, body: body(GoalPatch) },
      responses: {
        200: data(Goal, "The goal as it is now."),
        ...userFailures("NOT_FOUND", "FORBIDDEN", "CONFLICT", "PRECONDITION_FAILED", "ILLEGAL_TRANSITION"),
      },
    }),
    async (c) =>
      ok(
        c,
        Goal,
        await updateGoal(c.get("ctx"), requireUser(c), c.req.valid("param").id, c.req.valid("json"), ifMatch(c)),
        200,
      ),
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/{id}",
      operationId: "deleteGoal",
      summary: "Delete my goal and what hangs on it",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 204: nothing, ...userFailures("NOT_FOUND", "FORBIDDEN", "CONFLICT", "PRECONDITION_FAILED") },
    }),
    async (c) => {
      await deleteGoal(c.get("ctx"), requireUser(c), c.req.valid("param").id, ifMatch(c));
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/{id}/milestones",
      operationId: "addMilestone",
      summary: "Add a milestone at the end",
      tags,
      ...signedIn,
      request: { params: IdParam, body: body(NewMilestone) },
      responses: {
        201: data(Milestone, "The milestone."),
        ...userFailures("NOT_FOUND", "FORBIDDEN", "CONFLICT", "LIMIT_REACHED"),
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      return created(
        c,
        Milestone,
        await addMilestone(c.get("ctx"), requireUser(c), id, c.req.valid("json")),
        `/api/v1/goals/${id}`,
      );
    },
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/{id}/milestones/{milestoneId}/completion",
      operationId: "completeMilestone",
      summary: "Mark a milestone done",
      tags,
      ...signedIn,
      request: { params: MilestoneParams },
      responses: {
        200: data(Goal, "The goal with its progress."),
        ...userFailures("NOT_FOUND", "FORBIDDEN", "CONFLICT"),
      },
    }),
    async (c) => {
      const { id, milestoneId } = c.req.valid("param");
      return ok(c, Goal, await setCompletion(c.get("ctx"), requireUser(c), id, milestoneId, true), 200);
    },
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/{id}/milestones/{milestoneId}/completion",
      operationId: "reopenMilestone",
      summary: "Take a milestone's completion back; its XP stays",
      tags,
      ...signedIn,
      request: { params: MilestoneParams },
      responses: {
        200: data(Goal, "The goal with its progress."),
        ...userFailures("NOT_FOUND", "FORBIDDEN", "CONFLICT"),
      },
    }),
    async (c) => {
      const { id, milestoneId } = c.req.valid("param");
      return ok(c, Goal, await setCompletion(c.get("ctx"), requireUser(c), id, milestoneId, false), 200);
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
      responses: { 204: nothing, ...userFailures() },
    }),
    async (c) => {
      await leaveCircle(c.get("ctx"), requireUser(c), c.req.valid("param").id);
      return empty(c);
    },
  );
