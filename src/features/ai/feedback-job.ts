import { z } from "zod";
import { event } from "../../events/outbox.ts";
import type { FeedbackInput, FeedbackResult } from "../../platform/ai/feedback.ts";
import { feedbackTask } from "../../platform/ai/feedback-task.ts";
import { AiError } from "../../platform/ai/provider.ts";
import type { JobKind, Work } from "./job-work.ts";

export const feedbackJob: JobKind = {
  feature: "feedback",
  template: "submission-feedback",
  async run(ctx, jobId, work, template) {
    const { submissionId, userId } = work;
    if (submissionId === null) throw new AiError("REFUSED", "The work is gone.");
    const { value, usage } = await ctx.ai.complete(feedbackTask(toInput(work), template));
    const result: FeedbackResult = { ...value, provider: ctx.ai.name, model: ctx.ai.model };
    return { result, usage, messages: [event({ type: "feedback.ready", jobId, submissionId, userId })] };
  },
};

const Rules = z.object({
  minWords: z.number().optional().catch(undefined),
  maxWords: z.number().optional().catch(undefined),
  mustInclude: z.array(z.string()).optional().catch(undefined),
  language: z.string().optional().catch(undefined),
});

function toInput(work: Work): FeedbackInput {
  const rules = Rules.parse(work.rules ?? {});
  const kind = work.kind ?? "text";
  const language = work.content?.["language"];
  return {
    kind,
    work: workText(kind, work.content ?? {}),
    language: typeof language === "string" ? language : rules.language,
    title: work.title ?? "",
    description: work.description ?? "",
    rubric: work.rubric ?? [],
    rules,
  };
}

/** The work as one text, which quotes are taken from. */
function workText(kind: FeedbackInput["kind"], content: Record<string, unknown>): string {
  if (kind === "quiz") return JSON.stringify(content["answers"] ?? {}, null, 1);
  const text = content[{ text: "text", code: "code", link: "url" }[kind]];
  return typeof text === "string" ? text : "";
}
