import { z } from "@hono/zod-openapi";
import type { aiJobs } from "../../db/schema/ai.ts";
import { JOB_STATUSES, JOB_TYPES } from "../../db/schema/ai.ts";
import { DIFFICULTIES } from "../../db/schema/challenges.ts";
import { FeedbackResult } from "../../platform/ai/feedback.ts";
import { Id } from "../../platform/ids.ts";
import { Text } from "../../platform/text.ts";

const Language = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/u, { error: "a language tag such as en or pt-BR" })
  .max(35)
  .openapi({ description: "The language of my profile when left out.", example: "en" });

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

const Provided = { provider: z.enum(["offline", "openai", "workers-ai"]), model: z.string() };

const proposal = {
  title: z.string(),
  description: z.string().openapi({ description: "Markdown." }),
  kind: z.enum(["text", "code", "link"]),
  difficulty: z.enum(DIFFICULTIES),
  points: z.int(),
  milestone: z.string().nullable().openapi({ description: "The title of the milestone it serves." }),
  rubric: z.array(z.object({ criterion: z.string(), description: z.string(), weight: z.int() })),
  rules: z.record(z.string(), z.unknown()),
};

/** How a job keeps its proposals: each with the id that its challenge will have. */
export const StoredGeneration = z.object({
  proposals: z.array(z.object({ ...proposal, id: z.uuid() })),
  ...Provided,
});
export type StoredGeneration = z.infer<typeof StoredGeneration>;

const GENERATION_EXAMPLE = {
  proposals: [
    {
      index: 0,
      title: "First words: in your own words",
      description: "Explain **First words** to somebody who has never heard of it.",
      kind: "text" as const,
      difficulty: "beginner" as const,
      points: 15,
      milestone: "First words",
      rubric: [{ criterion: "Clarity", description: "Somebody new to it could say it back", weight: 3 }],
      rules: { minWords: 60 },
      challengeId: null,
    },
  ],
  provider: "offline" as const,
  model: "coach-1",
};

export const Generation = z
  .object({
    proposals: z.array(
      z.object({
        index: z.int().openapi({ description: "What `accept` takes; from 0." }),
        ...proposal,
        challengeId: z.uuid().nullable().openapi({ description: "The challenge that it became." }),
      }),
    ),
    ...Provided,
  })
  .openapi("Generation", {
    description: "Proposals; nothing is added before it is accepted.",
    example: GENERATION_EXAMPLE,
  });
export type Generation = z.infer<typeof Generation>;

export const AiJob = z
  .object({
    id: z.uuid(),
    type: z.enum(JOB_TYPES),
    status: z.enum(JOB_STATUSES),
    submissionId: z.uuid().nullable(),
    goalId: z.uuid().nullable(),
    result: z.union([Feedback, Generation]).optional(),
    error: z.string().optional().openapi({ description: "Why the job failed, for people to read." }),
    attempts: z.int(),
    rating: z.object({ helpful: z.boolean(), comment: z.string() }).nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi("AiJob", {
    example: {
      id: "0199aa11-2233-7444-8555-66778899aabb",
      type: "feedback",
      status: "succeeded",
      submissionId: "0199aa11-2233-7444-8555-66778899aacc",
      goalId: null,
      result: FEEDBACK_EXAMPLE,
      attempts: 1,
      rating: { helpful: true, comment: "" },
      createdAt: "2026-11-21T10:00:00.000Z",
      updatedAt: "2026-11-21T10:00:02.000Z",
    },
  });
export type AiJob = z.infer<typeof AiJob>;

export const QueuedJob = z.object({ job: AiJob }).openapi("QueuedJob");

export const RequestFeedback = z
  .object({ submissionId: Id })
  .openapi("RequestFeedback", { example: { submissionId: "0199aa11-2233-7444-8555-66778899aacc" } });
export type RequestFeedback = z.output<typeof RequestFeedback>;

export const GenerateChallenges = z
  .object({
    goalId: Id,
    count: z.int().min(1).max(10),
    difficulty: z.enum(DIFFICULTIES).optional().openapi({ description: "Rising from one to the next when left out." }),
    topic: Text(0, 200).default(""),
    language: Language.optional(),
  })
  .openapi("GenerateChallenges", {
    example: {
      goalId: "0199aa11-2233-7444-8555-66778899aabb",
      count: 3,
      difficulty: "beginner",
      topic: "ordering food",
    },
  });
export type GenerateChallenges = z.output<typeof GenerateChallenges>;

export const AcceptProposals = z
  .object({ indexes: z.array(z.int().min(0).max(99)).min(1).max(10) })
  .openapi("AcceptProposals", { example: { indexes: [0, 2] } });
export type AcceptProposals = z.output<typeof AcceptProposals>;

export const RateJob = z
  .object({ helpful: z.boolean(), comment: Text(0, 1000).default("") })
  .openapi("RateAiJob", { example: { helpful: false, comment: "The second quote is not what I meant." } });
export type RateJob = z.output<typeof RateJob>;

export const Explain = z
  .object({
    concept: Text(1, 300),
    context: Text(0, 8000).default("").openapi({ description: "Where I met it: a paragraph, a piece of code." }),
    level: Text(1, 40).default("beginner").openapi({ description: "How much I know already, in my own words." }),
    language: Language.optional(),
  })
  .openapi("Explain", { example: { concept: "recursion", level: "beginner", language: "en" } });
export type Explain = z.output<typeof Explain>;

const EXPLANATION_EXAMPLE = {
  explanation: "Recursion is when a function calls itself on a smaller part of its problem.",
  examples: ["The factorial of 3 is 3 times the factorial of 2."],
  cached: false,
  provider: "openai" as const,
  model: "gpt-4o-mini",
};

export const KeptExplanation = z.object({ explanation: z.string(), examples: z.array(z.string()), ...Provided });
export type KeptExplanation = z.infer<typeof KeptExplanation>;

export const Explanation = z
  .object({
    ...KeptExplanation.shape,
    cached: z.boolean().openapi({ description: "It was given before, and cost nothing now." }),
  })
  .openapi("Explanation", { example: EXPLANATION_EXAMPLE });
export type Explanation = z.infer<typeof Explanation>;

export type ExplainEvent =
  | { event: "delta"; data: { text: string } }
  | { event: "done"; data: Explanation }
  | { event: "error"; data: { code: string; message: string } };

export const ExplainStream = z.string().openapi("ExplainStream", {
  description: [
    "Server-sent events, each with JSON as its data:",
    "`delta` `{ text }`, the next piece of the explanation; `done`, the whole `Explanation`, which is the last event;",
    "or `error` `{ code, message }`, after which nothing follows and the charge is given back.",
  ].join(" "),
  example: `event: delta\ndata: {"text":"Recursion is "}\n\nevent: done\ndata: ${JSON.stringify(EXPLANATION_EXAMPLE)}\n\n`,
});

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

/** `accepted`: the ids of proposals that are challenges by now. */
export const toAiJob = (row: typeof aiJobs.$inferSelect, accepted: ReadonlySet<string> = new Set()): AiJob => {
  const result = row.status === "succeeded" ? resultOf(row, accepted) : undefined;
  return {
    id: row.id,
    type: row.type,
    status: row.status,
    submissionId: row.submissionId,
    goalId: row.goalId,
    ...(result === undefined ? {} : { result }),
    ...(row.status === "failed" && row.error !== null ? { error: row.error } : {}),
    attempts: row.attempts,
    rating: row.helpful === null ? null : { helpful: row.helpful, comment: row.ratingComment ?? "" },
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
};

function resultOf({ type, result }: typeof aiJobs.$inferSelect, accepted: ReadonlySet<string>): AiJob["result"] {
  if (type === "feedback") return Feedback.safeParse(result).data;
  const stored = StoredGeneration.safeParse(result).data;
  if (stored === undefined) return undefined;
  const proposals = stored.proposals.map(({ id, ...proposal }, index) => ({
    index,
    ...proposal,
    challengeId: accepted.has(id) ? id : null,
  }));
  return { ...stored, proposals };
}
