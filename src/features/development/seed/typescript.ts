import type { SeedGoal } from "./circle.ts";

const CODE_RUBRIC = [
  { criterion: "Correctness", description: "It does what was asked, at the borders too", weight: 3 },
  { criterion: "Types", description: "No `any`, and no cast that the compiler could spare", weight: 2 },
  { criterion: "Clarity", description: "A colleague understands it at first reading" },
];

const READING_TYPES = {
  questions: [
    {
      id: "unknown",
      type: "single",
      prompt: "What may you do with a value of type `unknown`?",
      options: [
        { id: "a", text: "Call any method of it" },
        { id: "b", text: "Nothing before you have narrowed it" },
        { id: "c", text: "Assign it to a `string`" },
      ],
      answer: "b",
    },
    {
      id: "narrow",
      type: "multiple",
      prompt: "Which of these narrow a union?",
      options: [
        { id: "a", text: "typeof x === 'string'" },
        { id: "b", text: "'kind' in x" },
        { id: "c", text: "x as string" },
        { id: "d", text: "x instanceof Date" },
      ],
      answer: ["a", "b", "d"],
    },
    {
      id: "keys",
      type: "gap",
      prompt: "`___ Point` is the union of the names of its properties.",
      answer: [["keyof"]],
    },
    {
      id: "widths",
      type: "ordering",
      prompt: "From the narrowest type to the widest.",
      options: [
        { id: "string", text: "string" },
        { id: "literal", text: "'on'" },
        { id: "unknown", text: "unknown" },
        { id: "never", text: "never" },
      ],
      answer: ["never", "literal", "string", "unknown"],
    },
  ],
};

export const TYPESCRIPT: SeedGoal = {
  key: "typescript",
  owner: "chidi",
  daysAgo: 28,
  goal: {
    title: "Write TypeScript that the compiler helps with",
    description:
      "From untyped scripts to types that make mistakes impossible: unions and narrowing, generics, and reading an error from its last line.",
    category: "programming",
    tags: ["typescript", "types"],
    visibility: "public",
    milestones: [
      { title: "Turn strict on in one project" },
      { title: "Model a state with a union", weight: 2 },
      { title: "Write a generic function that infers", weight: 3 },
    ],
  },
  members: ["ana", "ben", "diego", "goran", "ines", "kirsi", "thea"],
  challenges: [
    {
      key: "typescript/narrow",
      by: "thea",
      milestone: 1,
      dueInDays: 7,
      fields: {
        title: "Narrow a result",
        description:
          "Write `valueOr(result, fallback)` for `{ ok: true, value } | { ok: false, error }`. It returns the value, or the fallback.",
        kind: "code",
        difficulty: "intermediate",
        points: 40,
        rules: { language: "typescript", maxBytes: 4000 },
        rubric: CODE_RUBRIC,
        peerReviews: 2,
      },
    },
    {
      key: "typescript/types",
      by: "thea",
      fields: {
        title: "Reading types",
        description: "What the compiler knows, and from when on.",
        kind: "quiz",
        points: 30,
        passScore: 70,
        quiz: READING_TYPES,
        rubric: [{ criterion: "Types", description: "Top, bottom, unions and what narrows them" }],
      },
    },
    {
      key: "typescript/generic",
      by: "thea",
      milestone: 2,
      fields: {
        title: "Group by",
        description: "Write `groupBy(items, keyOf)` so that callers never name a type argument. Thea reads it.",
        kind: "code",
        difficulty: "advanced",
        points: 90,
        rules: { language: "typescript", maxBytes: 4000 },
        rubric: CODE_RUBRIC,
        requiresVerdict: true,
      },
    },
    {
      key: "typescript/explain",
      by: "chidi",
      milestone: 0,
      dueInDays: 9,
      fields: {
        title: "Explain `strict` to a colleague",
        description: "Which flag of `strict` found a mistake in your code, and which mistake?",
        kind: "text",
        points: 20,
        rules: { minWords: 20, mustInclude: ["strict"] },
        rubric: [{ criterion: "Clarity", description: "A colleague could do it after reading" }],
      },
    },
  ],
};
