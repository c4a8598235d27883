import type { Criterion, FeedbackAnswer, FeedbackComment } from "../feedback.ts";

/** One observation of the coach. `step` is what to do about it, as an order to oneself. */
export interface Note extends FeedbackComment {
  step?: string;
}

type Topic = "content" | "language" | "structure" | "completeness" | "quality";

const TOPIC_WORDS: Record<Topic, RegExp> = {
  content: /content|argument|idea|depth|understand|correct|accura|answer/i,
  language: /clar|language|style|writing|readab|grammar|express|tone|word/i,
  structure: /struct|organi[sz]|clar|flow|order|coheren|readab/i,
  completeness: /complet|cover|scope|requirement|task|content|depth/i,
  quality: /quality|readab|clean|style|maintain|clar|structure|design/i,
};

/** The criterion an observation belongs to: one that speaks of its topic, else the weightiest. */
export function criterionFor(topic: Topic, rubric: readonly Criterion[]): string {
  const pattern = TOPIC_WORDS[topic];
  const named =
    rubric.find((one) => pattern.test(one.criterion)) ?? rubric.find((one) => pattern.test(one.description));
  return (named ?? [...rubric].sort((a, b) => b.weight - a.weight)[0])?.criterion ?? "";
}

const RANK = { issue: 0, suggestion: 1, praise: 2 } as const;

/** Puts the notes into one answer: the most pressing first, one good thing always kept, nothing said twice. */
export function toAnswer(opening: string, notes: readonly Note[]): FeedbackAnswer {
  const ordered = notes.filter((note) => note.quote !== "").sort((a, b) => RANK[a.severity] - RANK[b.severity]);
  const praise = ordered.filter((note) => note.severity === "praise").slice(0, 3);
  const toDo = ordered.filter((note) => note.severity !== "praise").slice(0, 9 - praise.length);
  const steps = [...new Set(toDo.flatMap((note) => note.step ?? []))].slice(0, 3);
  return {
    summary: `${opening} These notes come from the built-in coach: fixed rules that look at form and wording, not a reader who understands the content.`,
    comments: [...praise, ...toDo].map(({ criterion, quote, comment, severity }) => ({
      criterion,
      quote,
      comment,
      severity,
    })),
    nextSteps:
      steps.length > 0
        ? steps
        : ["Read the work once aloud, as if you met it for the first time, and mark the place where you would stop."],
  };
}

export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
