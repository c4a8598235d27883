import type { AuthorizationServer, IDToken, UserInfoResponse } from "oauth4webapi";
import * as oauth from "oauth4webapi";
import type { LoginProvider, ProviderProfile } from "./provider.ts";
import { OAuthFailure } from "./provider.ts";
import { requestOptions } from "./requests.ts";
import type { LoginSettings } from "./settings.ts";

const DISCOVERED_FOR_MS = 3_600_000;

/** What issuers told of themselves, once an hour an isolate. The library keeps an issuer's keys as long as this object, five minutes at most. */
const discovered = new Map<string, { server: AuthorizationServer; at: number }>();

/** Any provider of OpenID Connect Core 1.0 that can be discovered. */
export function openidProvider(settings: LoginSettings): LoginProvider {
  const client = { client_id: settings.clientId };
  const options = requestOptions(settings.issuer);

  return {
    async authorizationUrl(flow, redirectUri) {
      const { authorization_endpoint } = await discover(settings);
      if (!authorization_endpoint) throw new OAuthFailure("The provider names no authorization endpoint.");
      const url = new URL(authorization_endpoint);
      const parameters = {
        client_id: settings.clientId,
        response_type: "code",
        redirect_uri: redirectUri,
        scope: "openid email profile",
        state: flow.state,
        nonce: flow.nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(flow.codeVerifier),
        code_challenge_method: "S256",
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return url;
    },

    async profile(answer, flow, redirectUri) {
      const server = await discover(settings);
      const checked = oauth.validateAuthResponse(server, client, answer, flow.state);
      const authentication = clientAuthentication(server, settings);
      const { codeVerifier, nonce } = flow;
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        authentication,
        checked,
        redirectUri,
        codeVerifier,
        options,
      );
      const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
        expectedNonce: nonce,
        requireIdToken: true,
      });
      await oauth.validateApplicationLevelSignature(server, response, options);
      const claims = oauth.getValidatedIdTokenClaims(tokens);
      if (!claims) throw new OAuthFailure("The provider sent no ID token.");
      return toProfile(claims, await userInfo(server, settings, tokens.access_token, claims));
    },
  };
}

async function discover(settings: LoginSettings): Promise<AuthorizationServer> {
  const known = discovered.get(settings.issuer);
  if (known && Date.now() - known.at < DISCOVERED_FOR_MS) return known.server;
  const issuer = new URL(settings.issuer);
  const response = await oauth.discoveryRequest(issuer, requestOptions(settings.issuer));
  const server = await oauth.processDiscoveryResponse(issuer, response);
  discovered.set(settings.issuer, { server, at: Date.now() });
  return server;
}

/** OpenID Connect Discovery 1.0: a provider that names no method takes `client_secret_basic`. */
function clientAuthentication(server: AuthorizationServer, { clientSecret }: LoginSettings) {
  const methods = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  return methods.includes("client_secret_basic")
    ? oauth.ClientSecretBasic(clientSecret)
    : oauth.ClientSecretPost(clientSecret);
}

/** Many providers put the e-mail address into the ID token; the others tell it when asked. */
async function userInfo(
  server: AuthorizationServer,
  settings: LoginSettings,
  accessToken: string,
  claims: IDToken,
): Promise<Partial<UserInfoResponse>> {
  const told = claims["email"] !== undefined && claims["email_verified"] !== undefined;
  if (told || !server.userinfo_endpoint) return {};
  const client = { client_id: settings.clientId };
  const response = await oauth.userInfoRequest(server, client, accessToken, requestOptions(settings.issuer));
  return await oauth.processUserInfoResponse(server, client, claims.sub, response);
}

function toProfile(idToken: IDToken, info: Partial<UserInfoResponse>): ProviderProfile {
  const claims = { ...idToken, ...info };
  return {
    subject: idToken.sub,
    email: textOf(claims["email"]),
    emailVerified: claims["email_verified"] === true,
    name: textOf(claims["name"]),
    avatarUrl: textOf(claims["picture"]),
  };
}

const textOf = (claim: unknown): string | null => (typeof claim === "string" && claim !== "" ? claim : null);
