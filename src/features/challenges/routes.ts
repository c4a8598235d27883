import { createRoute, z } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { created, ok, page } from "../../http/envelope.ts";
import { isFresh } from "../../http/etag.ts";
import { IdParam, PageParams, signedIn, body, data, list, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { Challenge, NewChallenge } from "./schema.ts";
import { createChallenge, getChallenge, listChallenges } from "./service.ts";

const tags = ["Challenges"];

export const challengeRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/",
      operationId: "listChallenges",
      summary: "The challenges of a goal, newest first",
      tags,
      ...signedIn,
      request: { query: PageParams.extend({ goalId: z.uuid() }) },
      responses: { 200: list(Challenge, "A page of challenges."), ...userFailures("NOT_FOUND", "INVALID_CURSOR") },
    }),
    async (c) => {
      const { goalId, limit, cursor, page: number } = c.req.valid("query");
      return page(
        c,
        Challenge,
        await listChallenges(c.get("ctx"), requireUser(c), goalId, { limit, cursor, page: number }),
      );
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/",
      operationId: "createChallenge",
      summary: "Add a challenge to a goal",
      description: "Points of learners' challenges are capped by difficulty: 25, 50, 100, 200.",
      tags,
      ...signedIn,
      request: { body: body(NewChallenge) },
      responses: { 201: data(Challenge, "The challenge."), ...userFailures("NOT_FOUND", "FORBIDDEN") },
    }),
    async (c) => {
      const challenge = await createChallenge(c.get("ctx"), requireUser(c), c.req.valid("json"));
      return created(c, Challenge, challenge, `/api/v1/challenges/${challenge.id}`);
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
  );
