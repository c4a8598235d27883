import fc from "fast-check";
import { expect, test } from "vitest";
import { Quiz } from "../../src/features/challenges/schema.ts";
import { foldAccents, foldAnswer, scoreQuiz } from "../../src/features/submissions/quiz.ts";
import { attemptsUsed, checkRules, countWords, firstStatus, movesFrom } from "../../src/features/submissions/rules.ts";

const text = (rules: Record<string, unknown>, work: string) =>
  checkRules({ kind: "text", rules }, null, { text: work }).map(({ rule, passed, actual }) => [rule, passed, actual]);

test("every rule has its own line, kept or broken", () => {
  const rules = { minWords: 3, maxWords: 4, mustInclude: ["ME  LLAMO", "Café"] };
  expect(text(rules, "Hola, me llamo Ana")).toEqual([
    ["minWords", true, 4],
    ["maxWords", true, 4],
    ["mustInclude", true, undefined],
    ["mustInclude", false, undefined],
  ]);
  expect(text({ maxWords: 2 }, "私は学生です")[0]?.[1]).toBe(false);
  expect(text({ minWords: 3 }, "ฉันชอบอ่านหนังสือ")[0]?.[1]).toBe(true);
  expect(text({ minWords: 1 }, "… — !")[0]).toEqual(["minWords", false, 0]);
  expect(text({}, "anything")).toEqual([]);
});

test("words are counted whatever stands between them", () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,8}$/u), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(words, fc.constantFrom(" ", ", ", " — ", "\n\n", "\t"), (list, between) => {
      expect(countWords(list.join(between))).toBe(list.length);
    }),
  );
});

const quizOf = (questions: unknown[]) => Quiz.parse({ questions });
const gap = (accepted: string[], ignoreAccents = false) =>
  quizOf([{ id: "g", type: "gap", prompt: "p", answer: [accepted], ignoreAccents }]);

test("gaps forgive how something is typed, not what it means", () => {
  const right = (given: string, accepted = ["cómo"], ignoreAccents = false) =>
    scoreQuiz(gap(accepted, ignoreAccents), { g: [given] }) === 100;
  expect(["CÓMO", " cómo ", "co\u0301mo", "cómo."].map((given) => right(given))).toEqual([true, true, true, true]);
  expect(["como", "cóm", ""].map((given) => right(given))).toEqual([false, false, false]);
  expect(right("como", ["cómo"], true)).toBe(true);
  expect(right("it’s  me", ["It's me"])).toBe(true);
  expect(right("ＡＢＣ", ["abc"])).toBe(true);
  expect(right("vengo", ["soy", "vengo"])).toBe(true);
  expect(right("か", ["が"])).toBe(false);
});

const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 6 });

test("the right answers score 100, none scores 0, and each question counts by its points", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(ids, fc.integer({ min: 1, max: 100 })), { minLength: 1, maxLength: 8 }), (list) => {
      const questions = list.map(([options, points], i) => ({
        id: `q${i}`,
        type: (["single", "multiple", "ordering"] as const)[i % 3],
        prompt: "p",
        points,
        options: options.map((id) => ({ id, text: "x" })),
        answer: i % 3 === 0 ? options[0] : options,
      }));
      const quiz = quizOf(questions);
      const right: Record<string, unknown> = Object.fromEntries(questions.map(({ id, answer }) => [id, answer]));
      expect(scoreQuiz(quiz, right)).toBe(100);
      expect(scoreQuiz(quiz, {})).toBe(0);
      const total = questions.reduce((sum, { points }) => sum + points, 0);
      for (const { id, points } of questions)
        expect(scoreQuiz(quiz, { [id]: right[id] })).toBe(Math.floor((100 * points) / total));
    }),
  );
});

test("multiple takes any order and no repeats; ordering takes one order", () => {
  fc.assert(
    fc.property(ids, (options) => {
      const question = { prompt: "p", options: options.map((id) => ({ id, text: "x" })), answer: options };
      const quiz = quizOf([
        { ...question, id: "m", type: "multiple" },
        { ...question, id: "o", type: "ordering" },
      ]);
      expect(scoreQuiz(quiz, { m: options.toReversed(), o: options })).toBe(100);
      expect(scoreQuiz(quiz, { m: options.map(() => options[0]), o: options.toReversed() })).toBe(0);
      expect(scoreQuiz(quiz, { m: [...options, "more"], o: options.slice(1) })).toBe(0);
    }),
  );
});

test("a score is a whole number from 0 to 100 whatever is answered, and names of an object's own are no answers", () => {
  const quiz = quizOf([
    {
      id: "constructor",
      type: "single",
      prompt: "p",
      options: ["a", "b"].map((id) => ({ id, text: id })),
      answer: "a",
    },
    { id: "g", type: "gap", prompt: "p", answer: [["a"], ["b"]] },
  ]);
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("constructor", "g", "x"), fc.jsonValue()), (answers) => {
      const score = scoreQuiz(quiz, answers);
      expect(Number.isInteger(score) && score >= 0 && score <= 100).toBe(true);
    }),
  );
  const [answered] = checkRules({ kind: "quiz", rules: {} }, quiz, { answers: { g: ["a", "b"] } });
  expect(answered).toMatchObject({ rule: "answered", passed: false, actual: 1 });
  const foreign = checkRules({ kind: "quiz", rules: {} }, quiz, { answers: { constructor: "a", g: ["a"], x: "b" } });
  expect(foreign.map(({ rule, passed }) => [rule, passed])).toEqual([
    ["answered", true],
    ["known", false],
  ]);
});

test("folding an answer again changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (answer) => {
      expect(foldAnswer(foldAnswer(answer))).toBe(foldAnswer(answer));
      expect(foldAccents(foldAccents(answer))).toBe(foldAccents(answer));
      expect(foldAnswer(answer.normalize("NFD"))).toBe(foldAnswer(answer));
    }),
    { examples: [["!\u2017"]] },
  );
});

test("on arrival: a broken rule rejects, people decide where they are asked for, a quiz decides itself", () => {
  const terms = fc.record({
    peerReviews: fc.integer({ min: 0, max: 5 }),
    requiresVerdict: fc.boolean(),
    passScore: fc.integer({ min: 0, max: 100 }),
  });
  const score = fc.option(fc.integer({ min: 0, max: 100 }));
  fc.assert(
    fc.property(terms, score, fc.array(fc.boolean()), (challenge, quizScore, kept) => {
      const validation = kept.map((passed) => ({ rule: "r", passed, message: "m" }));
      const status = firstStatus(challenge, validation, quizScore);
      const asked = challenge.peerReviews > 0 || challenge.requiresVerdict;
      const passed = quizScore === null || quizScore >= challenge.passScore;
      const judged = asked ? "in_review" : passed ? "accepted" : "needs_work";
      expect(status).toBe(kept.includes(false) ? "rejected" : judged);
    }),
  );
});

test("attempts: rejected ones and those withdrawn unseen are free; what is done stays done", () => {
  const statuses = ["submitted", "rejected", "in_review", "accepted", "needs_work", "withdrawn", "reversed"] as const;
  const work = fc.record({ status: fc.constantFrom(...statuses), reviewCount: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(work), (list) => {
      const free = list.filter((one) => one.status === "rejected" || (one.status === "withdrawn" && !one.reviewCount));
      expect(attemptsUsed(list)).toBe(list.length - free.length);
    }),
  );
  for (const final of ["rejected", "needs_work", "withdrawn", "reversed"]) expect(movesFrom(final)).toEqual([]);
  expect(movesFrom("accepted")).toEqual(["reversed"]);
});
