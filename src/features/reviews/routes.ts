import { createRoute } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { created, empty, ok, page } from "../../http/envelope.ts";
import {
  IdParam,
  PageParams,
  body,
  data,
  list,
  nothing,
  permitted,
  signedIn,
  userFailures,
} from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { claimNext } from "./claims.ts";
import { handInReview } from "./hand-in.ts";
import { extend, giveBack, listAssignments } from "./leases.ts";
import { removeReference, setReference } from "./references.ts";
import {
  Assignment,
  AssignmentFilters,
  NewReference,
  NewReview,
  Quality,
  Rating,
  Reference,
  Review,
} from "./schema.ts";
import { getQuality, listReviews, rateReview } from "./service.ts";

const tags = ["Reviews"];

export const reviewRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/assignments",
      operationId: "listAssignments",
      summary: "What I am asked to review, newest first",
      tags,
      ...signedIn,
      request: { query: PageParams.extend(AssignmentFilters.shape) },
      responses: { 200: list(Assignment, "A page of assignments."), ...userFailures("INVALID_CURSOR") },
    }),
    async (c) => {
      const { state, ...query } = c.req.valid("query");
      return page(c, Assignment, await listAssignments(c.get("ctx"), requireUser(c), { state }, query));
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/assignments/next",
      operationId: "claimAssignment",
      summary: "Take the work that needs a review most",
      description: "What was assigned to me and not taken up yet comes first. The lease is eight hours.",
      tags,
      ...signedIn,
      responses: {
        201: data(Assignment, "The assignment."),
        204: { description: "Nothing needs my review." },
        ...userFailures("FORBIDDEN"),
      },
    }),
    async (c) => {
      const assignment = await claimNext(c.get("ctx"), requireUser(c));
      return assignment ? created(c, Assignment, assignment, "/api/v1/reviews/assignments") : empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/assignments/{id}/extend",
      operationId: "extendAssignment",
      summary: "Eight hours more, once",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: {
        200: data(Assignment, "The assignment."),
        ...userFailures("NOT_FOUND", "ALREADY_EXTENDED", "LEASE_EXPIRED"),
      },
    }),
    async (c) => ok(c, Assignment, await extend(c.get("ctx"), requireUser(c), c.req.valid("param").id), 200),
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/assignments/{id}",
      operationId: "returnAssignment",
      summary: "Give work back unreviewed",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 204: nothing, ...userFailures("NOT_FOUND", "REVIEW_CLOSED") },
    }),
    async (c) => {
      await giveBack(c.get("ctx"), requireUser(c), c.req.valid("param").id);
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/quality",
      operationId: "getReviewQuality",
      summary: "How my reviewing stands",
      tags,
      ...signedIn,
      responses: { 200: data(Quality, "What my reviews have shown so far."), ...userFailures() },
    }),
    async (c) => ok(c, Quality, await getQuality(c.get("ctx"), requireUser(c)), 200),
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/{id}/rating",
      operationId: "rateReview",
      summary: "Say how helpful a review of my work was, once",
      tags,
      ...signedIn,
      request: { params: IdParam, body: body(Rating) },
      responses: {
        200: data(Review, "The review with its rating."),
        ...userFailures("NOT_FOUND", "ALREADY_RATED", "NOT_DECIDED"),
      },
    }),
    async (c) =>
      ok(c, Review, await rateReview(c.get("ctx"), requireUser(c), c.req.valid("param").id, c.req.valid("json")), 200),
  );

/** The reviews of a submission, below `/submissions`. */
export const submissionReviewRoutes = createRouter()
  .openapi(
    createRoute({
      method: "put",
      path: "/{id}/review",
      operationId: "handInReview",
      summary: "Review the work assigned to me, or change my review until the decision",
      description: "Teachers may review without an assignment and give a `verdict`, which decides at once.",
      tags,
      ...signedIn,
      request: { params: IdParam, body: body(NewReview) },
      responses: {
        200: data(Review, "My review."),
        ...userFailures("NOT_FOUND", "FORBIDDEN", "ACCOUNT_SUSPENDED", "LEASE_EXPIRED", "REVIEW_CLOSED", "CONFLICT"),
      },
    }),
    async (c) =>
      ok(
        c,
        Review,
        await handInReview(c.get("ctx"), requireUser(c), c.req.valid("param").id, c.req.valid("json")),
        200,
      ),
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/{id}/reviews",
      operationId: "listReviews",
      summary: "What was written of a piece of work",
      description: "Until the decision its author reads it without names and times, and a reviewer only their own.",
      tags,
      ...signedIn,
      request: { params: IdParam, query: PageParams },
      responses: {
        200: list(Review, "A page of reviews."),
        ...userFailures("NOT_FOUND", "FORBIDDEN", "INVALID_CURSOR"),
      },
    }),
    async (c) =>
      page(c, Review, await listReviews(c.get("ctx"), requireUser(c), c.req.valid("param").id, c.req.valid("query"))),
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/{id}/reference",
      operationId: "setReviewReference",
      summary: "Make decided work a reference that reviewers are compared with",
      tags,
      ...permitted("submissions:judge"),
      request: { params: IdParam, body: body(NewReference) },
      responses: { 200: data(Reference, "The reference."), ...userFailures("NOT_FOUND", "FORBIDDEN", "NOT_DECIDED") },
    }),
    async (c) =>
      ok(
        c,
        Reference,
        await setReference(c.get("ctx"), requireUser(c), c.req.valid("param").id, c.req.valid("json")),
        200,
      ),
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/{id}/reference",
      operationId: "removeReviewReference",
      summary: "No longer compare reviewers with this work",
      tags,
      ...permitted("submissions:judge"),
      request: { params: IdParam },
      responses: { 204: nothing, ...userFailures("NOT_FOUND", "FORBIDDEN") },
    }),
    async (c) => {
      await removeReference(c.get("ctx"), requireUser(c), c.req.valid("param").id);
      return empty(c);
    },
  );
