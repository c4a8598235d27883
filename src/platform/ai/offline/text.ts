import type { Criterion, FeedbackInput } from "../feedback.ts";
import { count, criterionFor, type Note } from "./notes.ts";
import { nearMiss } from "./spelling.ts";
import { excerpt, fold, isTelling, paragraphs, related, sentences, type Span, tellingWords } from "./words.ts";

const LONG_SENTENCE = 35;
const LONG_PARAGRAPH = 180;

export interface TextReading {
  opening: string;
  notes: Note[];
}

export function readText(input: FeedbackInput): TextReading {
  const spans = sentences(input.work);
  const total = spans.reduce((sum, span) => sum + span.words.length, 0);
  const first = spans[0];
  if (first === undefined) return { opening: "There is nothing to read here yet.", notes: [] };
  const parts = paragraphs(input.work).length;
  return {
    opening: `${count(total, "word")} in ${count(spans.length, "sentence")} and ${count(parts, "paragraph")}, about ${Math.round(total / spans.length)} words a sentence.`,
    notes: [
      ...length(input, total, spans),
      ...mustInclude(input, first, spans),
      ...leftovers(input),
      ...rubricCoverage(input.rubric, spans),
      ...readability(input, spans),
      ...repetition(input, spans),
      ...structure(input),
    ],
  };
}

/** When no criterion is touched, the words may be of another language: one remark, on the weightiest, is enough. */
function rubricCoverage(rubric: readonly Criterion[], spans: readonly Span[]): Note[] {
  const notes = [...rubric].sort((a, b) => b.weight - a.weight).flatMap((one) => coverage(one, spans));
  return notes.some((note) => note.severity === "praise") ? notes : notes.slice(0, 1);
}

function coverage(one: Criterion, spans: readonly Span[]): Note[] {
  const wanted = tellingWords(`${one.criterion} ${one.description}`);
  if (wanted.length === 0) return [];
  let best: { span: Span; hits: string[] } | undefined;
  for (const span of spans) {
    const has = new Set(span.words.map(fold));
    const hits = wanted.filter((word) => has.has(word) || [...has].some((other) => related(word, other)));
    if (hits.length > (best?.hits.length ?? 0)) best = { span, hits };
  }
  if (best !== undefined) {
    const comment = `You touch on “${one.criterion}” here (${best.hits.slice(0, 4).join(", ")}). A reviewer will look for the reason or the example behind it: check that it is in the same paragraph.`;
    return [{ criterion: one.criterion, quote: excerpt(best.span.text), comment, severity: "praise" }];
  }
  const comment = `No sentence uses the words of “${one.criterion}” (${wanted.slice(0, 4).join(", ")}). If the work does cover it in other words, say so plainly; if not, this may be the place to begin.`;
  const step = `Write two sentences that speak directly to “${one.criterion}”.`;
  return [
    { criterion: one.criterion, quote: excerpt(spans.at(-1)?.text ?? ""), comment, severity: "suggestion", step },
  ];
}

function readability(input: FeedbackInput, spans: readonly Span[]): Note[] {
  const longest = [...spans].sort((a, b) => b.words.length - a.words.length)[0];
  if (longest === undefined || longest.words.length <= LONG_SENTENCE) return [];
  const comment = `This sentence has ${longest.words.length} words; most readers lose the thread after about ${LONG_SENTENCE}. Give each of its thoughts a sentence of its own.`;
  const step = "Split the longest sentence in two and read both aloud.";
  return [
    {
      criterion: criterionFor("language", input.rubric),
      quote: excerpt(longest.text),
      comment,
      severity: "suggestion",
      step,
    },
  ];
}

function repetition(input: FeedbackInput, spans: readonly Span[]): Note[] {
  const criterion = criterionFor("language", input.rubric);
  const notes: Note[] = [];
  const doubled = /(?<![\p{L}\p{N}])(\p{L}{2,})\s+\1(?![\p{L}\p{N}])/iu.exec(input.work.slice(0, 50_000));
  if (doubled !== null) {
    notes.push({
      criterion,
      quote: doubled[0],
      comment: "The same word stands twice in a row.",
      severity: "issue",
      step: "Remove the doubled word.",
    });
  }
  const counts = new Map<string, number>();
  for (const word of spans.flatMap((span) => span.words.map(fold)).filter(isTelling))
    counts.set(word, (counts.get(word) ?? 0) + 1);
  const total = spans.reduce((sum, span) => sum + span.words.length, 0);
  const [word, times] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? ["", 0];
  if (times >= 6 && times / total > 0.04) {
    const span = spans.find((one) => one.words.some((other) => fold(other) === word));
    const comment = `“${word}” comes ${times} times in ${count(total, "word")}. Where it is the topic, keep it; elsewhere a more exact word says more.`;
    notes.push({
      criterion,
      quote: excerpt(span?.text ?? ""),
      comment,
      severity: "suggestion",
      step: `Replace every second “${word}” by something more exact.`,
    });
  }
  return notes;
}

function structure(input: FeedbackInput): Note[] {
  const criterion = criterionFor("structure", input.rubric);
  const parts = paragraphs(input.work).map((text) => ({ text, spans: sentences(text) }));
  const lengths = parts.map((part) => part.spans.reduce((sum, span) => sum + span.words.length, 0));
  const at = lengths.findIndex((length) => length > LONG_PARAGRAPH);
  const long = parts[at];
  if (long !== undefined) {
    const middle = long.spans[Math.floor(long.spans.length / 2)];
    const comment = `This paragraph runs to ${lengths[at] ?? 0} words. A new thought seems possible about here: a break lets the reader breathe and shows your order of ideas.`;
    return [
      {
        criterion,
        quote: excerpt(middle?.text ?? ""),
        comment,
        severity: "suggestion",
        step: "Give each paragraph one thought, named in its first sentence.",
      },
    ];
  }
  const opening = parts[0]?.spans[0];
  if (parts.length < 3 || opening === undefined) return [];
  return [
    {
      criterion,
      quote: excerpt(opening.text),
      comment: `The text is laid out in ${parts.length} paragraphs of readable length, opening here.`,
      severity: "praise",
    },
  ];
}

function length(input: FeedbackInput, total: number, spans: readonly Span[]): Note[] {
  const criterion = criterionFor("completeness", input.rubric);
  const quote = excerpt(spans.at(-1)?.text ?? "");
  const { minWords, maxWords } = input.rules;
  if (minWords !== undefined && total < minWords) {
    return [
      {
        criterion,
        quote,
        comment: `The text ends here after ${count(total, "word")}; the task asks for at least ${minWords}.`,
        severity: "issue",
        step: `Add about ${count(minWords - total, "word")}: an example is worth more than a repetition.`,
      },
    ];
  }
  if (maxWords !== undefined && total > maxWords) {
    return [
      {
        criterion,
        quote,
        comment: `With ${count(total, "word")} the text is over the ${maxWords} the task allows.`,
        severity: "issue",
        step: `Cut ${count(total - maxWords, "word")}, beginning with what is said twice.`,
      },
    ];
  }
  return [];
}

function mustInclude(input: FeedbackInput, first: Span, spans: readonly Span[]): Note[] {
  const criterion = criterionFor("completeness", input.rubric);
  const text = fold(input.work);
  return (input.rules.mustInclude ?? [])
    .filter((term) => term.trim() !== "" && !text.includes(fold(term.trim())))
    .map((term) => missing(term, nearMiss(term, spans), criterion, first));
}

function missing(term: string, near: string | null, criterion: string, first: Span): Note {
  if (near !== null) {
    const comment = `This looks like “${term}”, which the task asks for, but it is spelled differently.`;
    return { criterion, quote: near, comment, severity: "issue", step: `Check the spelling of “${term}”.` };
  }
  return {
    criterion,
    quote: excerpt(first.text),
    comment: `The task asks for “${term}”, and the text does not mention it, here or later.`,
    severity: "issue",
    step: `Bring in “${term}” where it belongs.`,
  };
}

function leftovers(input: FeedbackInput): Note[] {
  const found = /\b(TODO|TBD|FIXME|lorem ipsum)\b|\?{3,}|\[\.\.\.\]/i.exec(input.work);
  if (found === null) return [];
  return [
    {
      criterion: criterionFor("completeness", input.rubric),
      quote: found[0],
      comment: "This looks like a note to yourself that was left in.",
      severity: "issue",
      step: "Finish or remove the places you marked for later.",
    },
  ];
}
