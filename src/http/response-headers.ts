import type { Context } from "hono";
import type { AppEnv } from "./env.ts";

/** `c.header` copies a finished response for every header; this does so only for one whose headers are sealed, such as a fetched one. */
export function setHeaders(c: Context<AppEnv>, headers: readonly (readonly [name: string, value: string])[]): void {
  for (const [name, value] of headers) {
    try {
      c.res.headers.set(name, value);
    } catch {
      c.header(name, value);
    }
  }
}
