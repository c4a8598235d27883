import { createRoute } from "@hono/zod-openapi";
import { requireUser } from "../../../http/authentication.ts";
import { created, empty, ok } from "../../../http/envelope.ts";
import { ifMatch, tagged } from "../../../http/etag.ts";
import { IdParam, body, data, nothing, signedIn, userFailures } from "../../../http/openapi.ts";
import { createRouter } from "../../../http/router.ts";
import { Goal, Milestone, MilestoneOrder, MilestonePatch, NewMilestone } from "../schema.ts";
import { Id } from "../../../platform/ids.ts";
import { addMilestone, deleteMilestone, orderMilestones, setCompletion, updateMilestone } from "./service.ts";

const tags = ["Goals"];
const MilestoneParams = IdParam.extend({
  milestoneId: Id.openapi({ param: { name: "milestoneId", in: "path" } }),
});
const description = "`If-Match` takes the goal's `ETag`.";
const changeFailures = userFailures("NOT_FOUND", "FORBIDDEN", "CONFLICT", "PRECONDITION_FAILED");

/** Under `/goals/{id}`. */
export const milestoneRoutes = createRouter()
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
      const milestone = await addMilestone(c.get("ctx"), requireUser(c), id, c.req.valid("json"));
      return created(c, Milestone, milestone, `/api/v1/goals/${id}`);
    },
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/{id}/milestones/order",
      operationId: "orderMilestones",
      summary: "Put the milestones into an order",
      description: `\`ids\` names all of them, each once. ${description}`,
      tags,
      ...signedIn,
      request: { params: IdParam, body: body(MilestoneOrder) },
      responses: { 200: data(Goal, "The goal with its milestones in that order."), ...changeFailures },
    }),
    async (c) => {
      const order = { goalId: c.req.valid("param").id, ids: c.req.valid("json").ids };
      const goal = await orderMilestones(c.get("ctx"), requireUser(c), order, ifMatch(c));
      return ok(c, Goal, await tagged(c, goal), 200);
    },
  )
  .openapi(
    createRoute({
      method: "patch",
      path: "/{id}/milestones/{milestoneId}",
      operationId: "updateMilestone",
      summary: "Change some fields of a milestone",
      description,
      tags,
      ...signedIn,
      request: { params: MilestoneParams, body: body(MilestonePatch) },
      responses: { 200: data(Milestone, "The milestone as it is now."), ...changeFailures },
    }),
    async (c) => {
      const { id: goalId, milestoneId } = c.req.valid("param");
      const change = { goalId, milestoneId, patch: c.req.valid("json") };
      return ok(c, Milestone, await updateMilestone(c.get("ctx"), requireUser(c), change, ifMatch(c)), 200);
    },
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/{id}/milestones/{milestoneId}",
      operationId: "deleteMilestone",
      summary: "Delete a milestone; its challenges stay with the goal",
      description,
      tags,
      ...signedIn,
      request: { params: MilestoneParams },
      responses: { 204: nothing, ...changeFailures },
    }),
    async (c) => {
      const { id: goalId, milestoneId } = c.req.valid("param");
      await deleteMilestone(c.get("ctx"), requireUser(c), { goalId, milestoneId }, ifMatch(c));
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/{id}/milestones/{milestoneId}/completion",
      operationId: "completeMilestone",
      summary: "Mark a milestone done",
      description,
      tags,
      ...signedIn,
      request: { params: MilestoneParams },
      responses: { 200: data(Goal, "The goal with its progress."), ...changeFailures },
    }),
    async (c) => {
      const { id: goalId, milestoneId } = c.req.valid("param");
      const change = { goalId, milestoneId, done: true };
      const goal = await setCompletion(c.get("ctx"), requireUser(c), change, ifMatch(c));
      return ok(c, Goal, await tagged(c, goal), 200);
    },
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/{id}/milestones/{milestoneId}/completion",
      operationId: "reopenMilestone",
      summary: "Take a milestone's completion back; its XP stays",
      description,
      tags,
      ...signedIn,
      request: { params: MilestoneParams },
      responses: { 200: data(Goal, "The goal with its progress."), ...changeFailures },
    }),
    async (c) => {
      const { id: goalId, milestoneId } = c.req.valid("param");
      const change = { goalId, milestoneId, done: false };
      const goal = await setCompletion(c.get("ctx"), requireUser(c), change, ifMatch(c));
      return ok(c, Goal, await tagged(c, goal), 200);
    },
  );
