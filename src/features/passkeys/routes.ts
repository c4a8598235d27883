import { createRoute, z } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { setTokenCookies } from "../../http/cookies.ts";
import { created, empty, ok } from "../../http/envelope.ts";
import { IdParam, body, data, failures, nothing, signedIn, userFailures } from "../../http/openapi.ts";
import { rateLimitAuth } from "../../http/rate-limit.ts";
import { createRouter } from "../../http/router.ts";
import { WRONG_PASSWORD } from "../../platform/errors.ts";
import { SignedIn } from "../auth/schema.ts";
import { loginOptions, loginWithPasskey } from "./login.ts";
import { LoginOptions, NewPasskey, Passkey, PasskeyLogin, RegistrationOptions } from "./schema.ts";
import { addPasskey, listPasskeys, registrationOptions, removePasskey } from "./service.ts";

const tags = ["Auth"];

export const passkeyRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/passkeys",
      operationId: "listPasskeys",
      summary: "My passkeys, oldest first",
      tags,
      ...signedIn,
      responses: { 200: data(z.array(Passkey), "Twenty at most."), ...userFailures() },
    }),
    async (c) => ok(c, z.array(Passkey), await listPasskeys(c.get("ctx"), requireUser(c)), 200),
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/passkeys/{id}",
      operationId: "removePasskey",
      summary: "Remove a passkey, but never the last way in",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 204: nothing, ...userFailures("NOT_FOUND", "STEP_UP_REQUIRED", "LAST_LOGIN_METHOD") },
    }),
    async (c) => {
      await removePasskey(c.get("ctx"), requireUser(c), c.req.valid("param").id);
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/passkeys/register/options",
      operationId: "passkeyRegistrationOptions",
      summary: "Begin to add a passkey",
      tags,
      ...signedIn,
      responses: {
        200: data(RegistrationOptions, "With a challenge that is good once, for five minutes."),
        ...userFailures("STEP_UP_REQUIRED"),
      },
    }),
    async (c) => ok(c, RegistrationOptions, await registrationOptions(c.get("ctx"), requireUser(c)), 200),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/passkeys/register/verify",
      operationId: "addPasskey",
      summary: "Add the passkey that the browser made",
      tags,
      ...signedIn,
      request: { body: body(NewPasskey) },
      responses: {
        201: data(Passkey, "The passkey."),
        ...userFailures("INVALID_TOKEN", WRONG_PASSWORD, "STEP_UP_REQUIRED", "CONFLICT", "LIMIT_REACHED"),
      },
    }),
    async (c) => {
      const passkey = await addPasskey(c.get("ctx"), requireUser(c), c.req.valid("json"));
      return created(c, Passkey, passkey, "/api/v1/auth/passkeys");
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/passkeys/login/options",
      operationId: "passkeyLoginOptions",
      summary: "Begin to sign in with a passkey; no username is needed",
      tags,
      middleware: [rateLimitAuth] as const,
      responses: { 200: data(LoginOptions, "With a challenge that is good once, for five minutes."), ...failures() },
    }),
    async (c) => ok(c, LoginOptions, await loginOptions(c.get("ctx")), 200),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/passkeys/login/verify",
      operationId: "loginWithPasskey",
      summary: "Sign in with the passkey that the browser used",
      description: "No second factor is asked for: a passkey is two by itself.",
      tags,
      middleware: [rateLimitAuth] as const,
      request: { body: body(PasskeyLogin) },
      responses: {
        200: data(SignedIn, "A new session."),
        ...failures("INVALID_TOKEN", "INVALID_CREDENTIALS", "ACCOUNT_SUSPENDED"),
      },
    }),
    async (c) => {
      const entered = await loginWithPasskey(c.get("ctx"), c.req.valid("json"));
      setTokenCookies(c, entered);
      return ok(c, SignedIn, entered, 200);
    },
  );
