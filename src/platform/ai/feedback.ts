import { z } from "zod";

export const FeedbackComment = z.object({
  criterion: z.string(),
  quote: z.string(),
  comment: z.string(),
  severity: z.enum(["praise", "suggestion", "issue"]),
});
export type FeedbackComment = z.infer<typeof FeedbackComment>;

/** What a provider answers. No length bounds here: strict JSON-schema modes refuse them, `verifyFeedback` cuts instead. */
export const FeedbackAnswer = z.object({
  summary: z.string(),
  comments: z.array(FeedbackComment),
  nextSteps: z.array(z.string()),
});
export type FeedbackAnswer = z.infer<typeof FeedbackAnswer>;

export const FeedbackResult = FeedbackAnswer.extend({
  provider: z.enum(["offline", "openai", "workers-ai"]),
  model: z.string(),
});
export type FeedbackResult = z.infer<typeof FeedbackResult>;

export interface Criterion {
  criterion: string;
  description: string;
  weight: number;
}

export interface FeedbackInput {
  kind: "text" | "code" | "link" | "quiz";
  /** What quotes are taken from: the text, the code, the address, or the answers as lines. */
  work: string;
  /** Programming language of `code`, when the author or the challenge names one. */
  language?: string | undefined;
  title: string;
  description: string;
  rubric: readonly Criterion[];
  rules: { minWords?: number | undefined; maxWords?: number | undefined; mustInclude?: readonly string[] | undefined };
}

const LIMITS = { comments: 12, steps: 6, quote: 600, text: 2_000 };
const WHOLE: Criterion = { criterion: "Overall", description: "How well the work answers the task", weight: 1 };

/** The rubric, or one criterion for the whole when the challenge has none. */
export const criteriaOf = (rubric: readonly Criterion[]): readonly Criterion[] =>
  rubric.length > 0 ? rubric : [WHOLE];

/** Keeps the comments that name a criterion of the rubric and quote the work, in the rubric's and the work's own spelling. */
export function verifyFeedback(
  answer: FeedbackAnswer,
  work: string,
  rubric: readonly Pick<Criterion, "criterion">[],
): { feedback: FeedbackAnswer; dropped: FeedbackComment[] } {
  const names = new Map(rubric.map(({ criterion }) => [fold(criterion), criterion]));
  const findSpan = spanFinder(work);
  const comments: FeedbackComment[] = [];
  const dropped: FeedbackComment[] = [];
  for (const comment of answer.comments) {
    const criterion = names.get(fold(comment.criterion));
    const quote = findSpan(comment.quote);
    if (criterion === undefined || quote === undefined || comment.comment.trim() === "") dropped.push(comment);
    else comments.push({ ...comment, criterion, quote, comment: cut(comment.comment.trim()) });
  }
  return {
    feedback: {
      summary: cut(answer.summary.trim()),
      comments: comments.slice(0, LIMITS.comments),
      nextSteps: answer.nextSteps
        .map((step) => cut(step.trim()))
        .filter((step) => step !== "")
        .slice(0, LIMITS.steps),
    },
    dropped,
  };
}

/** The span of the work that a quote means, forgiving only white space, typographic quotes and dashes, which models rewrite. */
function spanFinder(work: string): (quote: string) => string | undefined {
  let plain: { text: string; at: number[] } | undefined;
  return (quote) => {
    const wanted = prefix(quote.trim(), LIMITS.quote);
    if (wanted === "") return undefined;
    if (work.includes(wanted)) return wanted;
    plain ??= plainly(work);
    const key = plainly(wanted).text;
    const start = plain.text.indexOf(key);
    return start < 0 ? undefined : work.slice(plain.at[start], (plain.at[start + key.length - 1] ?? 0) + 1);
  };
}

/** The text with one spelling for what models rewrite, and where in the original each of its units stands. */
function plainly(text: string): { text: string; at: number[] } {
  const units: string[] = [];
  const at: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charAt(i);
    const plain = PLAIN.get(unit) ?? (/\s/.test(unit) ? " " : unit);
    if (plain === " " && units.at(-1) === " ") continue;
    units.push(plain);
    at.push(i);
  }
  return { text: units.join(""), at };
}

const PLAIN = new Map(
  Object.entries({
    "‘": "'",
    "’": "'",
    "‚": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "‐": "-",
    "‑": "-",
    "–": "-",
    "—": "-",
  }),
);

const fold = (name: string): string => name.normalize("NFKC").trim().replace(/\s+/g, " ").toLowerCase();

/** At most `length` UTF-16 units, never half a character. */
export const prefix = (text: string, length: number): string =>
  text.slice(0, length).replace(text.length > length ? /[\uD800-\uDBFF]$/ : /$^/, "");

const cut = (text: string): string => (text.length > LIMITS.text ? `${prefix(text, LIMITS.text - 1)}…` : text);
