import { z } from "@hono/zod-openapi";
import type { challenges } from "../../db/schema/challenges.ts";
import { CHALLENGE_KINDS, DIFFICULTIES } from "../../db/schema/challenges.ts";
import { Id } from "../../platform/ids.ts";
import { Instant } from "../../platform/moments.ts";
import { maybe, orElse } from "../../platform/optional.ts";
import { Text } from "../../platform/text.ts";
import { asLearnersSee } from "./learner-view.ts";

export const Criterion = z
  .object({ criterion: Text(1, 80), description: Text(0, 500).default(""), weight: z.int().min(1).max(100).default(1) })
  .openapi("Criterion");

export const TextRules = z
  .object({
    minWords: z.int().min(0).max(20_000),
    maxWords: z.int().min(1).max(20_000),
    mustInclude: z.array(Text(1, 80)).max(50),
  })
  .partial()
  .openapi("TextRules");
export const CodeRules = z
  .object({ language: Text(1, 40), maxBytes: z.int().min(1).max(100_000) })
  .partial()
  .openapi("CodeRules");
export const LinkRules = z
  .object({
    hosts: z
      .array(
        z
          .string()
          .regex(/^[a-z0-9.-]+$/u, { error: "a host name" })
          .max(253),
      )
      .max(20),
  })
  .partial()
  .openapi("LinkRules");

const Option = z.object({ id: z.string().min(1).max(40), text: Text(1, 500) });
const common = { id: z.string().min(1).max(40), prompt: Text(1, 2000), points: z.int().min(1).max(100).default(1) };
const options = z.array(Option).min(2).max(20);

/** Each type with the shape of its answer: an option, options, options in order, accepted strings per gap. */
export const Question = z
  .discriminatedUnion("type", [
    z.object({ ...common, type: z.literal("single"), options, answer: z.string() }),
    z.object({ ...common, type: z.literal("multiple"), options, answer: z.array(z.string()).min(1) }),
    z.object({ ...common, type: z.literal("ordering"), options, answer: z.array(z.string()).min(2) }),
    z.object({
      ...common,
      type: z.literal("gap"),
      answer: z
        .array(z.array(Text(1, 200)).min(1).max(20))
        .min(1)
        .max(20),
      ignoreAccents: z
        .boolean()
        .default(false)
        .openapi({ description: "Whether `como` is as good as `cómo`; upper case and spacing never matter." }),
    }),
  ])
  .openapi("Question");
export type Question = z.output<typeof Question>;

export const Quiz = z.object({ questions: z.array(Question).min(1).max(100) }).openapi("Quiz");
export type Quiz = z.output<typeof Quiz>;

const fields = {
  milestoneId: Id.nullable(),
  title: Text(1, 120),
  description: Text(0, 10_000).openapi({ description: "Markdown." }),
  difficulty: z.enum(DIFFICULTIES),
  points: z.int().min(1).max(500),
  rubric: z.array(Criterion).max(10),
  peerReviews: z.int().min(0).max(5),
  requiresVerdict: z.boolean(),
  passScore: z.int().min(0).max(100),
  maxAttempts: z.int().min(1).max(100),
  dueAt: Instant.nullable(),
};

const whole = {
  milestoneId: fields.milestoneId.default(null),
  title: fields.title,
  description: orElse(fields.description, ""),
  difficulty: fields.difficulty.default("beginner"),
  points: fields.points.default(10),
  rubric: orElse(fields.rubric, []),
  peerReviews: fields.peerReviews.default(0),
  requiresVerdict: fields.requiresVerdict.default(false),
  passScore: fields.passScore.default(60),
  maxAttempts: fields.maxAttempts.default(3),
  dueAt: fields.dueAt.default(null),
};

const byKind = <T extends z.ZodRawShape>(shape: T) =>
  z.discriminatedUnion("kind", [
    z.object({ ...shape, kind: z.literal("text"), rules: orElse(TextRules, {}) }),
    z.object({ ...shape, kind: z.literal("code"), rules: orElse(CodeRules, {}) }),
    z.object({ ...shape, kind: z.literal("link"), rules: orElse(LinkRules, {}) }),
    z.object({ ...shape, kind: z.literal("quiz"), rules: orElse(z.object({}), {}), quiz: Quiz }),
  ]);

/** Every field of a challenge that may be written: what a PUT replaces. Its goal stays. */
export const WholeChallenge = byKind(whole).openapi("WholeChallenge", {
  example: { title: "Introduce yourself", kind: "text", points: 20, rules: { minWords: 5 } },
});
export type WholeChallenge = z.output<typeof WholeChallenge>;

/** The fields as they came; together with those that stay they have to make a `WholeChallenge`. */
export const ChallengePatch = z
  .object({
    ...fields,
    kind: z.enum(CHALLENGE_KINDS),
    rules: z.record(z.string(), z.unknown()),
    quiz: maybe(Quiz),
    archived: z.boolean().openapi({ description: "Archived challenges take no work and do not count as progress." }),
  })
  .partial()
  .openapi("ChallengePatch", { example: { dueAt: "2027-03-01T18:00:00Z" } });
export type ChallengePatch = z.output<typeof ChallengePatch>;

export const NewChallenge = byKind({ goalId: Id, ...whole }).openapi("NewChallenge", {
  example: {
    goalId: "0199aa11-2233-7444-8555-66778899aabb",
    title: "Introduce yourself",
    kind: "text",
    points: 20,
    rules: { minWords: 5, mustInclude: ["me llamo"] },
    rubric: [{ criterion: "Grammar", description: "Verbs agree with their subject", weight: 2 }],
  },
});
export type NewChallenge = z.output<typeof NewChallenge>;

export const Challenge = z
  .object({
    id: Id,
    goalId: Id,
    milestoneId: Id.nullable().openapi({ example: null }),
    title: z.string().openapi({ example: "Introduce yourself" }),
    description: z.string().openapi({ example: "Who you are and why you learn, in five sentences." }),
    kind: z.enum(CHALLENGE_KINDS),
    difficulty: z.enum(DIFFICULTIES),
    points: z.int().openapi({ example: 20 }),
    rubric: z.array(z.object({ criterion: z.string(), description: z.string(), weight: z.int() })).openapi({
      example: [{ criterion: "Grammar", description: "Few mistakes, none that hide the meaning.", weight: 3 }],
    }),
    rules: z.record(z.string(), z.unknown()).openapi({ example: { minWords: 40 } }),
    quiz: z
      .object({ questions: z.array(z.looseObject({ id: z.string(), type: z.string(), prompt: z.string() })) })
      .nullable()
      .openapi({
        example: null,
        description:
          "`answer` is there for those who may write the challenge only. Learners get `gaps`, how many to fill, and the options of an ordering in no telling order.",
      }),
    peerReviews: z.int().openapi({ example: 2 }),
    requiresVerdict: z.boolean(),
    passScore: z.int().openapi({ example: 60 }),
    maxAttempts: z.int().openapi({ example: 3 }),
    dueAt: z.iso.datetime().nullable().openapi({ example: null }),
    source: z.enum(["manual", "ai"]),
    archivedAt: z.iso.datetime().nullable().openapi({ example: null }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi("Challenge");
export type Challenge = z.infer<typeof Challenge>;

export const ChallengeFilters = z.object({
  goalId: Id,
  milestoneId: Id.optional(),
  kind: z.enum(CHALLENGE_KINDS).optional(),
  difficulty: z.enum(DIFFICULTIES).optional(),
  archived: z
    .enum(["true", "false"])
    .default("false")
    .transform((value) => value === "true")
    .openapi({ type: "boolean", default: false }),
});
export type ChallengeFilters = z.output<typeof ChallengeFilters>;

export type ChallengeRow = typeof challenges.$inferSelect;

/** The challenge as `writer` or as a learner, who never gets a quiz's answers. */
export const toChallenge = (row: ChallengeRow, reader: "writer" | "learner"): Challenge => ({
  id: row.id,
  goalId: row.goalId,
  milestoneId: row.milestoneId,
  title: row.title,
  description: row.description,
  kind: row.kind,
  difficulty: row.difficulty,
  points: row.points,
  rubric: row.rubric,
  rules: row.rules,
  quiz: quizFor(row, reader),
  peerReviews: row.peerReviews,
  requiresVerdict: row.requiresVerdict,
  passScore: row.passScore,
  maxAttempts: row.maxAttempts,
  dueAt: row.dueAt?.toISOString() ?? null,
  source: row.source,
  archivedAt: row.archivedAt?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});

function quizFor(row: ChallengeRow, reader: "writer" | "learner"): Challenge["quiz"] {
  if (row.quiz === null) return null;
  // Written by this schema and read by no other.
  const { questions } = row.quiz as Quiz;
  return { questions: reader === "writer" ? questions : questions.map((question) => asLearnersSee(question)) };
}
