import { z } from "@hono/zod-openapi";
import type { submissions } from "../../db/schema/challenges.ts";
import { SUBMISSION_STATUSES } from "../../db/schema/challenges.ts";
import { Person } from "../users/schema.ts";

const WorkText = z
  .string()
  .transform((value) => value.normalize("NFC").trim())
  .pipe(z.string().min(1, { error: "must not be empty" }).max(100_000));

const Answer = z.union([z.string().max(2000), z.array(z.string().max(2000)).max(100)]);

/** By the challenge's kind. */
export const Content = z
  .union([
    z.object({ text: WorkText }),
    z.object({ code: z.string().min(1).max(100_000), language: z.string().max(40).optional() }),
    z.object({ url: z.url({ protocol: /^https?$/u }).max(2000) }),
    z.object({ answers: z.record(z.string().max(40), Answer) }),
  ])
  .openapi("SubmissionContent", { example: { text: "Hola, me llamo Mei y vivo en Osaka." } });

export const NewSubmission = z
  .object({ challengeId: z.uuid(), content: Content, requestFeedback: z.boolean().default(true) })
  .openapi("NewSubmission", {
    example: {
      challengeId: "0199aa11-2233-7444-8555-66778899aabb",
      content: { text: "Hola, me llamo Mei y vivo en Osaka." },
    },
  });
export type NewSubmission = z.output<typeof NewSubmission>;

export const RuleResult = z
  .object({
    rule: z.string(),
    passed: z.boolean(),
    message: z.string(),
    expected: z.union([z.string(), z.number()]).optional(),
    actual: z.union([z.string(), z.number()]).optional(),
  })
  .openapi("RuleResult", {
    example: {
      rule: "minWords",
      passed: false,
      message: "Write at least 5 words; you have 2.",
      expected: 5,
      actual: 2,
    },
  });
export type RuleResult = z.infer<typeof RuleResult>;

export const Submission = z
  .object({
    id: z.uuid(),
    challengeId: z.uuid(),
    author: Person.nullable(),
    attempt: z.int(),
    content: z.record(z.string(), z.unknown()),
    status: z.enum(SUBMISSION_STATUSES),
    validation: z.array(RuleResult),
    quizScore: z.int().nullable(),
    feedback: z
      .unknown()
      .optional()
      .openapi({ description: "The newest feedback of the AI coach, when there is one." }),
    feedbackJobId: z.uuid().optional().openapi({ description: "The job that writes feedback; see `/ai/jobs/{id}`." }),
    feedbackUnavailable: z.literal("QUOTA_EXCEEDED").optional(),
    reviews: z.array(z.unknown()),
    score: z.int().nullable(),
    createdAt: z.iso.datetime(),
    decidedAt: z.iso.datetime().nullable(),
  })
  .openapi("Submission");
export type Submission = z.infer<typeof Submission>;

export const SubmissionFilters = z.object({ status: z.enum(SUBMISSION_STATUSES).optional() });
export type SubmissionFilters = z.output<typeof SubmissionFilters>;

export type SubmissionRow = typeof submissions.$inferSelect;

export interface SubmissionFacts {
  row: SubmissionRow;
  author: Person | null;
  feedback?: unknown;
  feedbackJobId?: string | null;
}

export const toSubmission = ({ row, author, feedback, feedbackJobId }: SubmissionFacts): Submission => ({
  id: row.id,
  challengeId: row.challengeId,
  author,
  attempt: row.attempt,
  content: row.content,
  status: row.status,
  validation: row.validation,
  quizScore: row.quizScore,
  ...(feedback ? { feedback } : {}),
  ...(feedbackJobId ? { feedbackJobId } : {}),
  reviews: [],
  score: row.score,
  createdAt: row.createdAt.toISOString(),
  decidedAt: row.decidedAt?.toISOString() ?? null,
});
