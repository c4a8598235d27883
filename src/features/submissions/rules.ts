import type { Challenge, Quiz } from "../challenges/schema.ts";
import { own } from "./quiz.ts";
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

const fold = (text: string): string => text.normalize("NFC").toLowerCase().normalize("NFC").replaceAll(/\s+/gu, " ");

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

/** A host allows itself and what lies below it: `github.com` allows `gist.github.com`, not `notgithub.com`. */
function checkLink(url: string, hosts: readonly string[]): RuleResult[] {
  if (hosts.length === 0) return [];
  const host = URL.canParse(url) ? new URL(url).hostname.replace(/\.$/u, "") : "";
  const allowed = hosts.some((name) => host === name || host.endsWith(`.${name}`));
  return [result("hosts", allowed, `The link must lead to ${hosts.join(" or ")}.`, hosts.join(", "), host)];
}

function checkQuiz(quiz: Quiz, answers: Record<string, unknown>): RuleResult[] {
  const total = quiz.questions.length;
  const known = new Set(quiz.questions.map(({ id }) => id));
  const missing = quiz.questions.filter(({ id }) => own(answers, id) === undefined).length;
  const foreign = Object.keys(answers).filter((id) => !known.has(id)).length;
  return [
    result("answered", missing === 0, `Answer every question; ${missing} are left.`, total, total - missing),
    ...(foreign === 0 ? [] : [result("known", false, `${foreign} answers belong to no question.`, 0, foreign)]),
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

/** Attempts that count: what rules rejected and what was withdrawn before its first review does not. */
export const attemptsUsed = (earlier: readonly { status: string; reviewCount: number }[]): number =>
  earlier.filter(({ status, reviewCount }) => status !== "rejected" && (status !== "withdrawn" || reviewCount > 0))
    .length;

/** Where a submission can still go; what is rejected, withdrawn or reversed stays so. */
const MOVES: Partial<Record<string, readonly string[]>> = {
  submitted: ["in_review", "accepted", "needs_work", "withdrawn"],
  in_review: ["accepted", "needs_work", "withdrawn"],
  accepted: ["reversed"],
};

export const movesFrom = (status: string): readonly string[] => MOVES[status] ?? [];
