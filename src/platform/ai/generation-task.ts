import { acceptProposals, GenerationAnswer, type GenerationInput } from "./generation.ts";
import { proposeOffline } from "./offline/propose.ts";
import { type PromptTemplate, renderPrompt } from "./prompts.ts";
import type { AiTask } from "./provider.ts";

export function generationTask(input: GenerationInput, template: PromptTemplate): AiTask<GenerationAnswer> {
  const { goal, milestones, existing } = input;
  const prompt = renderPrompt(template, {
    goal: `${goal.title} (${goal.category})\n${goal.description}`,
    milestones: milestones.map(({ title, done }) => `- ${title}${done ? " (done)" : ""}`).join("\n"),
    existing: existing.map((title) => `- ${title}`).join("\n"),
    count: String(input.count),
    difficulty: input.difficulty ?? "rising",
    topic: input.topic,
    language: input.language,
  });
  return {
    name: "generate-challenges",
    schema: GenerationAnswer,
    ...prompt,
    accept: (answer) => acceptProposals(answer, input),
    offline: () => proposeOffline(input),
  };
}
