import type { Challenge, Question, Quiz } from "../challenges/schema.ts";
import type { RuleResult } from "./schema.ts";

export type Content =
  | { text: string }
  | { code: string; language?: string | undefined }
  | { url: string }
  | { answers: Record<string, unknown> };

const segmenter = new Intl.Segmenter("und", { granularity: "word" });

/** Words as Unicode sees them, so that Japanese and Thai, which have no spaces, count too. */
export function countWords(text: string): number {
  let count = 0;
  for (const segment of segmenter.segment(text)) if (segment.isWordLike) count += 1;
  return count;
}

const fold = (text: string): string => text.normalize("NFC").toLocaleLowerCase("und");

const result = (
  rule: string,
  passed: boolean,
  message: string,
  expected?: string | number,
  actual?: string | number,
): RuleResult => ({
  rule,
  passed,
  message,
  ...(expected === undefined ? {} : { expected }),
  ...(actual === undefined ? {} : { actual }),
});

interface TextRules {
  minWords?: number | undefined;
  maxWords?: number | undefined;
  mustInclude?: string[] | undefined;
}

function checkText(text: string, rules: TextRules): RuleResult[] {
  const words = countWords(text);
  const { minWords, maxWords, mustInclude = [] } = rules;
  return [
    ...(minWords === undefined
      ? []
      : [
          result(
            "minWords",
            words >= minWords,
            `Write at least ${minWords} words; you have ${words}.`,
            minWords,
            words,
          ),
        ]),
    ...(maxWords === undefined
      ? []
      : [
          result("maxWords", words <= maxWords, `Write at most ${maxWords} words; you have ${words}.`, maxWords, words),
        ]),
    ...mustInclude.map((phrase) =>
      result("mustInclude", fold(text).includes(fold(phrase)), `Use “${phrase}”.`, phrase),
    ),
  ];
}

interface CodeRules {
  language?: string | undefined;
  maxBytes?: number | undefined;
}

function checkCode(content: { code: string; language?: string | undefined }, rules: CodeRules): RuleResult[] {
  const bytes = new TextEncoder().encode(content.code).length;
  const { language, maxBytes } = rules;
  const said = content.language ?? language ?? "";
  return [
    ...(maxBytes === undefined
      ? []
      : [result("maxBytes", bytes <= maxBytes, `At most ${maxBytes} bytes; yours is ${bytes}.`, maxBytes, bytes)]),
    ...(language === undefined
      ? []
      : [result("language", fold(said) === fold(language), `Write it in ${language}.`, language, said)]),
  ];
}

function checkLink(url: string, hosts: readonly string[]): RuleResult[] {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  if (hosts.length === 0) return [];
  const allowed = hosts.some((name) => host === name || host.endsWith(`.${name}`));
  return [result("hosts", allowed, `The link must lead to ${hosts.join(" or ")}.`, hosts.join(", "), host)];
}

function checkQuiz(quiz: Quiz, answers: Record<string, unknown>): RuleResult[] {
  const missing = quiz.questions.filter((question) => answers[question.id] === undefined).length;
  return [
    result(
      "answered",
      missing === 0,
      `Answer every question; ${missing} are left.`,
      quiz.questions.length,
      quiz.questions.length - missing,
    ),
  ];
}

/** Every rule of the challenge with whether the work keeps it. */
export function checkRules(
  challenge: Pick<Challenge, "kind" | "rules">,
  quiz: Quiz | null,
  content: Content,
): RuleResult[] {
  if ("text" in content) return checkText(content.text, challenge.rules);
  if ("code" in content) return checkCode(content, challenge.rules);
  if ("url" in content) return checkLink(content.url, (challenge.rules["hosts"] as string[] | undefined) ?? []);
  return quiz ? checkQuiz(quiz, content.answers) : [];
}

/** Share of the points earned, 0–100, rounded down. */
export function scoreQuiz(quiz: Quiz, answers: Record<string, unknown>): number {
  const total = quiz.questions.reduce((sum, question) => sum + question.points, 0);
  const earned = quiz.questions.reduce(
    (sum, question) => sum + (isRight(question, answers[question.id]) ? question.points : 0),
    0,
  );
  return Math.floor((100 * earned) / total);
}

function isRight(question: Question, given: unknown): boolean {
  if (question.type === "single") return given === question.answer;
  if (!Array.isArray(given)) return false;
  const texts = given.map((value) => (typeof value === "string" ? value : ""));
  if (texts.length !== question.answer.length) return false;
  if (question.type === "ordering") return question.answer.every((id, i) => texts[i] === id);
  if (question.type === "multiple")
    return new Set(texts).size === texts.length && question.answer.every((id) => texts.includes(id));
  return question.answer.every((accepted, i) => accepted.some((variant) => sameText(variant, texts[i] ?? "")));
}

const sameText = (a: string, b: string): boolean => fold(a).trim() === fold(b).trim();

export type FirstStatus = "rejected" | "accepted" | "needs_work" | "in_review";

/** What becomes of work on arrival: broken rules reject it, reviews or a teacher decide where they are asked for, a quiz decides itself. */
export function firstStatus(
  challenge: Pick<Challenge, "peerReviews" | "requiresVerdict" | "passScore">,
  validation: readonly RuleResult[],
  quizScore: number | null,
): FirstStatus {
  if (validation.some((rule) => !rule.passed)) return "rejected";
  if (challenge.peerReviews > 0 || challenge.requiresVerdict) return "in_review";
  return quizScore === null || quizScore >= challenge.passScore ? "accepted" : "needs_work";
}

/** Attempts that count: what rules rejected and what was withdrawn in time does not. */
export const attemptsUsed = (earlier: readonly { status: string }[]): number =>
  earlier.filter(({ status }) => status !== "rejected" && status !== "withdrawn").length;
