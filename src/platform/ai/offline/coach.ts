import type { FeedbackAnswer, FeedbackInput } from "../feedback.ts";
import { readCode } from "./code.ts";
import { criterionFor, toAnswer } from "./notes.ts";
import { readText } from "./text.ts";
import { excerpt } from "./words.ts";

/** UTF-16 units; beyond it the coach has seen enough, and time is bounded. */
const MAX_READ = 60_000;

/** The built-in coach: deterministic, for work in any language; every quote stands in the work. `rubric` must not be empty. */
export function coach(input: FeedbackInput): FeedbackAnswer {
  const read = { ...input, work: input.work.slice(0, MAX_READ) };
  if (input.kind === "link") return aboutLink(read);
  if (input.kind === "quiz") return aboutQuiz();
  const { opening, notes } = input.kind === "code" ? readCode(read) : readText(read);
  return toAnswer(opening, notes);
}

function aboutLink(input: FeedbackInput): FeedbackAnswer {
  const plain = /^http:\/\//i.test(input.work.trim());
  return toAnswer("The work is behind a link, which the coach does not open.", [
    {
      criterion: criterionFor("completeness", input.rubric),
      quote: excerpt(input.work),
      comment: plain
        ? "The address is not encrypted (http). Most hosts offer https, and some readers' browsers will warn them."
        : "Open this in a private window, where you are not signed in: what you see is what your reviewers will see.",
      severity: "suggestion",
      step: "Check that the link opens for somebody who is not you, and begins with what the rubric asks for.",
    },
  ]);
}

function aboutQuiz(): FeedbackAnswer {
  return {
    summary:
      "A quiz is scored at once, and the score says more than the built-in coach could: it does not know the subject.",
    comments: [],
    nextSteps: [
      "Take the question you were least sure of, and explain its answer in one sentence of your own.",
      "Come back to it tomorrow: what you can say without looking, you know.",
    ],
  };
}
