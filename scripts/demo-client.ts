import { setTimeout as delay } from "node:timers/promises";

/** An answer of the server, before anybody has checked its shape. */
// oxlint-disable-next-line typescript/no-explicit-any -- the demo reads answers as a client without types would
export type Json = any;

/** One person's view of the API. */
export class Client {
  readonly origin: string;
  token: string | undefined;

  constructor(origin: string) {
    this.origin = origin;
  }

  /** Calls the API and returns `data`; throws unless the status is one of those expected. */
  async call(method: string, path: string, body: unknown, expected: number | number[]): Promise<Json> {
    const { status, json } = await this.#send(method, path, body);
    if (![expected].flat().includes(status)) {
      throw new Error(
        `${method} ${path}: expected ${String(expected)}, got ${status} ${JSON.stringify(json?.error ?? json)}`,
      );
    }
    return json?.data;
  }

  /** Makes a call that must fail with `status`; returns the error's code. */
  async refused(method: string, path: string, status: number): Promise<string> {
    const answer = await this.#send(method, path, undefined);
    check(answer.status === status, `${method} ${path}: expected ${status}, got ${answer.status}`);
    return answer.json.error.code;
  }

  async #send(method: string, path: string, body: unknown): Promise<{ status: number; json: Json }> {
    const headers = new Headers();
    if (this.token !== undefined) headers.set("authorization", `Bearer ${this.token}`);
    if (body !== undefined) headers.set("content-type", "application/json");
    const answer = await fetch(`${this.origin}/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, json: text === "" ? undefined : JSON.parse(text) };
  }
}

export function check(holds: boolean, claim: string): void {
  if (!holds) throw new Error(`Not so: ${claim}`);
}

export function say(topic: string, what: string): void {
  console.log(`✓ ${topic.padEnd(12)} ${what}`);
}

/** Asks again, for up to half a minute, until there is an answer. */
export async function poll(what: string, ask: () => Promise<Json>): Promise<Json> {
  for (let tries = 0; tries < 60; tries++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await delay(500);
  }
  throw new Error(`${what} did not come within 30 s`);
}
