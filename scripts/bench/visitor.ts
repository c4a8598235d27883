import type { Json } from "../demo-client.ts";
import type { Ask } from "./http-load.ts";

export const ROWS_READ_HEADER = "x-bench-rows-read";

export const PASSWORD = "Sunny-Harbour-7";

/** Somebody signed in, who can say what a request of theirs looks like. */
export class Visitor {
  readonly origin: string;
  id = "";
  email = "";
  token = "";
  refreshToken = "";

  constructor(origin: string) {
    this.origin = origin;
  }

  async register(username: string): Promise<this> {
    this.email = `${username}@example.org`;
    const { user, accessToken, refreshToken } = await this.call("POST", "/auth/register", {
      email: this.email,
      username,
      password: PASSWORD,
    });
    this.id = user.id;
    this.token = accessToken;
    this.refreshToken = refreshToken;
    return this;
  }

  ask(method: string, path: string, body?: unknown): Required<Omit<Ask, "status" | "body">> & Pick<Ask, "body"> {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.token) headers.authorization = `Bearer ${this.token}`;
    const url = `${this.origin}/api/v1${path}`;
    return { url, method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  }

  /** Calls the API and returns `data`; throws when it is refused. */
  async call(method: string, path: string, body?: unknown): Promise<Json> {
    const { data } = await this.answer(method, path, body);
    return data;
  }

  /** The same, with the round trips to D1 that the answer says it took, and the rows that `metered-worker.ts` counted. */
  async answer(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ data: Json; roundTrips: number; rowsRead: number }> {
    const { url, ...init } = this.ask(method, path, body);
    const response = await fetch(url, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    const roundTrips = Number(/desc="(\d+)"/.exec(response.headers.get("server-timing") ?? "")?.[1]);
    const rowsRead = Number(response.headers.get(ROWS_READ_HEADER));
    return { data: text === "" ? undefined : JSON.parse(text).data, roundTrips, rowsRead };
  }
}
