import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { ACCESS_TOKEN_SECONDS } from "../platform/tokens.ts";
import type { AppEnv } from "./env.ts";

/**
 * The prefixes keep other hosts of the domain from setting these cookies; `__Host-` wants the path `/`, so the refresh
 * cookie, which is not sent everywhere, has the weaker one. Browsers honour `Secure` on http://localhost, not the prefixes.
 */
const NAMES = {
  https: { access: "__Host-guildhall_access", refresh: "__Secure-guildhall_refresh" },
  http: { access: "guildhall_access", refresh: "guildhall_refresh" },
} as const;
/** Covers both `/api/auth` and `/api/v1/auth`. */
const REFRESH_PATH = "/api";

const attributes = { httpOnly: true, secure: true, sameSite: "Lax" } as const;

/** What the cookies are called under this address. */
export const cookieNames = (url: string) => (url.startsWith("https:") ? NAMES.https : NAMES.http);

export function setTokenCookies(
  c: Context<AppEnv>,
  tokens: { accessToken: string; refreshToken: string; refreshSeconds: number },
): void {
  const { access, refresh } = cookieNames(c.req.url);
  setCookie(c, access, tokens.accessToken, { ...attributes, path: "/", maxAge: ACCESS_TOKEN_SECONDS });
  setCookie(c, refresh, tokens.refreshToken, { ...attributes, path: REFRESH_PATH, maxAge: tokens.refreshSeconds });
}

export function clearTokenCookies(c: Context<AppEnv>): void {
  const { access, refresh } = cookieNames(c.req.url);
  deleteCookie(c, access, { ...attributes, path: "/" });
  deleteCookie(c, refresh, { ...attributes, path: REFRESH_PATH });
}

export const accessCookie = (c: Context<AppEnv>): string | undefined => getCookie(c, cookieNames(c.req.url).access);
export const refreshCookie = (c: Context<AppEnv>): string | undefined => getCookie(c, cookieNames(c.req.url).refresh);

/** Whether the browser sent any cookie of ours: then it may not be the user who asks. */
export const hasOwnCookie = (c: Context<AppEnv>): boolean => c.req.header("Cookie")?.includes("guildhall_") ?? false;

/** A value for the browser alone that is good for one visit to the sign-in endpoints; `__Secure-` since its path is not `/`. */
function visitCookie(name: string) {
  const nameAt = (c: Context<AppEnv>): string => (c.req.url.startsWith("https:") ? `__Secure-${name}` : name);
  return {
    set: (c: Context<AppEnv>, value: string, maxAge: number): void =>
      setCookie(c, nameAt(c), value, { ...attributes, path: REFRESH_PATH, maxAge }),
    get: (c: Context<AppEnv>): string | undefined => getCookie(c, nameAt(c)),
    clear: (c: Context<AppEnv>): void => void deleteCookie(c, nameAt(c), { ...attributes, path: REFRESH_PATH }),
  };
}

/** Binds a login at another provider to the browser that began it. */
export const { set: setFlowCookie, get: flowCookie, clear: clearFlowCookie } = visitCookie("guildhall_flow");
/** A login that still wants its second factor. */
export const { set: setMfaCookie, get: mfaCookie, clear: clearMfaCookie } = visitCookie("guildhall_mfa");
