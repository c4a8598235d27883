import { createRoute } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { created, empty, ok, page } from "../../http/envelope.ts";
import { ifMatch, isFresh, tagged } from "../../http/etag.ts";
import { IdParam, PageParams, signedIn, body, data, list, nothing, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { DAILY_CAPS } from "../xp/rules.ts";
import { deleteChallenge, replaceChallenge, updateChallenge } from "./changes.ts";
import { Challenge, ChallengeFilters, ChallengePatch, NewChallenge, WholeChallenge } from "./schema.ts";
import { createChallenge, getChallenge, listChallenges } from "./service.ts";

const tags = ["Challenges"];
const changeFailures = userFailures("NOT_FOUND", "FORBIDDEN", "CONFLICT", "PRECONDITION_FAILED", "CHALLENGE_IN_USE");

export const challengeRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/",
      operationId: "listChallenges",
      summary: "The challenges of a goal, newest first",
      tags,
      ...signedIn,
      request: { query: PageParams.extend(ChallengeFilters.shape) },
      responses: { 200: list(Challenge, "A page of challenges."), ...userFailures("NOT_FOUND", "INVALID_CURSOR") },
    }),
    async (c) => {
      const { limit, cursor, page: number, ...filters } = c.req.valid("query");
      const found = await listChallenges(c.get("ctx"), requireUser(c), filters, { limit, cursor, page: number });
      return page(c, Challenge, found);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/",
      operationId: "createChallenge",
      summary: "Add a challenge to a goal",
      description: `Points of learners' challenges are capped by difficulty: 25, 50, 100, 200. One's own and other learners' pay among the first ${DAILY_CAPS.challenge} challenges of a local day; another's who teaches, and work that a teacher accepts, pay always.`,
      tags,
      ...signedIn,
      request: { body: body(NewChallenge) },
      responses: { 201: data(Challenge, "The challenge."), ...userFailures("NOT_FOUND", "FORBIDDEN", "LIMIT_REACHED") },
    }),
    async (c) => {
      const challenge = await createChallenge(c.get("ctx"), requireUser(c), c.req.valid("json"));
      return created(c, Challenge, await tagged(c, challenge), `/api/v1/challenges/${challenge.id}`);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/{id}",
      operationId: "getChallenge",
      summary: "One challenge",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: {
        200: data(Challenge, "The challenge."),
        304: { description: "Your copy is still good." },
        ...userFailures("NOT_FOUND"),
      },
    }),
    async (c) => {
      const challenge = await getChallenge(c.get("ctx"), requireUser(c), c.req.valid("param").id);
      return (await isFresh(c, challenge)) ? c.body(null, 304) : ok(c, Challenge, challenge, 200);
    },
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/{id}",
      operationId: "replaceChallenge",
      summary: "Replace a challenge of my goal, or, as a teacher, of a circle",
      description:
        "What is left out gets its default; the goal stays. Work that was handed in is judged by the rubric, rules and points of its day.",
      tags,
      ...signedIn,
      request: { params: IdParam, body: body(WholeChallenge) },
      responses: { 200: data(Challenge, "The challenge as it is now."), ...changeFailures },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const whole = c.req.valid("json");
      const challenge = await replaceChallenge(c.get("ctx"), requireUser(c), id, whole, ifMatch(c));
      return ok(c, Challenge, await tagged(c, challenge), 200);
    },
  )
  .openapi(
    createRoute({
      method: "patch",
      path: "/{id}",
      operationId: "updateChallenge",
      summary: "Change some fields of a challenge, archive it or take it back",
      tags,
      ...signedIn,
      request: { params: IdParam, body: body(ChallengePatch) },
      responses: { 200: data(Challenge, "The challenge as it is now."), ...changeFailures },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const patch = c.req.valid("json");
      const challenge = await updateChallenge(c.get("ctx"), requireUser(c), id, patch, ifMatch(c));
      return ok(c, Challenge, await tagged(c, challenge), 200);
    },
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/{id}",
      operationId: "deleteChallenge",
      summary: "Delete a challenge, or archive it when it has submissions",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 204: nothing, ...userFailures("NOT_FOUND", "FORBIDDEN", "CONFLICT", "PRECONDITION_FAILED") },
    }),
    async (c) => {
      await deleteChallenge(c.get("ctx"), requireUser(c), c.req.valid("param").id, ifMatch(c));
      return empty(c);
    },
  );
