import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { requireUser } from "../../http/authentication.ts";
import { clearFlowCookie, flowCookie, setFlowCookie, setMfaCookie, setTokenCookies } from "../../http/cookies.ts";
import { empty, ok } from "../../http/envelope.ts";
import type { AppEnv } from "../../http/env.ts";
import { data, failures, nothing, signedIn, userFailures } from "../../http/openapi.ts";
import { rateLimitAuth } from "../../http/rate-limit.ts";
import { createRouter } from "../../http/router.ts";
import { isTrustedOrigin } from "../../http/security.ts";
import type { Actor } from "../../platform/actor.ts";
import { MFA_TOKEN_SECONDS } from "../mfa/challenges.ts";
import { FLOW_SECONDS } from "./flow.ts";
import { listIdentities, removeIdentity } from "./identities.ts";
import { Identity, ProviderAnswer, ProviderParam, StartLogin } from "./schema.ts";
import type { Landing } from "./service.ts";
import { finishLogin, startLogin } from "./service.ts";

const tags = ["Auth"];

const redirect = (description: string) => ({
  description,
  headers: z.object({ Location: z.url().openapi({ example: "https://app.guildhall.example/welcome" }) }),
});

const originOf = (c: Context<AppEnv>): string => new URL(c.req.url).origin;

/** Another site may send a browser here, with its cookies; a login must not be linked to an account because of that. */
function linkingActor(c: Context<AppEnv>): Actor {
  const crossSite = c.req.header("Sec-Fetch-Site") === "cross-site" && c.get("credential") === "cookie";
  const referer = c.req.header("Referer") ?? "";
  const { ALLOWED_ORIGINS } = c.get("ctx").config;
  const trusted = URL.canParse(referer) && isTrustedOrigin(new URL(referer).origin, c.req.url, ALLOWED_ORIGINS);
  return crossSite && !trusted ? { kind: "anonymous" } : c.get("actor");
}

function leave(c: Context<AppEnv>, { location, tokens, mfaToken }: Landing) {
  clearFlowCookie(c);
  if (tokens) setTokenCookies(c, tokens);
  if (mfaToken !== undefined) setMfaCookie(c, mfaToken, MFA_TOKEN_SECONDS);
  return c.redirect(location, 302);
}

export const oauthRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/oauth/{provider}",
      operationId: "startProviderLogin",
      summary: "Sign in at a provider; open it in the browser",
      description:
        "`github`, `google`, or any OpenID provider of the configuration. With somebody signed in, the login is linked to their account instead. If the provider cannot be reached, the browser is sent to `redirectTo` with `error=PROVIDER_FAILED`.",
      tags,
      middleware: [rateLimitAuth] as const,
      request: { params: ProviderParam, query: StartLogin },
      responses: { 302: redirect("To the provider."), ...failures("NOT_FOUND") },
    }),
    async (c) => {
      const { provider } = c.req.valid("param");
      const start = { provider, redirectTo: c.req.valid("query").redirectTo, ownOrigin: originOf(c) };
      const { location, flow } = await startLogin(c.get("ctx"), linkingActor(c), start);
      if (flow !== undefined) setFlowCookie(c, flow, FLOW_SECONDS);
      return c.redirect(location, 302);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/oauth/{provider}/callback",
      operationId: "finishProviderLogin",
      summary: "Where the provider sends the browser back to",
      description:
        "Leads to `redirectTo`, with the tokens as cookies and never in the address. A failure is told there as `error=<CODE>`: `INVALID_STATE` (then at `APP_URL`), `LOGIN_DENIED`, `PROVIDER_FAILED`, `EMAIL_NOT_VERIFIED`, `EMAIL_TAKEN`, `IDENTITY_TAKEN`, `STEP_UP_REQUIRED`, `ACCOUNT_SUSPENDED`, or `MFA_REQUIRED`: then a cookie holds the `mfaToken`, and `/mfa/verify` needs only the code.",
      tags,
      middleware: [rateLimitAuth] as const,
      request: { params: ProviderParam, query: ProviderAnswer },
      responses: { 302: redirect("To where the login began."), ...failures("NOT_FOUND") },
    }),
    async (c) => {
      const { provider } = c.req.valid("param");
      const answer = new URL(c.req.url).searchParams;
      const back = { provider, answer, flow: flowCookie(c), ownOrigin: originOf(c) };
      return leave(c, await finishLogin(c.get("ctx"), back));
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/identities",
      operationId: "listIdentities",
      summary: "My logins at providers",
      tags,
      ...signedIn,
      responses: { 200: data(z.array(Identity), "Linked logins."), ...userFailures() },
    }),
    async (c) => ok(c, z.array(Identity), await listIdentities(c.get("ctx"), requireUser(c)), 200),
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/identities/{provider}",
      operationId: "removeIdentity",
      summary: "Unlink a login, but never the last way in",
      tags,
      ...signedIn,
      request: { params: ProviderParam },
      responses: { 204: nothing, ...userFailures("NOT_FOUND", "STEP_UP_REQUIRED", "LAST_LOGIN_METHOD") },
    }),
    async (c) => {
      await removeIdentity(c.get("ctx"), requireUser(c), c.req.valid("param").provider);
      return empty(c);
    },
  );
