import { createRoute, z } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { created, ok, page } from "../../http/envelope.ts";
import { IdParam, PageParams, permitted, signedIn, body, data, list, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { Id } from "../../platform/ids.ts";
import { handIn } from "./hand-in.ts";
import { reverseSubmission, withdraw } from "./moves.ts";
import { NewReversal, NewSubmission, Submission, SubmissionFilters } from "./schema.ts";
import { getSubmission, listForChallenge, listMine } from "./service.ts";

const tags = ["Submissions"];
const ChallengeParam = z.object({ challengeId: Id.openapi({ param: { name: "challengeId", in: "path" } }) });

export const submissionRoutes = createRouter()
  .openapi(
    createRoute({
      method: "post",
      path: "/",
      operationId: "handIn",
      summary: "Hand in work",
      description:
        "Also 201 when the work breaks a rule: its status is then `rejected`, `validation` says why, and no attempt is spent. Accepted work on learners' challenges earns XP only so often a day (see `createChallenge`).",
      tags,
      ...signedIn,
      request: { body: body(NewSubmission) },
      responses: {
        201: data(Submission, "The work, and what became of it."),
        ...userFailures(
          "NOT_FOUND",
          "NOT_A_MEMBER",
          "CHALLENGE_CLOSED",
          "ALREADY_ACCEPTED",
          "ATTEMPTS_EXHAUSTED",
          "CONFLICT",
        ),
      },
    }),
    async (c) => {
      const work = await handIn(c.get("ctx"), requireUser(c), c.req.valid("json"));
      return created(c, Submission, work, `/api/v1/submissions/${work.id}`);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/",
      operationId: "listMySubmissions",
      summary: "My work, newest first",
      tags,
      ...signedIn,
      request: { query: PageParams.extend(SubmissionFilters.shape) },
      responses: { 200: list(Submission, "A page of my work."), ...userFailures("INVALID_CURSOR") },
    }),
    async (c) => {
      const { status, ...query } = c.req.valid("query");
      return page(c, Submission, await listMine(c.get("ctx"), requireUser(c), { status }, query));
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/challenge/{challengeId}",
      operationId: "listChallengeSubmissions",
      summary: "Work on a challenge that I may see, newest first",
      tags,
      ...signedIn,
      request: { params: ChallengeParam, query: PageParams },
      responses: { 200: list(Submission, "A page of work."), ...userFailures("NOT_FOUND", "INVALID_CURSOR") },
    }),
    async (c) =>
      page(
        c,
        Submission,
        await listForChallenge(c.get("ctx"), requireUser(c), c.req.valid("param").challengeId, c.req.valid("query")),
      ),
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/{id}",
      operationId: "getSubmission",
      summary: "One piece of work, with its feedback for its author",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 200: data(Submission, "The work."), ...userFailures("NOT_FOUND") },
    }),
    async (c) => ok(c, Submission, await getSubmission(c.get("ctx"), requireUser(c), c.req.valid("param").id), 200),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/{id}/withdraw",
      operationId: "withdrawSubmission",
      summary: "Take undecided work back",
      description: "Before the first review the attempt is given back too.",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 200: data(Submission, "The withdrawn work."), ...userFailures("NOT_FOUND", "ILLEGAL_TRANSITION") },
    }),
    async (c) => ok(c, Submission, await withdraw(c.get("ctx"), requireUser(c), c.req.valid("param").id), 200),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/{id}/reversal",
      operationId: "reverseSubmission",
      summary: "Take an acceptance back, as a teacher who found it to be cheating",
      description: "Its XP is taken back by the exact inverse of what was paid.",
      tags,
      ...permitted("submissions:judge"),
      request: { params: IdParam, body: body(NewReversal) },
      responses: {
        200: data(Submission, "The reversed work."),
        ...userFailures("NOT_FOUND", "FORBIDDEN", "ILLEGAL_TRANSITION"),
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      return ok(c, Submission, await reverseSubmission(c.get("ctx"), requireUser(c), id, c.req.valid("json")), 200);
    },
  );
