import type { Context } from "hono";
import { AppError } from "../platform/errors.ts";
import { hashToken } from "../platform/secrets.ts";
import type { AppEnv } from "./env.ts";

const etagOf = async (value: unknown): Promise<string> =>
  `"${(await hashToken(JSON.stringify(value, inOrder))).slice(0, 22)}"`;

/** The same fields in another order are the same thing. */
const inOrder = (_name: string, value: unknown): unknown =>
  value === null || typeof value !== "object" || Array.isArray(value)
    ? value
    : Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));

const names = (header: string, etag: string): boolean =>
  header.trim() === "*" || header.split(",").some((entry) => entry.trim().replace(/^W\//u, "") === etag);

/** Sets the `ETag` of what a change left behind, for the next `If-Match`. */
export async function tagged<T>(c: Context<AppEnv>, value: T): Promise<T> {
  c.header("ETag", await etagOf(value));
  return value;
}

/** Sets `ETag`; true when the client's copy is still good, and 304 is the answer. */
export async function isFresh(c: Context<AppEnv>, value: unknown): Promise<boolean> {
  const etag = await etagOf(value);
  c.header("ETag", etag);
  const header = c.req.header("If-None-Match");
  return header !== undefined && names(header, etag);
}

/** What a service calls with the current value before it changes it: refuses when the client saw another. */
export type Precondition = (current: unknown) => Promise<void>;

export const ifMatch =
  (c: Context<AppEnv>): Precondition =>
  async (current) => {
    const header = c.req.header("If-Match");
    if (header !== undefined && !names(header, await etagOf(current)))
      throw new AppError("PRECONDITION_FAILED", "Somebody else was faster; read it again and repeat your change.");
  };
