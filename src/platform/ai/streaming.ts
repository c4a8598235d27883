import { PartialField } from "./partial-json.ts";
import { type AiAnswer, AiError, type AiUsage, type StreamedTask } from "./provider.ts";
import { judge } from "./repair.ts";

/** A piece of what a model writes; the last ones may tell what it cost, and that it came to an end. */
export interface Piece {
  text?: string | undefined;
  usage?: AiUsage | undefined;
  ended?: boolean | undefined;
}

/** Turns the pieces that a model writes into the pieces a reader gets, and checks the whole at the end. */
export async function* readPieces<T>(
  task: StreamedTask<T>,
  pieces: AsyncIterable<Piece>,
): AsyncGenerator<string, AiAnswer<T>, undefined> {
  const field = new PartialField(task.field);
  let usage: AiUsage = { inputTokens: 0, outputTokens: 0 };
  let ended = false;
  for await (const piece of pieces) {
    usage = piece.usage ?? usage;
    ended ||= piece.ended === true;
    const delta = piece.text ? field.push(piece.text) : "";
    if (delta !== "") yield delta;
  }
  if (!ended) throw new AiError("UPSTREAM", "The AI provider's answer broke off.", { usage });
  const verdict = field.isPlain ? task.accept(task.fromText(field.text)) : judge(task, field.text);
  if (verdict.ok) return { value: verdict.value, usage };
  throw new AiError("BAD_ANSWER", "The AI provider's answer did not have the required form.", { usage });
}
