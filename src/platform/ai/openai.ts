import { z } from "zod";
import { cancellable } from "./cancellation.ts";
import { AiError, type AiMessage, type AiProvider, type AiTask, type AiUsage, type CallOptions } from "./provider.ts";
import { askWithRepair, questionOf } from "./repair.ts";
import { sseData } from "./sse.ts";
import { type Piece, readPieces } from "./streaming.ts";

export interface OpenAiSettings {
  /** Up to and including the version, such as `https://api.openai.com/v1`. */
  baseUrl: string;
  apiKey?: string | undefined;
  model: string;
  timeoutMs: number;
  /** The trace that a call belongs to, as a header. */
  traceparent?: () => string;
}

const Usage = z
  .object({ prompt_tokens: z.int().min(0).catch(0), completion_tokens: z.int().min(0).catch(0) })
  .nullish()
  .catch(null);
const Completion = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullish() }) })).min(1),
  usage: Usage,
});
const Chunk = z.object({
  choices: z.array(
    z.object({
      delta: z.object({ content: z.string().nullish() }).nullish(),
      finish_reason: z.string().nullish(),
    }),
  ),
  usage: Usage,
});

/** Any endpoint that speaks OpenAI's chat completions. */
export function createOpenAiProvider(settings: OpenAiSettings): AiProvider {
  return {
    name: "openai",
    model: settings.model,
    complete: (task, options) => askWithRepair(task, (messages) => ask(settings, task, messages, options)),
    stream: (task, options) => readPieces(task, pieces(settings, task, options)),
  };
}

async function ask<T>(
  settings: OpenAiSettings,
  task: AiTask<T>,
  messages: AiMessage[],
  options: CallOptions = {},
): Promise<{ answer: string; usage: AiUsage }> {
  return await cancellable("The AI provider", settings.timeoutMs, options, async (signal) => {
    const response = await post(settings, { ...requestOf(settings, task), messages }, signal);
    const completion = Completion.safeParse(await response.json());
    if (!completion.success)
      throw new AiError("UPSTREAM", "The AI provider sent something that is not a chat completion.");
    const { choices, usage } = completion.data;
    return { answer: choices[0]?.message.content ?? "", usage: usageOf(usage) };
  });
}

async function* pieces<T>(
  settings: OpenAiSettings,
  task: AiTask<T>,
  options: CallOptions = {},
): AsyncGenerator<Piece, void, undefined> {
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, ...(options.signal ? [options.signal] : [])]);
  const run = <R>(step: (signal: AbortSignal) => Promise<R>) =>
    cancellable("The AI provider", settings.timeoutMs, { signal }, step);
  try {
    const body = { ...requestOf(settings, task), messages: questionOf(task), stream: true };
    const request = { ...body, stream_options: { include_usage: true } };
    const response = await run(() => post(settings, request, signal));
    if (!response.body || !response.headers.get("content-type")?.includes("text/event-stream"))
      throw new AiError("UPSTREAM", "The AI provider does not stream.");
    const events = sseData(response.body);
    for (;;) {
      const next = await run(() => events.next());
      if (next.done === true) return;
      const piece = pieceOf(next.value);
      yield piece;
      if (next.value === "[DONE]") return;
    }
  } finally {
    // Left early, by whoever reads or by a fault: the model need not write on.
    ending.abort();
  }
}

function pieceOf(data: string): Piece {
  if (data === "[DONE]") return { ended: true };
  const chunk = Chunk.safeParse(parse(data));
  if (!chunk.success) throw new AiError("UPSTREAM", "The AI provider sent something that is no part of a completion.");
  const { choices, usage } = chunk.data;
  return {
    text: choices[0]?.delta?.content ?? "",
    usage: usage ? usageOf(usage) : undefined,
    ended: typeof choices[0]?.finish_reason === "string",
  };
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

const usageOf = (usage: z.infer<typeof Usage>): AiUsage => ({
  inputTokens: usage?.prompt_tokens ?? 0,
  outputTokens: usage?.completion_tokens ?? 0,
});

function requestOf<T>(settings: OpenAiSettings, task: AiTask<T>) {
  const { $schema: _, ...schema } = z.toJSONSchema(task.schema);
  return {
    model: settings.model,
    response_format: { type: "json_schema", json_schema: { name: task.name, strict: true, schema } },
  };
}

async function post(settings: OpenAiSettings, body: unknown, signal: AbortSignal): Promise<Response> {
  const headers = new Headers({ "content-type": "application/json", accept: "application/json, text/event-stream" });
  if (settings.apiKey) headers.set("authorization", `Bearer ${settings.apiKey}`);
  if (settings.traceparent) headers.set("traceparent", settings.traceparent());
  const response = await fetch(`${settings.baseUrl.replace(/\/+$/, "")}/chat/completions`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    // A redirect would carry the key to wherever it points.
    redirect: "manual",
    signal,
  });
  if (response.ok) return response;
  await response.body?.cancel();
  throw refusal(response);
}

function refusal(response: Response): AiError {
  const retryAfter = secondsToWait(response.headers);
  const { status } = response;
  if (status === 429) return new AiError("RATE_LIMITED", "The AI provider is busy (429).", { retryAfter });
  if (status >= 500 || status === 408 || status === 409 || status === 425) {
    return new AiError("UPSTREAM", `The AI provider failed (${status}).`, { retryAfter });
  }
  return new AiError("REFUSED", `The AI provider refused the request (${status}).`);
}

/** `Retry-After` as seconds; its date form is read against the sender's own `Date`, so that no clocks are compared. */
function secondsToWait(headers: Headers): number | undefined {
  const value = headers.get("retry-after")?.trim() ?? "";
  const seconds = /^\d+$/.test(value)
    ? Number(value)
    : (Date.parse(value) - Date.parse(headers.get("date") ?? "")) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 1), 3_600) : undefined;
}
