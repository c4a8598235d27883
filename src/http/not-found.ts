import type { Context, Hono } from "hono";
import { AppError } from "../platform/errors.ts";
import type { AppEnv } from "./env.ts";
import { fail } from "./envelope.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** 405 with `Allow` where the path is known under another method, else 404; `OPTIONS` is answered with the `Allow` alone. */
export const notFoundHandler =
  (app: Hono<AppEnv>) =>
  (c: Context<AppEnv>): Response => {
    const allowed = METHODS.filter((method) => hasRoute(app, method, c.req.path));
    if (allowed.length === 0) return fail(c, new AppError("NOT_FOUND", "There is nothing at this address."));
    c.header("Allow", [...allowed, ...(allowed.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", "));
    if (c.req.method === "OPTIONS") return c.body(null, 204);
    return fail(
      c,
      new AppError("METHOD_NOT_ALLOWED", `This address answers to ${allowed.join(", ")}.`, { details: { allowed } }),
    );
  };

function hasRoute(app: Hono<AppEnv>, method: string, path: string): boolean {
  const [handlers] = app.router.match(method, path);
  return handlers.some(([[, route]]) => route.method === method);
}
