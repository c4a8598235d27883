import { z } from "@hono/zod-openapi";
import type { aiJobs } from "../../db/schema/ai.ts";
import { JOB_STATUSES, JOB_TYPES } from "../../db/schema/ai.ts";
import { FeedbackResult } from "../../platform/ai/feedback.ts";

const FEEDBACK_EXAMPLE: FeedbackResult = {
  summary: "120 words in 9 sentences and 3 paragraphs.",
  comments: [
    {
      criterion: "Evidence",
      quote: "my sister learned 1,200 words in a year",
      comment: "A number makes the claim one that can be checked. Say how she counted.",
      severity: "praise",
    },
  ],
  nextSteps: ["Write two sentences that speak directly to “Clarity”."],
  provider: "offline",
  model: "coach-1",
};

export const Feedback = z.object(FeedbackResult.shape).openapi("Feedback", {
  description: "Every quote stands in the work, every criterion in the rubric.",
  example: FEEDBACK_EXAMPLE,
});
export type Feedback = z.infer<typeof Feedback>;

export const AiJob = z
  .object({
    id: z.uuid(),
    type: z.enum(JOB_TYPES),
    status: z.enum(JOB_STATUSES),
    submissionId: z.uuid().nullable(),
    result: Feedback.optional(),
    error: z.string().optional().openapi({ description: "Why the job failed, for people to read." }),
    attempts: z.int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi("AiJob", {
    example: {
      id: "0199aa11-2233-7444-8555-66778899aabb",
      type: "feedback",
      status: "succeeded",
      submissionId: "0199aa11-2233-7444-8555-66778899aacc",
      result: FEEDBACK_EXAMPLE,
      attempts: 1,
      createdAt: "2026-11-21T10:00:00.000Z",
      updatedAt: "2026-11-21T10:00:02.000Z",
    },
  });
export type AiJob = z.infer<typeof AiJob>;

export const QueuedJob = z.object({ job: AiJob }).openapi("QueuedJob");

export const RequestFeedback = z
  .object({ submissionId: z.uuid() })
  .openapi("RequestFeedback", { example: { submissionId: "0199aa11-2233-7444-8555-66778899aacc" } });
export type RequestFeedback = z.output<typeof RequestFeedback>;

const Allowance = z.object({ used: z.int(), limit: z.int(), remaining: z.int() });

export const AiUsage = z
  .object({
    day: z.iso.date().openapi({ description: "The local day it is counted for." }),
    jobs: Allowance,
    explanations: Allowance,
    resetsAt: z.iso.datetime().openapi({ description: "Local midnight." }),
  })
  .openapi("AiUsage", {
    example: {
      day: "2026-11-21",
      jobs: { used: 3, limit: 20, remaining: 17 },
      explanations: { used: 0, limit: 50, remaining: 50 },
      resetsAt: "2026-11-22T00:00:00.000Z",
    },
  });
export type AiUsage = z.infer<typeof AiUsage>;

export const toAiJob = (row: typeof aiJobs.$inferSelect): AiJob => {
  const result = row.status === "succeeded" ? Feedback.safeParse(row.result) : undefined;
  return {
    id: row.id,
    type: row.type,
    status: row.status,
    submissionId: row.submissionId,
    ...(result?.success ? { result: result.data } : {}),
    ...(row.status === "failed" && row.error !== null ? { error: row.error } : {}),
    attempts: row.attempts,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
};
