import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { configOf } from "../platform/config.ts";
import { AppError } from "../platform/errors.ts";
import { hasOwnCookie } from "./cookies.ts";
import type { AppEnv } from "./env.ts";
import { setHeaders } from "./response-headers.ts";

const HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
} as const;

/** For pages whose styles are files too. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** `no-referrer` would make browsers send `Origin: null` with the forms of our own pages. The CSP allows own assets only: Swagger UI needs inline styles and `data:` images, nothing needs inline scripts. */
export const securityHeaders: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  if (c.res.status === 101) return;
  const { headers } = c.res;
  const missing: [string, string][] = Object.entries(HEADERS).filter(([name]) => !headers.has(name));
  if (c.req.path.startsWith("/api/") && !headers.has("Cache-Control")) missing.push(["Cache-Control", "no-store"]);
  setHeaders(c, missing);
};

export const corsHeaders: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.header("Upgrade")) return await next();
  if (c.req.header("Origin") === undefined) {
    await next();
    return setHeaders(c, [["Vary", "Origin"]]);
  }
  const { ALLOWED_ORIGINS } = configOf(c.env);
  return await cors({
    origin: (origin) => (isTrustedOrigin(origin, c.req.url, ALLOWED_ORIGINS) ? origin : null),
    credentials: true,
    allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
    allowHeaders: [
      "authorization",
      "content-type",
      "idempotency-key",
      "if-match",
      "if-none-match",
      "x-d1-bookmark",
      "x-request-id",
    ],
    exposeHeaders: [
      "etag",
      "location",
      "retry-after",
      "server-timing",
      "x-d1-bookmark",
      "x-request-id",
      "idempotency-replayed",
    ],
    maxAge: 600,
  })(c, next);
};

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** Whether a browser page of this origin may act with the user's cookies. */
export function isTrustedOrigin(origin: string, requestUrl: string, allowed: readonly string[]): boolean {
  return origin === new URL(requestUrl).origin || allowed.includes(origin);
}

/** A cookie is sent by the browser whoever asks, so an unsafe request that rides on one must come from a trusted page. */
export const csrf: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (!SAFE.has(c.req.method) && c.get("credential") !== "bearer" && hasOwnCookie(c)) {
    const origin = c.req.header("Origin");
    const { ALLOWED_ORIGINS } = configOf(c.env);
    const crossSite = c.req.header("Sec-Fetch-Site") === "cross-site";
    const trusted = origin === undefined ? !crossSite : isTrustedOrigin(origin, c.req.url, ALLOWED_ORIGINS);
    // No browser says both "own origin" and "cross-site"; only an origin of the list may be another site.
    const allowed = trusted && (!crossSite || (origin !== undefined && ALLOWED_ORIGINS.includes(origin)));
    if (!allowed) throw new AppError("CSRF_REJECTED", "This origin may not act with your cookies.");
  }
  await next();
};
