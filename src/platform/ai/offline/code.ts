import type { FeedbackInput } from "../feedback.ts";
import { LINE_CHECKS } from "./code-checks.ts";
import { count, criterionFor, type Note } from "./notes.ts";
import type { TextReading } from "./text.ts";
import { excerpt } from "./words.ts";

const MAX_LINE_READ = 2_000;
const DEEP = 5;
const COMMENT = /^\s*(\/\/|#(?!include|define|!)|--\s|;|\/?\*|"""|''')|\/\/\s|\s#\s/;

/** Simple static checks, by line. They know no grammar, so their remarks say what to look at, not that it is wrong. */
export function readCode(input: FeedbackInput): TextReading {
  const lines = input.work.split(/\r?\n/).map((line) => line.slice(0, MAX_LINE_READ));
  const written = lines.filter((line) => line.trim() !== "");
  if (written.length === 0) return { opening: "There is no code to read here yet.", notes: [] };
  const comments = written.filter((line) => COMMENT.test(line));
  return {
    opening: `${count(written.length, "line")} of code, ${count(comments.length, "of them with a comment", "of them with a comment")}.`,
    notes: [
      ...lineChecks(input, written),
      ...nesting(input, written),
      ...repeated(input, written),
      ...commenting(input, written, comments),
      ...strengths(input, written),
    ],
  };
}

function lineChecks(input: FeedbackInput, lines: readonly string[]): Note[] {
  const language = input.language?.toLowerCase() ?? "";
  const criterion = criterionFor("quality", input.rubric);
  return LINE_CHECKS.filter((check) => check.languages === undefined || check.languages.includes(language)).flatMap(
    (check) => {
      const hits = lines.filter((line) => check.pattern.test(line));
      const first = hits[0];
      if (first === undefined) return [];
      const more = hits.length > 1 ? ` (${hits.length} places)` : "";
      return [
        {
          criterion,
          quote: excerpt(first),
          comment: `${check.comment}${more}`,
          severity: check.severity,
          step: check.step,
        },
      ];
    },
  );
}

function nesting(input: FeedbackInput, lines: readonly string[]): Note[] {
  const indents = lines.map((line) => /^[ \t]*/.exec(line)?.[0].replaceAll("\t", "    ").length ?? 0);
  const unit = Math.min(...indents.filter((indent) => indent >= 2), 8);
  const deepest = Math.max(...indents);
  const line = lines[indents.indexOf(deepest)];
  if (line === undefined || deepest / unit < DEEP) return [];
  const comment = `This stands ${Math.floor(deepest / unit)} levels deep: a reader has to hold as many conditions in mind. Return early, or give the inner part a name as a function.`;
  return [
    {
      criterion: criterionFor("quality", input.rubric),
      quote: excerpt(line),
      comment,
      severity: "suggestion",
      step: "Flatten the deepest block by returning early.",
    },
  ];
}

function repeated(input: FeedbackInput, lines: readonly string[]): Note[] {
  const counts = new Map<string, number>();
  for (const line of lines.map((one) => one.trim()).filter((one) => one.length >= 20))
    counts.set(line, (counts.get(line) ?? 0) + 1);
  const [line, times] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? ["", 0];
  if (times < 3) return [];
  const comment = `The same line stands in ${times} places. When it has to change, all have to: a function or a loop would say it once.`;
  return [
    {
      criterion: criterionFor("quality", input.rubric),
      quote: excerpt(line),
      comment,
      severity: "suggestion",
      step: "Give the repeated lines one home.",
    },
  ];
}

function commenting(input: FeedbackInput, lines: readonly string[], comments: readonly string[]): Note[] {
  const first = lines[0];
  if (first === undefined || lines.length < 30 || comments.length > 0) return [];
  const comment =
    "There is no comment in the whole work. What the code does can be read; why it does it that way cannot. One line at the trickiest place is enough.";
  return [
    {
      criterion: criterionFor("quality", input.rubric),
      quote: excerpt(first),
      comment,
      severity: "suggestion",
      step: "Explain the one decision that you thought about longest.",
    },
  ];
}

function strengths(input: FeedbackInput, lines: readonly string[]): Note[] {
  const criterion = criterionFor("quality", input.rubric);
  const test = lines.find((line) =>
    /\b(assert\w*|expect)\s*\(|\b(describe|it|test)\s*\(|#\[test\]|\bdef test_/.test(line),
  );
  if (test !== undefined) {
    return [
      {
        criterion,
        quote: excerpt(test),
        comment: "You check your own work: a claim a reader can run is worth more than a promise.",
        severity: "praise",
      },
    ];
  }
  const named = lines.find((line) =>
    /\b(function|def|fn|func|fun|sub)\s+[A-Za-z_]\w{3,}|\b(const|let|val)\s+[A-Za-z_]\w{3,}\s*=\s*(async\s*)?\(/.test(
      line,
    ),
  );
  if (named === undefined) return [];
  return [
    {
      criterion,
      quote: excerpt(named),
      comment: "A step of the solution has a name of its own here, so the rest can be read without its details.",
      severity: "praise",
    },
  ];
}
