import type { AuthorizationServer } from "oauth4webapi";
import * as oauth from "oauth4webapi";
import { z } from "zod";
import type { LoginProvider } from "./provider.ts";
import { OAuthFailure } from "./provider.ts";
import { requestOptions } from "./requests.ts";
import type { LoginSettings } from "./settings.ts";

const GithubUser = z.object({
  id: z.int(),
  login: z.string(),
  name: z.string().nullish(),
  avatar_url: z.string().nullish(),
});
const GithubEmails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

/** GitHub, or a GitHub Enterprise Server: plain OAuth 2.0, and its own API for who it is. */
export function githubProvider(settings: LoginSettings): LoginProvider {
  const { issuer, clientId, clientSecret } = settings;
  const login = `${issuer.replace(/\/$/u, "")}/login/oauth`;
  const server: AuthorizationServer = {
    issuer: login,
    authorization_endpoint: `${login}/authorize`,
    token_endpoint: `${login}/access_token`,
  };
  const client = { client_id: clientId };
  const options = requestOptions(issuer);

  const read = async <T extends z.ZodType>(path: string, accessToken: string, schema: T): Promise<z.output<T>> => {
    const headers = new Headers({
      accept: "application/vnd.github+json",
      "user-agent": "guildhall",
      "x-github-api-version": "2022-11-28",
    });
    const url = new URL(`${apiOf(issuer)}${path}`);
    const response = await oauth.protectedResourceRequest(accessToken, "GET", url, headers, null, options);
    if (!response.ok) throw new OAuthFailure(`GitHub answered ${response.status} to ${path}.`);
    return schema.parse(await response.json());
  };

  return {
    async authorizationUrl(flow, redirectUri) {
      const url = new URL(`${login}/authorize`);
      const parameters = {
        client_id: clientId,
        redirect_uri: redirectUri,
        scope: "read:user user:email",
        state: flow.state,
        code_challenge: await oauth.calculatePKCECodeChallenge(flow.codeVerifier),
        code_challenge_method: "S256",
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return url;
    },

    async profile(answer, flow, redirectUri) {
      const checked = oauth.validateAuthResponse(server, client, answer, flow.state);
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        oauth.ClientSecretPost(clientSecret),
        checked,
        redirectUri,
        flow.codeVerifier,
        options,
      );
      const { access_token } = await oauth.processAuthorizationCodeResponse(server, client, response);
      const [user, emails] = await Promise.all([
        read("/user", access_token, GithubUser),
        read("/user/emails", access_token, GithubEmails),
      ]);
      const primary = emails.find((entry) => entry.primary);
      return {
        subject: String(user.id),
        email: primary?.email ?? null,
        emailVerified: primary?.verified ?? false,
        name: user.name ?? user.login,
        avatarUrl: user.avatar_url ?? null,
      };
    },
  };
}

const apiOf = (base: string): string =>
  new URL(base).hostname === "github.com" ? "https://api.github.com" : `${base.replace(/\/$/u, "")}/api/v3`;
