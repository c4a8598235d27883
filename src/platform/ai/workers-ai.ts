import { z } from "zod";
import { AiError, type AiMessage, type AiProvider, type AiTask, type AiUsage } from "./provider.ts";
import { askWithRepair } from "./repair.ts";

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

export function createWorkersAiProvider(settings: WorkersAiSettings): AiProvider {
  return {
    name: "workers-ai",
    model: settings.model,
    complete: (task) => askWithRepair(task, (messages) => ask(settings, task, messages)),
  };
}

async function ask<T>(
  settings: WorkersAiSettings,
  task: AiTask<T>,
  messages: AiMessage[],
): Promise<{ answer: unknown; usage: AiUsage }> {
  if (settings.binding === undefined)
    throw new AiError("REFUSED", "Workers AI is configured, but this deployment has no AI binding.");
  const { $schema: _, ...schema } = z.toJSONSchema(task.schema);
  const inputs = { messages, response_format: { type: "json_schema", json_schema: schema } };
  const output = Output.safeParse(await run(settings.binding, settings, inputs));
  if (!output.success) throw new AiError("UPSTREAM", "Workers AI sent something that is not an answer.");
  const answer = "response" in output.data ? output.data.response : (output.data.choices[0]?.message.content ?? "");
  const { usage } = output.data;
  return { answer, usage: { inputTokens: usage?.prompt_tokens ?? 0, outputTokens: usage?.completion_tokens ?? 0 } };
}

async function run(binding: AiBinding, settings: WorkersAiSettings, inputs: Record<string, unknown>): Promise<unknown> {
  const signal = AbortSignal.timeout(settings.timeoutMs);
  try {
    return await binding.run(settings.model, inputs, { signal });
  } catch (error) {
    if (signal.aborted) throw new AiError("TIMEOUT", "Workers AI did not answer in time.", { cause: error });
    const busy = error instanceof Error && /\b(429|3036|3040)\b|capacity|rate limit/i.test(error.message);
    if (busy) throw new AiError("RATE_LIMITED", "Workers AI is busy.", { cause: error });
    throw new AiError("UPSTREAM", "Workers AI failed.", { cause: error });
  }
}
