import { z } from "@hono/zod-openapi";
import type { submissions } from "../../db/schema/challenges.ts";
import { MOVERS, SUBMISSION_STATUSES } from "../../db/schema/challenges.ts";
import { Id } from "../../platform/ids.ts";
import { Text } from "../../platform/text.ts";
import { Review } from "../reviews/schema.ts";
import { Person } from "../users/schema.ts";

const MAX_WORK = 100_000;
const MAX_ANSWERS = 100;

const Answer = z.union([z.string().max(2000), z.array(z.string().max(2000)).max(100)], {
  error: "text, or a list of texts; at most 2000 characters and 100 entries",
});

const Answers = z
  .record(z.string().max(40), Answer)
  .refine((answers) => Object.keys(answers).length <= MAX_ANSWERS, { error: `at most ${MAX_ANSWERS} answers` });

/** As it is typed: white space is part of a program. */
const Code = z
  .string()
  .min(1, { error: "must not be empty" })
  .max(MAX_WORK)
  .refine((code) => code.trim() !== "", { error: "must not be empty" })
  .refine((code) => code.isWellFormed() && !code.includes("\u0000"), { error: "must be text" });

/** By the challenge's kind. */
export const Content = z
  .union(
    [
      z.object({ text: Text(1, MAX_WORK) }),
      z.object({ code: Code, language: Text(1, 40).optional() }),
      z.object({ url: z.url({ protocol: /^https?$/u }).max(2000) }),
      z.object({ answers: Answers }),
    ],
    { error: "one of { text }, { code, language }, { url }, { answers }, by the challenge's kind" },
  )
  .openapi("SubmissionContent", { example: { text: "Hola, me llamo Mei y vivo en Osaka." } });

export const NewSubmission = z
  .object({ challengeId: Id, content: Content, requestFeedback: z.boolean().default(true) })
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

export const SubmissionMove = z
  .object({
    status: z.enum(SUBMISSION_STATUSES),
    by: z.enum(MOVERS),
    reason: z.string().optional().openapi({ description: "For the author and teachers." }),
    at: z.iso.datetime(),
  })
  .openapi("SubmissionMove", { example: { status: "in_review", by: "author", at: "2026-11-21T10:00:00.000Z" } });
export type SubmissionMove = z.infer<typeof SubmissionMove>;

export const NewReversal = z
  .object({ reason: Text(1, 1000) })
  .openapi("NewReversal", { example: { reason: "Copied from the sample solution, word by word." } });
export type NewReversal = z.output<typeof NewReversal>;

export const Submission = z
  .object({
    id: z.uuid(),
    challengeId: z.uuid(),
    author: Person.nullable(),
    attempt: z.int().openapi({ example: 1 }),
    content: z.record(z.string(), z.unknown()).openapi({ example: { text: "Hola, me llamo Ana." } }),
    status: z.enum(SUBMISSION_STATUSES),
    validation: z.array(RuleResult),
    quizScore: z.int().nullable().openapi({ example: null }),
    feedback: z
      .unknown()
      .optional()
      .openapi({
        example: { summary: "Clear and brave." },
        description: "The newest feedback of the AI coach, when there is one.",
      }),
    feedbackJobId: z.uuid().optional().openapi({ description: "The job that writes feedback; see `/ai/jobs/{id}`." }),
    feedbackUnavailable: z.literal("QUOTA_EXCEEDED").optional(),
    reviews: z.array(Review).openapi({
      description:
        "Those the caller may see, with a single submission only; its author reads them blind until the decision.",
    }),
    score: z.int().nullable().openapi({ example: 85 }),
    history: z
      .array(SubmissionMove)
      .optional()
      .openapi({ description: "Every status it had, oldest first; with a single submission only." }),
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
  history?: SubmissionMove[];
  reviews?: Review[];
}

export const toSubmission = ({
  row,
  author,
  feedback,
  feedbackJobId,
  history,
  reviews,
}: SubmissionFacts): Submission => ({
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
  reviews: reviews ?? [],
  score: row.score,
  ...(history ? { history } : {}),
  createdAt: row.createdAt.toISOString(),
  decidedAt: row.decidedAt?.toISOString() ?? null,
});
