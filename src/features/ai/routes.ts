import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { requireUser } from "../../http/authentication.ts";
import type { AppEnv } from "../../http/env.ts";
import { ok } from "../../http/envelope.ts";
import { IdParam, signedIn, body, data, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { AiJob, AiUsage, QueuedJob, RequestFeedback } from "./schema.ts";
import { getJob, getUsage, requestFeedback, retryJob } from "./service.ts";

const tags = ["AI"];

function accepted(c: Context<AppEnv>, job: AiJob) {
  c.header("Location", `/api/v1/ai/jobs/${job.id}`);
  return ok(c, QueuedJob, { job }, 202);
}

export const aiRoutes = createRouter()
  .openapi(
    createRoute({
      method: "post",
      path: "/feedback",
      operationId: "requestFeedback",
      summary: "Ask for feedback on my submission",
      description: "One job of today's quota. AI never decides acceptance and never pays XP.",
      tags,
      ...signedIn,
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
      ...signedIn,
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
