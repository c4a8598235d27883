import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface GithubCounterpart {
  url: string;
  clientId: string;
  clientSecret: string;
}

const client = { clientId: "guildhall-on-github", clientSecret: "the secret of an app on loopback" };

/**
 * The endpoints of a GitHub Enterprise Server that a login needs, on loopback. Who is signed in there is said by the
 * query's `user`; `user=nobody` refuses. `user=mei-unverified` has no verified address.
 */
export async function startGithub(): Promise<{ counterpart: GithubCounterpart; stop(): Promise<void> }> {
  const codes = new Map<string, { user: string; challenge: string }>();
  const tokens = new Map<string, string>();
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const answer = (body: unknown, status = 200) =>
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    const url = new URL(request.url ?? "/", "http://localhost");
    const user = tokens.get((request.headers.authorization ?? "").replace(/^Bearer /u, ""));
    switch (`${request.method} ${url.pathname}`) {
      case "GET /login/oauth/authorize":
        return response.writeHead(302, { Location: authorize(url.searchParams, codes) }).end();
      case "POST /login/oauth/access_token": {
        const form = new URLSearchParams(await textOf(request));
        const code = codes.get(form.get("code") ?? "");
        codes.delete(form.get("code") ?? "");
        const challenge = createHash("sha256")
          .update(form.get("code_verifier") ?? "")
          .digest("base64url");
        if (form.get("client_secret") !== client.clientSecret) return answer({ error: "incorrect_client_credentials" });
        if (code?.challenge !== challenge) return answer({ error: "bad_verification_code" });
        const token = `gho_${randomUUID()}`;
        tokens.set(token, code.user);
        return answer({ access_token: token, token_type: "bearer", scope: "read:user,user:email" });
      }
      case "GET /api/v3/user":
        if (user === undefined) return answer({ message: "Bad credentials" }, 401);
        return answer({ id: idOf(user), login: user, name: null, avatar_url: "https://example.org/octo.png" });
      case "GET /api/v3/user/emails":
        if (user === undefined) return answer({ message: "Bad credentials" }, 401);
        return answer([
          { email: `${user}@users.noreply.example.org`, primary: false, verified: true },
          { email: `${user}@example.org`, primary: true, verified: !user.endsWith("unverified") },
        ]);
      default:
        return answer({ message: "Not Found" }, 404);
    }
  };
  const server = createServer((request, response) => void handle(request, response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { counterpart: { url, ...client }, stop: async () => void (await new Promise((end) => server.close(end))) };
}

function authorize(query: URLSearchParams, codes: Map<string, { user: string; challenge: string }>): string {
  const back = new URL(query.get("redirect_uri") ?? "");
  back.searchParams.set("state", query.get("state") ?? "");
  const user = query.get("user") ?? "nobody";
  if (user === "nobody") {
    back.searchParams.set("error", "access_denied");
    return back.href;
  }
  const code = randomUUID();
  codes.set(code, { user, challenge: query.get("code_challenge") ?? "" });
  back.searchParams.set("code", code);
  return back.href;
}

/** GitHub knows people by a number that outlives their name. */
const idOf = (user: string): number => createHash("sha256").update(user).digest().readUInt32BE();

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
