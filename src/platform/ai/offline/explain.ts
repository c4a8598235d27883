import type { ExplanationAnswer, ExplanationInput } from "../explanation.ts";
import { excerpt, fold, related, sentences, tellingWords } from "./words.ts";

const MAX_READ = 20_000;

const QUESTIONS: [level: RegExp, questions: string[]][] = [
  [
    /advanced|expert/i,
    [
      "Where does it stop being true, and what breaks first there?",
      "Which neighbouring idea is it most often confused with, and what tells the two apart?",
      "What would you measure to see whether it holds in a case of your own?",
    ],
  ],
  [
    /intermediate/i,
    [
      "What does it let you do that you could not do, or not as easily, without it?",
      "Which two things have to be there for it to work?",
      "When would you rather not use it?",
    ],
  ],
  [
    /(?:)/,
    [
      "What is it, in one sentence a friend would understand?",
      "Where did you last meet it, and what was it good for there?",
      "What would be missing without it?",
    ],
  ],
];

/** What can honestly be said without knowing the subject: what the learner's own text tells, and how to find out the rest. */
export function explainOffline(input: ExplanationInput): ExplanationAnswer {
  const found = sentencesAbout(input.concept, input.context);
  const questions = QUESTIONS.find(([level]) => level.test(input.level))?.[1] ?? [];
  const concept = `“${excerpt(input.concept, 120)}”`;
  const known =
    found.length > 0
      ? [`Your own text says this about ${concept}:`, found.map((sentence) => `> ${sentence}`).join("\n>\n")]
      : input.context.trim() === ""
        ? []
        : [`The text you gave does not mention ${concept} in these words; look for the word it uses instead.`];
  const explanation = [
    `No language model is connected here. This comes from the built-in coach: fixed rules that know no subject, so it cannot say what ${concept} means. It can help you find out.`,
    ...known,
    "Answer these in writing, in order; where you get stuck is what to look up:",
    questions.map((question, i) => `${i + 1}. ${question}`).join("\n"),
    `Then explain ${concept} aloud without looking, and compare with a source you trust. What you could not say is your next step.`,
  ].join("\n\n");
  return { explanation, examples: found.slice(0, 3) };
}

function sentencesAbout(concept: string, context: string): string[] {
  const wanted = tellingWords(concept);
  const plain = fold(concept.trim());
  return sentences(context.slice(0, MAX_READ))
    .filter(({ text, words }) => {
      if (fold(text).includes(plain)) return true;
      const has = words.map(fold);
      return wanted.length > 0 && wanted.every((word) => has.some((other) => related(word, other)));
    })
    .map(({ text }) => excerpt(text.replace(/\s+/g, " "), 400))
    .filter((text, i, all) => all.indexOf(text) === i)
    .slice(0, 5);
}
