import { z } from "zod";
import { GenerationAnswer, type GenerationInput, type Proposal } from "../../platform/ai/generation.ts";
import { generationTask } from "../../platform/ai/generation-task.ts";
import { newId } from "../../platform/ids.ts";
import { answerKey, keepAnswer } from "./answers.ts";
import type { JobKind } from "./job-work.ts";
import type { StoredGeneration } from "./schema.ts";

/** What a cache keeps: an answer, and whose it is. */
export const KeptGeneration = GenerationAnswer.extend({
  provider: z.enum(["offline", "openai", "workers-ai"]),
  model: z.string(),
});
type KeptGeneration = z.infer<typeof KeptGeneration>;

export const generationJob: JobKind = {
  feature: "generate",
  template: "generate-challenges",
  async run(ctx, _jobId, work, template) {
    // Written by `requestChallenges`, in this shape.
    const input = work.input as GenerationInput;
    const { value, usage } = await ctx.ai.complete(generationTask(input, template));
    const kept: KeptGeneration = { ...value, provider: ctx.ai.name, model: ctx.ai.model };
    await keepAnswer(ctx, await answerKey(ctx, template, input), kept);
    return { result: toResult(kept), usage, messages: [] };
  },
};

/** Each proposal gets the id that its challenge will have, so that accepting it twice makes it once. */
export const toResult = ({ challenges, provider, model }: KeptGeneration): StoredGeneration => ({
  proposals: challenges.map(({ rules, ...proposal }) => ({
    ...proposal,
    rules: rulesOf(proposal.kind, rules),
    id: newId(),
  })),
  provider,
  model,
});

function rulesOf(kind: Proposal["kind"], { minWords, mustInclude, language }: Proposal["rules"]) {
  if (kind === "code") return language === null ? {} : { language };
  if (kind === "link") return {};
  return { ...(minWords === null ? {} : { minWords }), ...(mustInclude.length === 0 ? {} : { mustInclude }) };
}
