import type { z } from "zod";
import { AiError, type AiAnswer, type AiMessage, type AiTask, type AiUsage, type Verdict } from "./provider.ts";

/** One exchange with a model: the text (or already parsed JSON) it gave, and what it cost. */
export type Ask = (messages: AiMessage[]) => Promise<{ answer: unknown; usage: AiUsage }>;

const FENCED = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?\s*```\s*$/;

export const questionOf = (task: Pick<AiTask<unknown>, "system" | "user">): AiMessage[] => [
  { role: "system", content: task.system },
  { role: "user", content: task.user },
];

/** Asks once, and once more with the list of faults when the answer does not fit the task. */
export async function askWithRepair<T>(task: AiTask<T>, ask: Ask): Promise<AiAnswer<T>> {
  const messages = questionOf(task);
  const first = await ask(messages);
  const verdict = judge(task, first.answer);
  if (verdict.ok) return { value: verdict.value, usage: first.usage };

  const second = await ask([
    ...messages,
    { role: "assistant", content: asText(first.answer).slice(0, 8_000) },
    {
      role: "user",
      content: `That answer cannot be used:\n- ${verdict.problems.join("\n- ")}\nAnswer again with JSON only, in the required shape.`,
    },
  ]);
  const repaired = judge(task, second.answer);
  const usage = sum(first.usage, second.usage);
  if (repaired.ok) return { value: repaired.value, usage };
  throw new AiError("BAD_ANSWER", "The AI provider's answer did not have the required form, twice in a row.", {
    usage,
  });
}

/** Whether an answer, as text or as JSON, fits the task. */
export function judge<T>(task: Pick<AiTask<T>, "schema" | "accept">, answer: unknown): Verdict<T> {
  const json = typeof answer === "string" ? parse(answer) : { ok: true as const, value: answer };
  if (!json.ok) return { ok: false, problems: ["It is not valid JSON."] };
  const parsed = task.schema.safeParse(json.value);
  return parsed.success
    ? task.accept(parsed.data)
    : { ok: false, problems: parsed.error.issues.slice(0, 10).map(describe) };
}

function parse(text: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(FENCED.exec(text)?.[1] ?? text) };
  } catch {
    return { ok: false };
  }
}

const describe = (issue: z.core.$ZodIssue): string => `${issue.path.join(".") || "answer"}: ${issue.message}`;
const asText = (answer: unknown): string => (typeof answer === "string" ? answer : (JSON.stringify(answer) ?? ""));
const sum = (a: AiUsage, b: AiUsage): AiUsage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
});
