import type { NewChallenge, Question, WholeChallenge } from "./schema.ts";

/** What a learner or a model may ask for at most, so that nobody mints XP; teachers may go to the limit of the schema. */
const POINTS_CAP = { beginner: 25, intermediate: 50, advanced: 100, expert: 200 } as const;

export const capPoints = (challenge: Pick<NewChallenge, "points" | "difficulty">, byTeacher: boolean): number =>
  byTeacher ? challenge.points : Math.min(challenge.points, POINTS_CAP[challenge.difficulty]);

export interface Fault {
  path: string;
  message: string;
}

/** What a schema cannot see: contradictory rules, answers that are no options, names given twice. */
export function faultOf(challenge: WholeChallenge): Fault | null {
  if (challenge.kind === "text") {
    const { minWords, maxWords } = challenge.rules;
    if (minWords !== undefined && maxWords !== undefined && minWords > maxWords)
      return { path: "body.rules.minWords", message: "is above maxWords" };
  }
  const names = challenge.rubric.map((entry) => entry.criterion.normalize("NFC").toLowerCase());
  if (new Set(names).size < names.length) return { path: "body.rubric", message: "names a criterion twice" };
  if (challenge.kind !== "quiz") return null;
  const { questions } = challenge.quiz;
  if (new Set(questions.map((question) => question.id)).size < questions.length)
    return { path: "body.quiz.questions", message: "uses an id twice" };
  const wrong = questions.findIndex((question) => !answersFit(question));
  return wrong === -1 ? null : { path: `body.quiz.questions[${wrong}].answer`, message: "does not fit the options" };
}

function answersFit(question: Question): boolean {
  if (question.type === "gap") return true;
  const ids = new Set(question.options.map((option) => option.id));
  const answer = typeof question.answer === "string" ? [question.answer] : question.answer;
  const complete = question.type !== "ordering" || answer.length === ids.size;
  return (
    ids.size === question.options.length &&
    new Set(answer).size === answer.length &&
    complete &&
    answer.every((id) => ids.has(id))
  );
}

/** Points after a change: capped anew for whoever sets them or the difficulty, and otherwise left as they are. */
export function pointsAfter(
  before: Pick<NewChallenge, "points" | "difficulty">,
  after: Pick<NewChallenge, "points" | "difficulty">,
  byTeacher: boolean,
): number {
  const same = before.points === after.points && before.difficulty === after.difficulty;
  return same ? before.points : capPoints(after, byTeacher);
}
