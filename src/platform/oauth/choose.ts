import { AuthorizationResponseError } from "oauth4webapi";
import { githubProvider } from "./github.ts";
import { openidProvider } from "./openid.ts";
import type { LoginProvider } from "./provider.ts";
import { OAuthFailure } from "./provider.ts";
import type { Logins } from "./settings.ts";

/** The provider of that name, or null when none is configured. */
export function loginProvider(logins: Logins, name: string): LoginProvider | null {
  const settings = logins.get(name);
  if (!settings) return null;
  const provider = settings.kind === "github" ? githubProvider(settings) : openidProvider(settings);
  return {
    authorizationUrl: (...input) => provider.authorizationUrl(...input).catch(refuse),
    profile: (...input) => provider.profile(...input).catch(refuse),
  };
}

/** The libraries below throw errors of many kinds; above there are two, "no" and "something is wrong with the provider". */
function refuse(cause: unknown): never {
  if (cause instanceof OAuthFailure) throw cause;
  const denied = cause instanceof AuthorizationResponseError && cause.error === "access_denied";
  throw new OAuthFailure(denied ? "The login was refused." : "The provider's answer cannot be used.", {
    denied,
    cause,
  });
}
