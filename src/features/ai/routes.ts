import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { requireUser } from "../../http/authentication.ts";
import type { AppEnv } from "../../http/env.ts";
import { created, ok, Success } from "../../http/envelope.ts";
import { IdParam, signedIn, body, data, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { rateLimitAi } from "../../http/rate-limit.ts";
import { eventStream, wantsEvents } from "../../http/event-stream.ts";
import { Challenge } from "../challenges/schema.ts";
import { explain, streamExplanation } from "./explanations.ts";
import { acceptProposals, requestChallenges } from "./generation.ts";
import { getUsage } from "./quota.ts";
import {
  AcceptProposals,
  AiJob,
  AiUsage,
  Explain,
  Explanation,
  ExplainStream,
  GenerateChallenges,
  QueuedJob,
  RateJob,
  RequestFeedback,
} from "./schema.ts";
import { getJob, rateJob, requestFeedback, retryJob } from "./service.ts";

const tags = ["AI"];
const Challenges = z.array(Challenge);

/** What asks a model has a limit of its own for each person. */
const asking = { ...signedIn, middleware: [signedIn.middleware, rateLimitAi] };

function accepted(c: Context<AppEnv>, job: AiJob) {
  c.header("Location", `/api/v1/ai/jobs/${job.id}`);
  return ok(c, QueuedJob, { job }, 202);
}

export const aiRoutes = createRouter()
  .openapi(
    createRoute({
      method: "post",
      path: "/generate-challenges",
      operationId: "generateChallenges",
      summary: "Ask for proposals of challenges for a goal",
      description:
        "One job of today's quota; the same question again, while the goal is as it was, is answered at once and costs nothing. Accept proposals with `/jobs/{id}/accept`.",
      tags,
      ...asking,
      request: { body: body(GenerateChallenges) },
      responses: {
        202: data(QueuedJob, "The job; `Location` tells where to read it."),
        ...userFailures("NOT_FOUND", "FORBIDDEN", "QUOTA_EXCEEDED"),
      },
    }),
    async (c) => accepted(c, await requestChallenges(c.get("ctx"), requireUser(c), c.req.valid("json"))),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/jobs/{id}/accept",
      operationId: "acceptProposals",
      summary: "Make proposals into challenges",
      description: "Accepting a proposal again gives the same challenge again. Points are capped by difficulty.",
      tags,
      ...signedIn,
      request: { params: IdParam, body: body(AcceptProposals) },
      responses: {
        201: data(Challenges, "The challenges, in the order of `indexes`."),
        ...userFailures("NOT_FOUND", "FORBIDDEN", "JOB_WITHOUT_PROPOSALS"),
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const challenges = await acceptProposals(c.get("ctx"), requireUser(c), id, c.req.valid("json"));
      return created(c, Challenges, challenges, `/api/v1/challenges?goalId=${challenges[0]?.goalId ?? ""}`);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/explain",
      operationId: "explainConcept",
      summary: "Have a concept explained",
      description:
        "One explanation of today's quota; what was explained before costs nothing. With `Accept: text/event-stream` it is told while it is written; leaving before the first word gives the charge back, and what fails later is an `error` event. Leaving before an answer that does not stream gives it back too; one that was finished all the same costs nothing when it is asked for again. With an `Idempotency-Key` a stream comes all at once, at its end.",
      tags,
      ...asking,
      request: { body: body(Explain) },
      responses: {
        200: {
          description: "The explanation.",
          content: {
            "application/json": { schema: Success(Explanation) },
            "text/event-stream": { schema: ExplainStream },
          },
        },
        ...userFailures("QUOTA_EXCEEDED"),
      },
    }),
    async (c) => {
      const [ctx, actor, input] = [c.get("ctx"), requireUser(c), c.req.valid("json")];
      if (wantsEvents(c)) return await eventStream(c, (signal) => streamExplanation(ctx, actor, input, signal));
      return ok(c, Explanation, await explain(ctx, actor, input, c.req.raw.signal), 200);
    },
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/jobs/{id}/rating",
      operationId: "rateAiJob",
      summary: "Say whether a result helped or was wrong",
      description: "Rating again replaces the rating. Admins see the rate of wrong results by template version.",
      tags,
      ...signedIn,
      request: { params: IdParam, body: body(RateJob) },
      responses: { 200: data(AiJob, "The job."), ...userFailures("NOT_FOUND", "JOB_NOT_FINISHED") },
    }),
    async (c) =>
      ok(c, AiJob, await rateJob(c.get("ctx"), requireUser(c), c.req.valid("param").id, c.req.valid("json")), 200),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/feedback",
      operationId: "requestFeedback",
      summary: "Ask for feedback on my submission",
      description: "One job of today's quota. AI never decides acceptance and never pays XP.",
      tags,
      ...asking,
      request: { body: body(RequestFeedback) },
      responses: {
        202: data(QueuedJob, "The job is queued; `Location` tells where to read it."),
        ...userFailures("NOT_FOUND", "QUOTA_EXCEEDED"),
      },
    }),
    async (c) => accepted(c, await requestFeedback(c.get("ctx"), requireUser(c), c.req.valid("json"))),
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/jobs/{id}",
      operationId: "getAiJob",
      summary: "One of my AI jobs, with its result once it is there",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 200: data(AiJob, "The job."), ...userFailures("NOT_FOUND") },
    }),
    async (c) => ok(c, AiJob, await getJob(c.get("ctx"), requireUser(c), c.req.valid("param").id), 200),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/jobs/{id}/retry",
      operationId: "retryAiJob",
      summary: "Start a failed job over, at no cost",
      tags,
      ...asking,
      request: { params: IdParam },
      responses: {
        202: data(QueuedJob, "The job is queued again."),
        ...userFailures("NOT_FOUND", "JOB_NOT_RETRYABLE"),
      },
    }),
    async (c) => accepted(c, await retryJob(c.get("ctx"), requireUser(c), c.req.valid("param").id)),
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/usage",
      operationId: "getAiUsage",
      summary: "What is left of today's AI quota",
      tags,
      ...signedIn,
      responses: { 200: data(AiUsage, "Used and left, by my own day."), ...userFailures() },
    }),
    async (c) => ok(c, AiUsage, await getUsage(c.get("ctx"), requireUser(c)), 200),
  );
