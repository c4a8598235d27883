import type { ServiceContext } from "../../context.ts";
import type { Actor } from "../../platform/actor.ts";
import type { ErrorCode } from "../../platform/errors.ts";
import { AppError, invalid, notFound } from "../../platform/errors.ts";
import { loginProvider } from "../../platform/oauth/choose.ts";
import type { LoginProvider, ProviderProfile } from "../../platform/oauth/provider.ts";
import { OAuthFailure } from "../../platform/oauth/provider.ts";
import { describeError } from "../../platform/redact.ts";
import type { IssuedTokens } from "../auth/sessions.ts";
import { linkIdentity, signInWith } from "./accounts.ts";
import type { Flow } from "./flow.ts";
import { newFlow, sealFlow, takeFlow } from "./flow.ts";
import { trustedTarget, withError } from "./rules.ts";

interface Start {
  provider: string;
  redirectTo: string | undefined;
  /** The origin of this Worker, as the browser knows it. */
  ownOrigin: string;
}

/** Where to send the browser, and the sealed cookie that it has to come back with. */
export async function startLogin(
  ctx: ServiceContext,
  actor: Actor,
  { provider: name, redirectTo = ctx.appUrl, ownOrigin }: Start,
): Promise<{ location: string; flow?: string }> {
  const provider = providerOf(ctx, name);
  const trusted = [...ctx.config.ALLOWED_ORIGINS, ...(redirectTo === ctx.appUrl ? [new URL(redirectTo).origin] : [])];
  const target = trustedTarget(redirectTo, ownOrigin, trusted);
  if (target === null) throw invalid("query.redirectTo", "untrusted", "an address of this origin or an allowed one");
  const link = actor.kind === "user" ? { id: actor.id, sessionId: actor.sessionId } : null;
  const flow = newFlow({ provider: name, redirectTo: target, link });
  try {
    const location = await provider.authorizationUrl(flow, callbackOf(ownOrigin, name));
    return { location: location.href, flow: await sealFlow(ctx, flow) };
  } catch (error) {
    return { location: withError(target, failureCode(ctx, error)) };
  }
}

/** How a browser leaves: where to, and signed in if it comes with tokens. */
export interface Landing {
  location: string;
  tokens?: IssuedTokens;
  mfaToken?: string;
}

interface Return {
  provider: string;
  answer: URLSearchParams;
  flow: string | undefined;
  ownOrigin: string;
}

/** The way back from the provider. Whatever goes wrong is told where the browser wanted to go, as `error=<CODE>`. */
export async function finishLogin(ctx: ServiceContext, { provider: name, ...input }: Return): Promise<Landing> {
  const provider = providerOf(ctx, name);
  const flow = await takeFlow(ctx, input.flow, name, input.answer.get("state"));
  if (!flow) return { location: withError(ctx.appUrl, "INVALID_STATE" satisfies ErrorCode) };
  try {
    const profile = await provider.profile(input.answer, flow, callbackOf(input.ownOrigin, name));
    return await land(ctx, flow, profile);
  } catch (error) {
    return { location: withError(flow.redirectTo, failureCode(ctx, error)) };
  }
}

async function land(ctx: ServiceContext, flow: Flow, profile: ProviderProfile): Promise<Landing> {
  const location = flow.redirectTo;
  if (flow.link && (await linkIdentity(ctx, flow.link, flow.provider, profile))) return { location };
  const entry = await signInWith(ctx, flow.provider, profile);
  return "mfaToken" in entry
    ? { location: withError(location, "MFA_REQUIRED" satisfies ErrorCode), mfaToken: entry.mfaToken }
    : { location, tokens: entry };
}

function providerOf(ctx: ServiceContext, name: string): LoginProvider {
  const provider = loginProvider(ctx.config.LOGINS, name);
  if (!provider) throw notFound("login provider");
  return provider;
}

const callbackOf = (ownOrigin: string, name: string): string => `${ownOrigin}/api/v1/auth/oauth/${name}/callback`;

/** Our own refusals keep their code; the provider's are one of two, and only the log knows more. */
function failureCode(ctx: ServiceContext, error: unknown): ErrorCode {
  if (error instanceof AppError) return error.code;
  if (error instanceof OAuthFailure && error.denied) return "LOGIN_DENIED";
  if (error instanceof OAuthFailure) {
    ctx.logger.warn("login provider failed", { reason: describeError(error) });
    return "PROVIDER_FAILED";
  }
  throw error;
}
