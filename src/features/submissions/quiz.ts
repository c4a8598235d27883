import type { Question, Quiz } from "../challenges/schema.ts";

/** Share of the points earned, 0–100, rounded down. */
export function scoreQuiz(quiz: Quiz, answers: Record<string, unknown>): number {
  const total = quiz.questions.reduce((sum, question) => sum + question.points, 0);
  const earned = quiz.questions.reduce(
    (sum, question) => sum + (isRight(question, own(answers, question.id)) ? question.points : 0),
    0,
  );
  return Math.floor((100 * earned) / total);
}

/** What was answered; a question called `constructor` has no answer that nobody gave. */
export const own = (answers: Record<string, unknown>, id: string): unknown =>
  Object.hasOwn(answers, id) ? answers[id] : undefined;

function isRight(question: Question, given: unknown): boolean {
  if (question.type === "single") return given === question.answer;
  if (!Array.isArray(given) || given.length !== question.answer.length) return false;
  const texts = given.map((value) => (typeof value === "string" ? value : ""));
  if (question.type === "ordering") return question.answer.every((id, i) => texts[i] === id);
  if (question.type === "multiple")
    return new Set(texts).size === texts.length && question.answer.every((id) => texts.includes(id));
  const fold = question.ignoreAccents ? foldAccents : foldAnswer;
  return question.answer.every((accepted, i) => accepted.some((variant) => fold(variant) === fold(texts[i] ?? "")));
}

/**
 * What typing changes and meaning does not: case, full-width forms, the shape of quotes and apostrophes, spacing, a full
 * stop at the end. Accents are meaning (`año`, `ano`), unless the question says otherwise.
 */
export const foldAnswer = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[\u2018\u2019\u02bc\u00b4\u0060]/gu, "'")
    .replaceAll(/[\u201c\u201d\u00ab\u00bb]/gu, '"')
    .replaceAll(/\s+/gu, " ")
    .replace(/[\s.!?\u3002]+$/u, "")
    .trim()
    .normalize("NFC");

/** Folded once more at the end: a mark may have stood on a space, which is now at an end. */
export const foldAccents = (text: string): string =>
  foldAnswer(foldAnswer(text).normalize("NFD").replaceAll(/\p{M}/gu, ""));
