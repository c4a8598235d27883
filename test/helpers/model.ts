import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { inject } from "vitest";
import { app } from "../../src/app.ts";
import { createContext, type ServiceContext } from "../../src/context.ts";
import type { OutboxMessage } from "../../src/events/outbox.ts";
import { ORIGIN } from "./client.ts";

/** What the Worker is configured with when a model of the loopback server answers; see `test/counterparts/openai.ts`. */
export const withModel = (model: string, more: Record<string, string> = {}): Env & Record<string, unknown> => ({
  ...env,
  AI_BASE_URL: `${inject("openai")}/v1`,
  AI_API_KEY: "sk-test",
  AI_MODEL: model,
  ...more,
});

let count = 0;
/** A model's name that no other test uses, so that its log is its own. */
export const modelThat = (behaviour: string): string => `${behaviour}:${(count += 1)}-${crypto.randomUUID()}`;

export interface Call {
  body: { stream?: boolean; messages: { role: string; content: string }[] };
  left: boolean;
  traceparent: string | null;
}
/** What the model was asked so far. */
export async function callsOf(model: string): Promise<Call[]> {
  return await (await fetch(`${inject("openai")}/log?model=${encodeURIComponent(model)}`)).json();
}

/** A context whose provider is that model, and which keeps what it would relay. */
export function contextWith(model: string, more: Record<string, string> = {}) {
  const relayed: OutboxMessage[] = [];
  const ctx: ServiceContext = {
    ...createContext(withModel(model, more), { waitUntil: () => {} }),
    relayLater: (messages) => void relayed.push(...messages),
  };
  return { ctx, relayed };
}

/** Calls the app in the test's own isolate; its answer is not read yet. */
export async function ask(configuration: Env, path: string, token: string, init: RequestInit = {}) {
  const execution = createExecutionContext();
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${token}`);
  headers.set("Content-Type", "application/json");
  const request = new Request(`${ORIGIN}${path}`, { method: "POST", ...init, headers });
  const response = await app.fetch(request, configuration, execution);
  return { response, settled: () => waitOnExecutionContext(execution) };
}

/** The events of a stream, to its end. */
export const eventsIn = (text: string): { event: string; data: Record<string, unknown> }[] =>
  text
    .split("\n\n")
    .filter((block) => block !== "" && !block.startsWith(":"))
    .map((block) => ({
      event: /^event: (.*)$/m.exec(block)?.[1] ?? "",
      data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? "null"),
    }));
