import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { mustBeSignedIn, requireUser } from "../../http/authentication.ts";
import { maySendNothing, mustSendSomething } from "../../http/bodies.ts";
import { clearTokenCookies, refreshCookie, setTokenCookies } from "../../http/cookies.ts";
import { created, empty, ok } from "../../http/envelope.ts";
import type { AppEnv } from "../../http/env.ts";
import { ifMatch, isFresh } from "../../http/etag.ts";
import { IdParam, signedIn, body, data, failures, nothing, userFailures } from "../../http/openapi.ts";
import { limitAccount, rateLimitAuth } from "../../http/rate-limit.ts";
import { createRouter } from "../../http/router.ts";
import { AppError } from "../../platform/errors.ts";
import { changeProfile } from "../users/editing.ts";
import { ProfileReplacement } from "../users/profile.ts";
import { User } from "../users/schema.ts";
import { getMe } from "../users/service.ts";
import { Login, Refresh, Register, Session, SignedIn, Tokens } from "./schema.ts";
import { login, register } from "./service.ts";
import type { IssuedTokens } from "./sessions.ts";
import { refresh } from "./refresh.ts";
import { endAllSessions, endSession, listSessions } from "./sessions.ts";

const tags = ["Auth"];

function withCookies<T extends IssuedTokens>(c: Context<AppEnv>, tokens: T): T {
  setTokenCookies(c, tokens);
  return tokens;
}

export const authRoutes = createRouter()
  .openapi(
    createRoute({
      method: "post",
      path: "/register",
      operationId: "register",
      summary: "Create an account and sign in",
      tags,
      middleware: [rateLimitAuth] as const,
      request: { body: body(Register) },
      responses: {
        201: data(SignedIn, "The account and its first session; a verification link is on its way."),
        ...failures("EMAIL_TAKEN", "USERNAME_TAKEN"),
      },
    }),
    async (c) =>
      created(c, SignedIn, withCookies(c, await register(c.get("ctx"), c.req.valid("json"))), "/api/v1/users/me"),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/login",
      operationId: "login",
      summary: "Sign in by e-mail address or username",
      tags,
      middleware: [rateLimitAuth] as const,
      request: { body: body(Login) },
      responses: {
        200: data(SignedIn, "A new session."),
        ...failures("INVALID_CREDENTIALS", "MFA_REQUIRED", "ACCOUNT_SUSPENDED"),
      },
    }),
    async (c) => {
      const input = c.req.valid("json");
      await limitAccount(c, input.email);
      return ok(c, SignedIn, withCookies(c, await login(c.get("ctx"), input)), 200);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/refresh",
      operationId: "refresh",
      summary: "Trade a refresh token for a new pair",
      description:
        "The token comes in the body or as the cookie. Each is good once; a spent one ends the session after a grace of 10 seconds.",
      tags,
      middleware: [maySendNothing] as const,
      request: { body: { required: false, content: { "application/json": { schema: Refresh } } } },
      responses: {
        200: data(Tokens, "A new pair of the same session."),
        ...failures("UNAUTHENTICATED", "TOKEN_EXPIRED", "TOKEN_REVOKED", "ACCOUNT_SUSPENDED"),
      },
    }),
    async (c) => {
      const token = c.req.valid("json").refreshToken ?? refreshCookie(c);
      if (!token) throw new AppError("UNAUTHENTICATED", "Send a refresh token, in the body or as the cookie.");
      return ok(c, Tokens, withCookies(c, await refresh(c.get("ctx"), token)), 200);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/logout",
      operationId: "logout",
      summary: "End this session",
      tags,
      ...signedIn,
      responses: { 204: nothing, ...userFailures("NOT_FOUND") },
    }),
    async (c) => {
      const actor = requireUser(c);
      clearTokenCookies(c);
      await endSession(c.get("ctx"), actor, actor.sessionId);
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/logout-all",
      operationId: "logoutAll",
      summary: "End every session",
      tags,
      ...signedIn,
      responses: { 204: nothing, ...userFailures() },
    }),
    async (c) => {
      const actor = requireUser(c);
      clearTokenCookies(c);
      await endAllSessions(c.get("ctx"), actor);
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/sessions",
      operationId: "listSessions",
      summary: "My sessions, newest first",
      tags,
      ...signedIn,
      responses: { 200: data(z.array(Session), "Live sessions."), ...userFailures() },
    }),
    async (c) => ok(c, z.array(Session), await listSessions(c.get("ctx"), requireUser(c)), 200),
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/sessions/{id}",
      operationId: "endSession",
      summary: "End one of my sessions",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 204: nothing, ...userFailures("NOT_FOUND") },
    }),
    async (c) => {
      await endSession(c.get("ctx"), requireUser(c), c.req.valid("param").id);
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/profile",
      operationId: "getProfile",
      summary: "The signed-in user; the same as `/users/me`",
      tags,
      ...signedIn,
      responses: {
        200: data(User, "Who is signed in."),
        304: { description: "Your copy is still good." },
        ...userFailures(),
      },
    }),
    async (c) => {
      const me = await getMe(c.get("ctx"), requireUser(c));
      return (await isFresh(c, me)) ? c.body(null, 304) : ok(c, User, me, 200);
    },
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/profile",
      operationId: "replaceProfile",
      summary: "Replace the fields of my profile that I may edit",
      description: "With `If-Match` it is refused when the profile is no longer the one that was read.",
      tags,
      ...signedIn,
      middleware: [mustBeSignedIn, mustSendSomething] as const,
      request: { body: body(ProfileReplacement) },
      responses: {
        200: data(User, "The profile as it is now."),
        ...userFailures("PRECONDITION_FAILED", "USERNAME_TAKEN", "CONFLICT"),
      },
    }),
    async (c) => {
      const me = await changeProfile(c.get("ctx"), requireUser(c), c.req.valid("json"), ifMatch(c));
      await isFresh(c, me);
      return ok(c, User, me, 200);
    },
  );
