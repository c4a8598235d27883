import type { FeedbackComment } from "../feedback.ts";

/** A line that is worth a remark. The first hit is quoted, the number of hits is told. */
export interface LineCheck {
  pattern: RegExp;
  /** Languages it speaks of; all when left out. */
  languages?: readonly string[];
  severity: FeedbackComment["severity"];
  comment: string;
  step: string;
}

const JS = ["javascript", "typescript", "js", "ts", "jsx", "tsx"];
const PYTHON = ["python", "py"];

export const LINE_CHECKS: readonly LineCheck[] = [
  {
    pattern: /(password|passwd|secret|api_?key|token)["']?\s*[:=]\s*["'][^"'\s]{6,}["']/i,
    severity: "issue",
    comment:
      "This looks like a secret in the source. Whoever reads the code has it: take it from the environment, and replace the one that was shown.",
    step: "Move secrets out of the code.",
  },
  {
    pattern: /\b(TODO|FIXME|XXX|HACK)\b/,
    severity: "issue",
    comment: "A mark for later was left in. Finish it, or say in a sentence why it can wait.",
    step: "Resolve what is marked TODO.",
  },
  {
    pattern: /\beval\s*\(/,
    severity: "issue",
    comment:
      "`eval` runs whatever text it is given, and makes the code hard to reason about. There is nearly always a way to name what may happen.",
    step: "Replace `eval` by a table of the allowed operations.",
  },
  {
    pattern: /catch\s*(\([^)]*\))?\s*\{\s*\}/,
    severity: "issue",
    comment:
      "The error is swallowed: when this fails, nobody will know. Handle it, pass it on, or say why it may be ignored.",
    step: "Give every caught error somewhere to go.",
  },
  {
    pattern: /^\s*except\s*:|^\s*except\b.*:\s*pass\s*$/,
    languages: PYTHON,
    severity: "issue",
    comment: "This catches everything, even a typing mistake or Ctrl-C. Name the exception you expect.",
    step: "Catch only the exceptions you can do something about.",
  },
  {
    pattern: /^\s*var\s/,
    languages: JS,
    severity: "suggestion",
    comment:
      "`var` lives in the whole function and may be declared twice. `const` (or `let`, when it changes) says what you mean.",
    step: "Use `const` by default and `let` where the value changes.",
  },
  {
    pattern: /[^=!<>]==[^=]|!=[^=]/,
    languages: JS,
    severity: "suggestion",
    comment: '`==` converts before it compares (`"0" == false` is true). `===` compares what is there.',
    step: "Compare with `===` and `!==`.",
  },
  {
    pattern: /==\s*None\b|!=\s*None\b/,
    languages: PYTHON,
    severity: "suggestion",
    comment: "Compare with `is None`: `==` can be redefined by the object.",
    step: "Write `is None` and `is not None`.",
  },
  {
    pattern: /\bconsole\.(log|debug)\(|\bvar_dump\(|\bdbg!\(|\bdebugger\b/,
    severity: "suggestion",
    comment:
      "A trace from debugging seems to be left in. If the output is part of the task, keep it; if not, a reader has to wonder.",
    step: "Remove output that was only for you.",
  },
  {
    pattern: /^(?=.{121})/,
    severity: "suggestion",
    comment: "This line is longer than most windows are wide. Break it where a thought ends, or name a part of it.",
    step: "Keep lines under about 100 characters.",
  },
  {
    pattern: /^( *\t+ +| +\t+)\S/,
    severity: "suggestion",
    comment:
      "Tabs and spaces are mixed in the indentation, so the layout depends on the reader's editor. A formatter settles it for good.",
    step: "Run a formatter over the file.",
  },
];
