import type { Context } from "hono";
import { AppError } from "../platform/errors.ts";
import type { AppEnv } from "./env.ts";

/** A file of `public/`. Assets are immutable responses; a copy lets the middleware add its headers. */
export async function asset(c: Context<AppEnv>, policy?: string): Promise<Response> {
  const found = await c.env.ASSETS.fetch(c.req.raw);
  if (found.status === 404) throw new AppError("NOT_FOUND", "There is nothing at this address.");
  const copy = new Response(found.body, found);
  if (policy !== undefined) copy.headers.set("Content-Security-Policy", policy);
  return copy;
}
