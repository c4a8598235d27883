import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";

export interface OidcCounterpart {
  issuer: string;
  clientId: string;
  clientSecret: string;
}

const client = { clientId: "guildhall", clientSecret: "the secret of a client on loopback" };

/**
 * A real OpenID provider on loopback (the certified npm package), with its own pages for login and consent.
 * `mei.verified` and `mei.unverified` are people whose address is `mei@example.org`, verified or not.
 */
export async function startOidc(): Promise<{ counterpart: OidcCounterpart; stop(): Promise<void> }> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = quietly(
    () =>
      new Provider(issuer, {
        clients: [
          {
            client_id: client.clientId,
            client_secret: client.clientSecret,
            redirect_uris: ["https://guildhall.test/api/v1/auth/oauth/loopback/callback"],
            response_types: ["code"],
          },
        ],
        pkce: { required: () => true },
        claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "picture"] },
        findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => claimsOf(accountId) }),
        cookies: { keys: ["one", "two"] },
      }),
  );
  server.on("request", provider.callback());
  return { counterpart: { issuer, ...client }, stop: async () => void (await new Promise((end) => server.close(end))) };
}

/** It warns that keys, storage and pages of its own are good for development only, which this is. */
function quietly<T>(work: () => T): T {
  const { warn } = console;
  console.warn = () => {};
  try {
    return work();
  } finally {
    console.warn = warn;
  }
}

function claimsOf(sub: string) {
  const [name = "", state] = sub.split(".");
  const email = { email: `${name}@example.org`, email_verified: state === "verified" };
  return { sub, name: `${name} of the provider`, picture: "https://example.org/face.png", ...email };
}
