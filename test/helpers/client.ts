import { exports } from "cloudflare:workers";
import { keepAnswer } from "./contract.ts";

export const ORIGIN = "https://guildhall.test";

/** A decoded JSON answer. Tests say what they expect of it, so its shape is left open. */
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

export interface Answer {
  status: number;
  headers: Headers;
  body: Json;
  data: Json;
  code: string | undefined;
  /** D1 round trips, as the answer itself tells. */
  roundTrips: number;
}

export interface Options {
  token?: string | undefined;
  body?: unknown;
  /** Sent as it is, in place of `body`. */
  raw?: string;
  headers?: Record<string, string>;
}

/** Calls the Worker as a client would. When the test is over, each answer is held against the OpenAPI document. */
export async function call(method: string, path: string, options: Options = {}): Promise<Answer> {
  const headers = new Headers(options.headers);
  if (options.token) headers.set("Authorization", `Bearer ${options.token}`);
  const body = options.raw ?? (options.body === undefined ? null : JSON.stringify(options.body));
  if (body !== null && !headers.has("Content-Type")) headers.set("Content-Type", "application/json");
  const response = await exports.default.fetch(
    new Request(`${ORIGIN}${path}`, { method, headers, body, redirect: "manual" }),
  );
  const text = await response.text();
  const decoded: Json = response.headers.get("Content-Type")?.includes("json") ? JSON.parse(text) : text;
  keepAnswer(method, path, response, decoded);
  return {
    status: response.status,
    headers: response.headers,
    body: decoded,
    data: decoded?.data,
    code: decoded?.error?.code,
    roundTrips: Number(
      /desc="(?<count>\d+)"/u.exec(response.headers.get("Server-Timing") ?? "")?.groups?.["count"] ?? -1,
    ),
  };
}

export const get = (path: string, token?: string, options: Options = {}) => call("GET", path, { ...options, token });
export const post = (path: string, body: unknown, token?: string, options: Options = {}) =>
  call("POST", path, { ...options, body, token });
export const patch = (path: string, body: unknown, token?: string, options: Options = {}) =>
  call("PATCH", path, { ...options, body, token });

/** Asks again until the answer is right; what queues do is done soon, not at once. */
export async function eventually<T>(ask: () => Promise<T>, isRight: (value: T) => boolean, tries = 150): Promise<T> {
  for (let i = 0; ; i += 1) {
    const value = await ask();
    if (isRight(value)) return value;
    if (i >= tries) throw new Error(`still not so: ${JSON.stringify(value)?.slice(0, 500)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
