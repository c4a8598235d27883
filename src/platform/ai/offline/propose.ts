import {
  type Difficulty,
  type GenerationAnswer,
  type GenerationInput,
  MAX_POINTS,
  type Proposal,
} from "../generation.ts";
import { CODE_FORMS, type Form, TEXT_FORMS } from "./forms.ts";
import { excerpt } from "./words.ts";

const RISING: readonly Difficulty[] = ["beginner", "intermediate", "advanced", "expert"];
const MIN_WORDS: Record<Difficulty, number> = { beginner: 60, intermediate: 120, advanced: 200, expert: 300 };
const CODING =
  /\b(program\w*|cod(e|ing)|software|developer|typescript|javascript|python|rust|java|golang|sql|html|css|react|algorithm\w*|api)\b/i;
const LANGUAGES: [name: string, pattern: RegExp][] = [
  ["typescript", /\btypescript\b/i],
  ["javascript", /\b(javascript|react)\b/i],
  ["python", /\bpython\b/i],
  ["rust", /\brust\b/i],
  ["java", /\bjava\b/i],
  ["go", /\bgolang\b/i],
  ["sql", /\bsql\b/i],
];

/** Challenges by fixed forms: the open milestones in turn, from easy to hard; the same goal gives the same ones. */
export function proposeOffline(input: GenerationInput): GenerationAnswer {
  const about = `${input.goal.title} ${input.goal.category} ${input.topic}`;
  const forms = CODING.test(about) ? alternately(CODE_FORMS, TEXT_FORMS) : TEXT_FORMS;
  const open = input.milestones.filter(({ done }) => !done);
  const taken = new Set(input.existing.map((title) => title.toLowerCase()));
  const challenges: Proposal[] = [];
  // Each subject meets each form once: after that there is nothing new to say.
  const subjects = Math.max(1, open.length);
  for (let i = 0; challenges.length < input.count && i < forms.length * subjects; i += 1) {
    const form = forms[(i + Math.floor(i / forms.length)) % forms.length];
    const milestone = open[i % subjects]?.title ?? null;
    if (form === undefined) break;
    const difficulty = input.difficulty ?? rising(challenges.length, input.count);
    const proposal = fill(form, { about, difficulty, milestone, subject: subjectOf(input, milestone) });
    if (taken.has(proposal.title.toLowerCase())) continue;
    taken.add(proposal.title.toLowerCase());
    challenges.push(proposal);
  }
  return { challenges };
}

interface Filling {
  about: string;
  difficulty: Difficulty;
  milestone: string | null;
  subject: string;
}

function fill(form: Form, { about, difficulty, milestone, subject }: Filling): Proposal {
  const minWords = form.kind === "text" ? MIN_WORDS[difficulty] : null;
  return {
    title: excerpt(form.title.replace("{}", excerpt(subject, 70)), 120),
    description: [
      form.task.replaceAll("{}", subject),
      `**Hand in:** ${form.handIn}${minWords === null ? "" : ` At least ${minWords} words.`}`,
      form.harder !== undefined && RISING.indexOf(difficulty) >= 2 ? `**One step further:** ${form.harder}` : "",
    ]
      .filter((part) => part !== "")
      .join("\n\n"),
    kind: form.kind,
    difficulty,
    points: Math.round(MAX_POINTS[difficulty] * form.effort),
    milestone,
    rubric: form.rubric.map(([criterion, description, weight]) => ({ criterion, description, weight })),
    rules: {
      minWords,
      mustInclude: [],
      language: form.kind === "code" ? (LANGUAGES.find(([, pattern]) => pattern.test(about))?.[0] ?? null) : null,
    },
  };
}

const subjectOf = ({ goal, topic }: GenerationInput, milestone: string | null): string => {
  if (topic !== "") return milestone === null ? topic : `${topic} (${milestone})`;
  return milestone ?? goal.title;
};

/** From the first to the last of `count`, evenly up to advanced; an expert asks for it. */
const rising = (i: number, count: number): Difficulty =>
  RISING[Math.min(2, Math.floor((i * 3) / Math.max(count, 3)))] ?? "beginner";

const alternately = (a: readonly Form[], b: readonly Form[]): Form[] =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, i) => [a[i], b[i]])
    .flat()
    .filter((form) => form !== undefined);
