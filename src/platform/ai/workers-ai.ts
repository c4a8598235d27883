import { z } from "zod";
import { cancellable } from "./cancellation.ts";
import { AiError, type AiMessage, type AiProvider, type AiTask, type AiUsage, type CallOptions } from "./provider.ts";
import { askWithRepair, questionOf } from "./repair.ts";
import { sseData } from "./sse.ts";
import { type Piece, readPieces } from "./streaming.ts";

/** The part of the `AI` binding that is used; it is absent outside production. */
export interface AiBinding {
  run(model: string, inputs: Record<string, unknown>, options?: { signal?: AbortSignal }): Promise<unknown>;
}

export interface WorkersAiSettings {
  binding: AiBinding | undefined;
  model: string;
  timeoutMs: number;
}

const Usage = z
  .object({ prompt_tokens: z.int().min(0).catch(0), completion_tokens: z.int().min(0).catch(0) })
  .nullish()
  .catch(null);

/** Older models answer with `response`, newer ones in the shape of chat completions. */
const Output = z.union([
  z.object({ response: z.union([z.string(), z.record(z.string(), z.unknown())]), usage: Usage }),
  z.object({
    choices: z.array(z.object({ message: z.object({ content: z.string().nullish() }) })).min(1),
    usage: Usage,
  }),
]);
const Chunk = z.union([
  z.object({ response: z.string().nullable(), usage: Usage }),
  z.object({
    choices: z.array(z.object({ delta: z.object({ content: z.string().nullish() }).nullish() })),
    usage: Usage,
  }),
]);

export function createWorkersAiProvider(settings: WorkersAiSettings): AiProvider {
  return {
    name: "workers-ai",
    model: settings.model,
    complete: (task, options) => askWithRepair(task, (messages) => ask(settings, task, messages, options)),
    stream: (task, options) => readPieces(task, pieces(settings, task, options)),
  };
}

async function ask<T>(
  settings: WorkersAiSettings,
  task: AiTask<T>,
  messages: AiMessage[],
  options: CallOptions = {},
): Promise<{ answer: unknown; usage: AiUsage }> {
  const output = Output.safeParse(await run(settings, { ...requestOf(task), messages }, options));
  if (!output.success) throw new AiError("UPSTREAM", "Workers AI sent something that is not an answer.");
  const answer = "response" in output.data ? output.data.response : (output.data.choices[0]?.message.content ?? "");
  return { answer, usage: usageOf(output.data.usage) };
}

async function* pieces<T>(
  settings: WorkersAiSettings,
  task: AiTask<T>,
  options: CallOptions = {},
): AsyncGenerator<Piece, void, undefined> {
  // JSON mode does not stream there, so the shape is asked for in words; plain text is taken too.
  const shape = `Answer only with JSON that fits this schema: ${JSON.stringify(schemaOf(task))}`;
  const messages = questionOf({ ...task, system: `${task.system}\n${shape}` });
  const output = await run(settings, { messages, stream: true }, options);
  if (!(output instanceof ReadableStream)) throw new AiError("UPSTREAM", "Workers AI does not stream.");
  const events = sseData(output as ReadableStream<Uint8Array>);
  for (;;) {
    const next = await cancellable("Workers AI", settings.timeoutMs, options, () => events.next());
    if (next.done === true) return;
    yield pieceOf(next.value);
  }
}

function pieceOf(data: string): Piece {
  if (data === "[DONE]") return { ended: true };
  const chunk = Chunk.safeParse(JSON.parse(data));
  if (!chunk.success) return {};
  const text = "response" in chunk.data ? chunk.data.response : chunk.data.choices[0]?.delta?.content;
  return { text: text ?? "", usage: chunk.data.usage ? usageOf(chunk.data.usage) : undefined };
}

const usageOf = (usage: z.infer<typeof Usage>): AiUsage => ({
  inputTokens: usage?.prompt_tokens ?? 0,
  outputTokens: usage?.completion_tokens ?? 0,
});

const requestOf = <T>(task: AiTask<T>) => ({
  response_format: { type: "json_schema", json_schema: schemaOf(task) },
});

function schemaOf<T>(task: AiTask<T>) {
  const { $schema: _, ...schema } = z.toJSONSchema(task.schema);
  return schema;
}

async function run(
  { binding, model, timeoutMs }: WorkersAiSettings,
  inputs: Record<string, unknown>,
  options: CallOptions,
): Promise<unknown> {
  if (binding === undefined)
    throw new AiError("REFUSED", "Workers AI is configured, but this deployment has no AI binding.");
  return await cancellable("Workers AI", timeoutMs, options, async (signal) => {
    try {
      return await binding.run(model, inputs, { signal });
    } catch (error) {
      if (signal.aborted) throw error;
      const busy = error instanceof Error && /\b(429|3036|3040)\b|capacity|rate limit/i.test(error.message);
      if (busy) throw new AiError("RATE_LIMITED", "Workers AI is busy.", { cause: error });
      throw new AiError("UPSTREAM", "Workers AI failed.", { cause: error });
    }
  });
}
