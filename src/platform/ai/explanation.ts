import { z } from "zod";
import { prefix } from "./feedback.ts";
import type { Verdict } from "./provider.ts";

export interface ExplanationInput {
  concept: string;
  /** Where the learner met the concept; empty when they did not say. */
  context: string;
  level: string;
  language: string;
}

/** `explanation` comes first: it is told while it is written. */
export const ExplanationAnswer = z.object({ explanation: z.string(), examples: z.array(z.string()) });
export type ExplanationAnswer = z.infer<typeof ExplanationAnswer>;

const LIMITS = { explanation: 12_000, example: 2_000, examples: 6 };

/** Never empty, and of a bearable length. */
export function acceptExplanation(answer: ExplanationAnswer): Verdict<ExplanationAnswer> {
  const explanation = prefix(answer.explanation.trim(), LIMITS.explanation).toWellFormed();
  if (explanation === "") return { ok: false, problems: ["explanation: must not be empty"] };
  const examples = answer.examples
    .map((example) => prefix(example.trim(), LIMITS.example).toWellFormed())
    .filter((example) => example !== "")
    .slice(0, LIMITS.examples);
  return { ok: true, value: { explanation, examples } };
}
