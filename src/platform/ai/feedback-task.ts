import { criteriaOf, FeedbackAnswer, type FeedbackInput, prefix, verifyFeedback } from "./feedback.ts";
import { coach } from "./offline/coach.ts";
import { type PromptTemplate, renderPrompt } from "./prompts.ts";
import type { AiTask } from "./provider.ts";
import { DEFAULT_TEMPLATES } from "./templates.ts";

/** UTF-16 units of the work that a model gets to read; quotes are checked against all of it. */
const MAX_PROMPT_WORK = 24_000;

export function feedbackTask(
  input: FeedbackInput,
  template: PromptTemplate = DEFAULT_TEMPLATES["submission-feedback"],
): AiTask<FeedbackAnswer> {
  const rubric = criteriaOf(input.rubric);
  const prompt = renderPrompt(template, {
    title: input.title,
    description: input.description,
    rubric: rubric.map((one) => `- ${one.criterion} (weight ${one.weight}): ${one.description}`).join("\n"),
    kind: input.language ? `${input.kind}, ${input.language}` : input.kind,
    work: prefix(input.work, MAX_PROMPT_WORK).toWellFormed(),
  });
  return {
    name: "submission-feedback",
    schema: FeedbackAnswer,
    ...prompt,
    accept: (answer) => {
      const { feedback, dropped } = verifyFeedback(answer, input.work, rubric);
      if (feedback.comments.length > 0 || dropped.length === 0) return { ok: true, value: feedback };
      return {
        ok: false,
        problems: ["No comment both names a criterion of the rubric and quotes the work character for character."],
      };
    },
    offline: () => coach({ ...input, rubric }),
  };
}
