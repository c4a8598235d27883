import { z } from "zod";
import { AiError, type AiMessage, type AiProvider, type AiTask, type AiUsage } from "./provider.ts";
import { askWithRepair } from "./repair.ts";

export interface OpenAiSettings {
  /** Up to and including the version, such as `https://api.openai.com/v1`. */
  baseUrl: string;
  apiKey?: string | undefined;
  model: string;
  timeoutMs: number;
}

const Completion = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullish() }) })).min(1),
  usage: z
    .object({ prompt_tokens: z.int().min(0).catch(0), completion_tokens: z.int().min(0).catch(0) })
    .nullish()
    .catch(null),
});

/** Any endpoint that speaks OpenAI's chat completions. */
export function createOpenAiProvider(settings: OpenAiSettings): AiProvider {
  return {
    name: "openai",
    model: settings.model,
    complete: (task) => askWithRepair(task, (messages) => ask(settings, task, messages)),
  };
}

async function ask<T>(
  settings: OpenAiSettings,
  task: AiTask<T>,
  messages: AiMessage[],
): Promise<{ answer: string; usage: AiUsage }> {
  const { $schema: _, ...schema } = z.toJSONSchema(task.schema);
  const body = await post(settings, {
    model: settings.model,
    messages,
    response_format: { type: "json_schema", json_schema: { name: task.name, strict: true, schema } },
  });
  const completion = Completion.safeParse(body);
  if (!completion.success)
    throw new AiError("UPSTREAM", "The AI provider sent something that is not a chat completion.");
  const { choices, usage } = completion.data;
  return {
    answer: choices[0]?.message.content ?? "",
    usage: { inputTokens: usage?.prompt_tokens ?? 0, outputTokens: usage?.completion_tokens ?? 0 },
  };
}

/** The parsed body of a 2xx answer. The timeout covers the body too. */
async function post(settings: OpenAiSettings, body: unknown): Promise<unknown> {
  const headers = new Headers({ "content-type": "application/json", accept: "application/json" });
  if (settings.apiKey) headers.set("authorization", `Bearer ${settings.apiKey}`);
  try {
    const response = await fetch(`${settings.baseUrl.replace(/\/+$/, "")}/chat/completions`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      // A redirect would carry the key to wherever it points.
      redirect: "manual",
      signal: AbortSignal.timeout(settings.timeoutMs),
    });
    if (response.ok) return await response.json();
    await response.body?.cancel();
    throw refusal(response);
  } catch (error) {
    if (error instanceof AiError) throw error;
    const timedOut = error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
    if (timedOut) throw new AiError("TIMEOUT", "The AI provider did not answer in time.", { cause: error });
    throw new AiError("UPSTREAM", "The AI provider could not be reached or sent no JSON.", { cause: error });
  }
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
