import { createRoute } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { mfaCookie, clearMfaCookie, setTokenCookies } from "../../http/cookies.ts";
import { empty, ok } from "../../http/envelope.ts";
import { body, data, failures, nothing, signedIn, userFailures } from "../../http/openapi.ts";
import { rateLimitAuth } from "../../http/rate-limit.ts";
import { createRouter } from "../../http/router.ts";
import { WRONG_PASSWORD, invalid } from "../../platform/errors.ts";
import { SignedIn } from "../auth/schema.ts";
import { stepUp, verifyMfa } from "./proofs.ts";
import { MfaState, RecoveryCodes, StepUp, TotpCode, TotpEnrolment, VerifyMfa } from "./schema.ts";
import { confirmTotp, enrolTotp, getMfa, removeTotp, renewRecoveryCodes } from "./service.ts";

const tags = ["Auth"];

export const mfaRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/mfa",
      operationId: "getMfa",
      summary: "Whether my logins want a second factor",
      tags,
      ...signedIn,
      responses: { 200: data(MfaState, "The state of my second factor."), ...userFailures() },
    }),
    async (c) => ok(c, MfaState, await getMfa(c.get("ctx"), requireUser(c)), 200),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/mfa/totp",
      operationId: "enrolTotp",
      summary: "Begin to enrol an authenticator app",
      description: "Logins stay as they are until `/mfa/totp/confirm`. Asking again gives a new secret.",
      tags,
      ...signedIn,
      responses: {
        200: data(TotpEnrolment, "The secret, shown this once."),
        ...userFailures("STEP_UP_REQUIRED", "MFA_ALREADY_ENABLED"),
      },
    }),
    async (c) => ok(c, TotpEnrolment, await enrolTotp(c.get("ctx"), requireUser(c)), 200),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/mfa/totp/confirm",
      operationId: "confirmTotp",
      summary: "Turn the second factor on with its first code",
      tags,
      ...signedIn,
      request: { body: body(TotpCode) },
      responses: {
        200: data(RecoveryCodes, "Ten codes for the day the phone is lost; each is good once, and shown this once."),
        ...userFailures(WRONG_PASSWORD, "STEP_UP_REQUIRED", "NOT_FOUND", "MFA_ALREADY_ENABLED"),
      },
    }),
    async (c) => ok(c, RecoveryCodes, await confirmTotp(c.get("ctx"), requireUser(c), c.req.valid("json").code), 200),
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/mfa/totp",
      operationId: "removeTotp",
      summary: "Turn the second factor off, with one of its codes",
      tags,
      ...signedIn,
      request: { body: body(TotpCode) },
      responses: { 204: nothing, ...userFailures(WRONG_PASSWORD, "NOT_FOUND") },
    }),
    async (c) => {
      await removeTotp(c.get("ctx"), requireUser(c), c.req.valid("json").code);
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/mfa/recovery-codes",
      operationId: "renewRecoveryCodes",
      summary: "Have new recovery codes made; the older ones end",
      description: "With a code of the authenticator app, or with a recovery code that is left.",
      tags,
      ...signedIn,
      request: { body: body(TotpCode) },
      responses: {
        200: data(RecoveryCodes, "Ten codes; each is good once, and shown this once."),
        ...userFailures(WRONG_PASSWORD, "NOT_FOUND"),
      },
    }),
    async (c) =>
      ok(c, RecoveryCodes, await renewRecoveryCodes(c.get("ctx"), requireUser(c), c.req.valid("json").code), 200),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/mfa/verify",
      operationId: "verifyMfa",
      summary: "Finish a login that asked for a second factor",
      description:
        "Five tries go at once, then each waits longer. A code is good once, and so is the token: the first right code spends both.",
      tags,
      middleware: [rateLimitAuth] as const,
      request: { body: body(VerifyMfa) },
      responses: {
        200: data(SignedIn, "A new session."),
        ...failures("INVALID_TOKEN", "INVALID_CREDENTIALS", "ACCOUNT_SUSPENDED"),
      },
    }),
    async (c) => {
      const { code, mfaToken = mfaCookie(c) } = c.req.valid("json");
      if (mfaToken === undefined) throw invalid("body.mfaToken", "required", "the token of the login");
      const entered = await verifyMfa(c.get("ctx"), mfaToken, code);
      clearMfaCookie(c);
      setTokenCookies(c, entered);
      return ok(c, SignedIn, entered, 200);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/step-up",
      operationId: "stepUp",
      summary: "Show a factor again, for the sensitive calls of the next ten minutes",
      description: "With the password, or with a code. Signing in again, with a passkey for example, does as well.",
      tags,
      ...signedIn,
      request: { body: body(StepUp) },
      responses: { 204: nothing, ...userFailures(WRONG_PASSWORD, "NOT_FOUND") },
    }),
    async (c) => {
      await stepUp(c.get("ctx"), requireUser(c), c.req.valid("json"));
      return empty(c);
    },
  );
