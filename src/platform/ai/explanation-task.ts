import { acceptExplanation, ExplanationAnswer, type ExplanationInput } from "./explanation.ts";
import { explainOffline } from "./offline/explain.ts";
import { type PromptTemplate, renderPrompt } from "./prompts.ts";
import type { StreamedTask } from "./provider.ts";

export function explanationTask(input: ExplanationInput, template: PromptTemplate): StreamedTask<ExplanationAnswer> {
  return {
    name: "explain-concept",
    schema: ExplanationAnswer,
    ...renderPrompt(template, { ...input }),
    field: "explanation",
    fromText: (text) => ({ explanation: text, examples: [] }),
    accept: acceptExplanation,
    offline: () => explainOffline(input),
  };
}
