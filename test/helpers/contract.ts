import { inject } from "vitest";
import type { Seen } from "../counterparts/contract.ts";

let waiting: Seen[] = [];

/** Keeps an answer until the test is over. */
export function keepAnswer(method: string, path: string, response: Response, body: unknown): void {
  const type = (response.headers.get("Content-Type") ?? "").split(";")[0] ?? "";
  const asked = (path.split(/[?#]/u)[0] ?? "").replace(/^\/api\/(?!v1(?:\/|$))/u, "/api/v1/");
  waiting.push({ method, path: asked, status: response.status, type, body });
}

/** What of the answers since the last time is not as the OpenAPI document says. */
export async function brokenPromises(): Promise<string[]> {
  if (waiting.length === 0) return [];
  const body = JSON.stringify(waiting);
  waiting = [];
  const response = await fetch(inject("contract"), { method: "POST", body });
  return await response.json();
}
