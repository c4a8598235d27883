import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { ACCESS_TOKEN_SECONDS } from "../platform/tokens.ts";
import type { AppEnv } from "./env.ts";

/** `__Host-` would need `Secure`, which a browser honours on http://localhost too, but not every client does. */
export const ACCESS_COOKIE = "guildhall_access";
const REFRESH_COOKIE = "guildhall_refresh";
/** Covers both `/api/auth` and `/api/v1/auth`. */
const REFRESH_PATH = "/api";

const attributes = { httpOnly: true, secure: true, sameSite: "Lax" } as const;

export function setTokenCookies(
  c: Context<AppEnv>,
  tokens: { accessToken: string; refreshToken: string; refreshSeconds: number },
): void {
  setCookie(c, ACCESS_COOKIE, tokens.accessToken, { ...attributes, path: "/", maxAge: ACCESS_TOKEN_SECONDS });
  setCookie(c, REFRESH_COOKIE, tokens.refreshToken, {
    ...attributes,
    path: REFRESH_PATH,
    maxAge: tokens.refreshSeconds,
  });
}

export function clearTokenCookies(c: Context<AppEnv>): void {
  deleteCookie(c, ACCESS_COOKIE, { ...attributes, path: "/" });
  deleteCookie(c, REFRESH_COOKIE, { ...attributes, path: REFRESH_PATH });
}

export const refreshCookie = (c: Context<AppEnv>): string | undefined => getCookie(c, REFRESH_COOKIE);
