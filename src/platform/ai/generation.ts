import { z } from "zod";
import { prefix } from "./feedback.ts";
import type { Verdict } from "./provider.ts";

const DIFFICULTIES = ["beginner", "intermediate", "advanced", "expert"] as const;
export type Difficulty = (typeof DIFFICULTIES)[number];

/** What a model or a learner may give at most, by difficulty. */
export const MAX_POINTS: Record<Difficulty, number> = { beginner: 25, intermediate: 50, advanced: 100, expert: 200 };

/** Everything that proposals are made from, as it was when they were asked for. */
export interface GenerationInput {
  goal: { title: string; description: string; category: string };
  milestones: { title: string; done: boolean }[];
  /** Titles of challenges that the goal has already. */
  existing: string[];
  count: number;
  difficulty: Difficulty | null;
  topic: string;
  language: string;
}

/** What a provider answers; faults in the details are mended rather than refused. No bounds: strict modes refuse them. */
export const Proposal = z.object({
  title: z.string(),
  description: z.string(),
  kind: z.enum(["text", "code", "link"]),
  difficulty: z.enum(DIFFICULTIES),
  points: z.number(),
  /** The title of the milestone it serves. */
  milestone: z.string().nullable().default(null),
  rubric: z
    .array(z.object({ criterion: z.string(), description: z.string().default(""), weight: z.number().default(1) }))
    .default([]),
  rules: z
    .object({
      minWords: z.number().nullable().default(null),
      mustInclude: z.array(z.string()).default([]),
      language: z.string().nullable().default(null),
    })
    .default({ minWords: null, mustInclude: [], language: null }),
});
export type Proposal = z.infer<typeof Proposal>;

export const GenerationAnswer = z.object({ challenges: z.array(Proposal) });
export type GenerationAnswer = z.infer<typeof GenerationAnswer>;

/** Keeps new, named proposals within every bound of a challenge; at most as many as were asked for. */
export function acceptProposals(answer: GenerationAnswer, input: GenerationInput): Verdict<GenerationAnswer> {
  const taken = new Set(input.existing.map(fold));
  const challenges: Proposal[] = [];
  for (const proposal of answer.challenges.map((one) => mended(one, input))) {
    if (proposal.title === "" || taken.has(fold(proposal.title)) || challenges.length >= input.count) continue;
    taken.add(fold(proposal.title));
    challenges.push(proposal);
  }
  if (challenges.length > 0) return { ok: true, value: { challenges } };
  return { ok: false, problems: ["challenges: needs at least one with a title that is not there already"] };
}

function mended(one: Proposal, input: GenerationInput): Proposal {
  const difficulty = input.difficulty ?? one.difficulty;
  const milestone = input.milestones.find(({ title }) => one.milestone !== null && fold(title) === fold(one.milestone));
  return {
    title: cut(one.title.replace(/\s+/g, " "), 120),
    description: cut(one.description, 8_000),
    kind: one.kind,
    difficulty,
    points: within(one.points, 1, MAX_POINTS[difficulty]),
    milestone: milestone?.title ?? null,
    rubric: mendedRubric(one.rubric),
    rules: {
      minWords: one.kind === "text" && one.rules.minWords !== null ? within(one.rules.minWords, 0, 2_000) : null,
      mustInclude: one.kind === "text" ? one.rules.mustInclude.flatMap((term) => cut(term, 80) || []).slice(0, 10) : [],
      language: one.kind === "code" && one.rules.language !== null ? cut(one.rules.language, 40) || null : null,
    },
  };
}

function mendedRubric(rubric: Proposal["rubric"]): Proposal["rubric"] {
  const byName = new Map(
    rubric.flatMap(({ criterion, description, weight }) => {
      const name = cut(criterion, 80);
      const entry = { criterion: name, description: cut(description, 500), weight: within(weight, 1, 100) };
      return name === "" ? [] : [[name.toLowerCase(), entry] as const];
    }),
  );
  return [...byName.values()].slice(0, 10);
}

const within = (value: number, low: number, high: number): number =>
  Number.isFinite(value) ? Math.min(high, Math.max(low, Math.round(value))) : low;
const cut = (text: string, max: number): string =>
  prefix(text.toWellFormed().replaceAll("\u0000", "").normalize("NFC").trim(), max).trim();
const fold = (title: string): string => title.normalize("NFKC").trim().replace(/\s+/g, " ").toLowerCase();
