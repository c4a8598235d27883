import { createOpenAiProvider } from "./openai.ts";
import type { AiProvider } from "./provider.ts";
import type { Trace } from "../trace.ts";
import { type AiBinding, createWorkersAiProvider } from "./workers-ai.ts";

/** The part of the configuration that decides who answers. */
export interface AiSettings {
  AI_PROVIDER?: AiProvider["name"] | undefined;
  AI_BASE_URL?: string | undefined;
  AI_API_KEY?: string | undefined;
  AI_MODEL?: string | undefined;
}

const TIMEOUT_MS = 60_000;
const OPENAI_URL = "https://api.openai.com/v1";
const OPENAI_MODEL = "gpt-4o-mini";
const WORKERS_AI_MODEL = "@cf/meta/llama-3.3-70b-instruct-fp8-fast";

/** What `AI_PROVIDER` names; without it, `openai` when there is an address, else the binding when there is one, else `offline`. */
export function chooseProvider(settings: AiSettings, env: object, trace?: Trace): AiProvider {
  const binding = bindingOf(env);
  const { AI_BASE_URL: address, AI_API_KEY: apiKey, AI_MODEL: model } = settings;
  const name = settings.AI_PROVIDER ?? (address ? "openai" : binding ? "workers-ai" : "offline");
  if (name === "offline") return offlineCoach;
  if (name === "workers-ai")
    return createWorkersAiProvider({ binding, model: model ?? WORKERS_AI_MODEL, timeoutMs: TIMEOUT_MS });
  return createOpenAiProvider({
    baseUrl: address ?? OPENAI_URL,
    apiKey,
    model: model ?? OPENAI_MODEL,
    timeoutMs: TIMEOUT_MS,
    ...(trace && { traceparent: () => trace.traceparent() }),
  });
}

/** `AI` is bound in production only, where it is Cloudflare's own object. */
const bindingOf = (env: object): AiBinding | undefined => ("AI" in env ? (env.AI as AiBinding | undefined) : undefined);

const NOTHING = { inputTokens: 0, outputTokens: 0 };

const offlineCoach: AiProvider = {
  name: "offline",
  model: "coach-1",
  complete: async (task) => ({ value: task.offline(), usage: NOTHING }),
  async *stream(task) {
    const value = task.offline();
    yield* String(value[task.field]).match(/\S+\s*/g) ?? [];
    return { value, usage: NOTHING };
  },
};
