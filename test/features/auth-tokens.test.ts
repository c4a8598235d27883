import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { JWTPayload } from "jose";
import { SignJWT, decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, importJWK } from "jose";
import { describe, expect, it } from "vitest";
import { app } from "../../src/app.ts";
import { accessTokens } from "../../src/platform/tokens.ts";
import { configOf } from "../../src/platform/config.ts";
import { newId } from "../../src/platform/ids.ts";
import { ORIGIN, call, get, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { PASSWORD, learner } from "../helpers/factories.ts";

const API = "/api/v1/auth";
const ME = "/api/v1/users/me";
const config = configOf(env);

async function ownKey() {
  const jwk = config.JWT_KEYS.keys[0];
  if (!jwk) throw new Error("no key");
  const { kty, crv, x, d = "" } = jwk;
  return { jwk, key: await importJWK({ kty, crv, x, d }, "EdDSA") };
}

interface Forgery {
  header?: Record<string, string>;
  claims?: JWTPayload;
  key?: CryptoKey | Uint8Array;
}

/** A token as the Worker signs it, but for what is forged. */
async function forge(person: Learner, { header = {}, claims = {}, key }: Forgery): Promise<string> {
  const own = await ownKey();
  return await new SignJWT({ ...decodeJwt(person.token), ...claims })
    .setProtectedHeader({ alg: "EdDSA", kid: own.jwk.kid, typ: "at+jwt", ...header })
    .sign(key ?? own.key);
}

const base64url = (value: unknown) =>
  btoa(JSON.stringify(value)).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");

describe("access tokens", () => {
  it("carry the claims of the contract and no more than they need", async () => {
    const mei = await learner();
    const claims = decodeJwt(mei.token);
    expect(claims).toMatchObject({
      iss: "guildhall",
      aud: "guildhall",
      sub: mei.id,
      username: mei.username,
      roles: ["student"],
    });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(900);
    expect(await get(ME, await forge(mei, {}))).toMatchObject({ status: 200 });
  });

  it("say that they ended, beyond a tolerance of clocks", async () => {
    const mei = await learner();
    const now = Math.floor(Date.now() / 1000);
    expect((await get(ME, await forge(mei, { claims: { exp: now - 31 } }))).code).toBe("TOKEN_EXPIRED");
    expect((await get(ME, await forge(mei, { claims: { exp: now - 5 } }))).status).toBe(200);
  });

  it("are refused from another issuer, for another audience, of another type, by an unknown or a wrong key", async () => {
    const mei = await learner();
    const stranger = (await generateKeyPair("Ed25519", { extractable: true })).privateKey;
    const forgeries: Forgery[] = [
      { claims: { iss: "elsewhere" } },
      { claims: { aud: "elsewhere" } },
      { header: { typ: "JWT" } },
      { header: { kid: "unknown" } },
      { key: stranger },
      { header: { kid: "unknown" }, key: stranger },
      { claims: { roles: ["emperor"] } },
    ];
    for (const forgery of forgeries)
      expect(await get(ME, await forge(mei, forgery))).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
  });

  it("are refused unsigned, and signed by HMAC with the public key", async () => {
    const mei = await learner();
    const { jwk } = await ownKey();
    const [header, body] = [{ alg: "none", kid: jwk.kid, typ: "at+jwt" }, decodeJwt(mei.token)].map(base64url);
    const confused = new TextEncoder().encode(JSON.stringify((await get("/.well-known/jwks.json")).body.keys[0]));
    const forged = [
      `${header}.${body}.`,
      `${header}.${body}.${mei.token.split(".")[2]}`,
      await forge(mei, { header: { alg: "HS256" }, key: confused }),
      await forge(mei, { header: { alg: "HS256" }, key: Uint8Array.fromBase64(jwk.x, { alphabet: "base64url" }) }),
      `${mei.token.split(".").slice(0, 2).join(".")}.${"A".repeat(86)}`,
      "not.a.token",
    ];
    for (const token of forged) expect(await get(ME, token)).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
  });

  it("outlive a rotation of keys", async () => {
    const mei = await learner();
    const { privateKey } = await generateKeyPair("Ed25519", { extractable: true });
    const { x = "", d = "" } = await exportJWK(privateKey);
    const next = { kty: "OKP" as const, crv: "Ed25519" as const, x, d, kid: "next" };
    const retired = config.JWT_KEYS.keys.map((key) => ({ ...key, d: undefined }));
    const rotated = accessTokens({ ...config, JWT_KEYS: { keys: [next, ...retired] } });

    expect((await rotated.verify(mei.token)).id).toBe(mei.id);
    const subject = {
      id: mei.id,
      username: mei.username,
      email: mei.email,
      role: "student" as const,
      mustChangePassword: false,
    };
    const fresh = await rotated.issue(subject, newId(), newId());
    expect((await rotated.verify(fresh)).id).toBe(mei.id);
    expect(rotated.publicKeys().map((key) => key.kid)).toEqual(["next", ...retired.map((key) => key.kid)]);
    await expect(accessTokens(config).verify(fresh)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });
});

/** The Worker under other variables, as it is after a deployment that changed them. */
async function callWith(variables: Record<string, string>, request: Request): Promise<Response> {
  const context = createExecutionContext();
  const response = await app.fetch(request, { ...env, ...variables }, context);
  await waitOnExecutionContext(context);
  return response;
}

describe("a rotation of the signing keys", () => {
  const rotate = async () => {
    const { privateKey } = await generateKeyPair("Ed25519", { extractable: true });
    const { x = "", d = "" } = await exportJWK(privateKey);
    return JSON.stringify({ keys: [{ kty: "OKP", crv: "Ed25519", x, d, kid: "newest" }, ...config.JWT_KEYS.keys] });
  };
  const json = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
    new Request(`${ORIGIN}${path}`, {
      method,
      headers: { "Content-Type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  it("logs nobody out, signs with the new key and publishes both", async () => {
    const mei = await learner();
    const JWT_KEYS = await rotate();
    const old = await callWith({ JWT_KEYS }, json("GET", ME, { Authorization: `Bearer ${mei.token}` }));
    expect(old.status).toBe(200);

    const refreshed = await callWith(
      { JWT_KEYS },
      json("POST", `${API}/refresh`, {}, { refreshToken: mei.refreshToken }),
    );
    const { data } = await refreshed.json<{ data: { accessToken: string } }>();
    expect(decodeProtectedHeader(data.accessToken)).toMatchObject({ kid: "newest", alg: "EdDSA", typ: "at+jwt" });
    const fresh = await callWith({ JWT_KEYS }, json("GET", ME, { Authorization: `Bearer ${data.accessToken}` }));
    expect(fresh.status).toBe(200);

    const published = await callWith({ JWT_KEYS }, json("GET", "/.well-known/jwks.json", {}));
    expect(published.headers.get("Cache-Control")).toBe("public, max-age=300");
    const { keys } = await published.json<{ keys: Record<string, string>[] }>();
    expect(keys.map(({ kid }) => kid)).toEqual(["newest", ...config.JWT_KEYS.keys.map(({ kid }) => kid)]);
    for (const key of keys) expect(Object.keys(key).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x"]);
  });
});

describe("cookies", () => {
  const signIn = async (remember = false) => {
    const mei = await learner();
    const answer = await post(`${API}/login`, { email: mei.email, password: PASSWORD, remember });
    const lines = answer.headers.getSetCookie();
    return { mei, lines, cookie: lines.map((line) => line.split(";")[0]).join("; ") };
  };
  const create = (headers: Record<string, string>, token?: string) =>
    post("/api/v1/goals", { title: "Speak Spanish" }, token, { headers });

  it("are for the browser alone", async () => {
    const { lines } = await signIn();
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      for (const attribute of ["HttpOnly", "Secure", "SameSite=Lax"]) expect(line).toContain(attribute);
      expect(line).not.toContain("Domain");
    }
    expect(lines[0]).toMatch(/^__Host-guildhall_access=.*Max-Age=900; Path=\/;/u);
    expect(lines[1]).toMatch(/^__Secure-guildhall_refresh=.*Max-Age=604\d{3}; Path=\/api;/u);
    expect((await signIn(true)).lines[1]).toMatch(/Max-Age=2592000|Max-Age=2591999/u);
  });

  it("sign in and refresh, by either address of the API", async () => {
    const { mei, cookie } = await signIn();
    expect((await get(ME, undefined, { headers: { Cookie: cookie } })).data.id).toBe(mei.id);
    const refreshed = await call("POST", "/api/auth/refresh", { headers: { Cookie: cookie, Origin: ORIGIN } });
    expect(refreshed.status).toBe(200);
    expect(refreshed.headers.getSetCookie()).toHaveLength(2);
  });

  it("bear prefixes by https only, and the document names them as they are", async () => {
    const mei = await learner();
    for (const [origin, access, refresh] of [
      ["https://guildhall.test", "__Host-guildhall_access", "__Secure-guildhall_refresh"],
      ["http://localhost:8787", "guildhall_access", "guildhall_refresh"],
    ] as const) {
      const ask = (path: string, init: RequestInit = {}) => callWith({}, new Request(`${origin}${path}`, init));
      const entered = await ask(`${API}/login`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ email: mei.email, password: PASSWORD }),
      });
      const pairs = entered.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");
      expect(pairs.map((pair) => pair.split("=")[0])).toEqual([access, refresh]);
      expect((await ask(ME, { headers: { Cookie: pairs.join("; ") } })).status).toBe(200);
      const document = await (
        await ask("/openapi.json")
      ).json<{
        components: { securitySchemes: { cookie: { name: string } } };
      }>();
      expect(document.components.securitySchemes.cookie.name).toBe(access);
    }
    expect((await get(ME, undefined, { headers: { Cookie: `guildhall_access=${mei.token}` } })).status).toBe(401);
  });

  it("are cleared by a logout", async () => {
    const { cookie } = await signIn();
    const answer = await call("POST", `${API}/logout`, { headers: { Cookie: cookie, Origin: ORIGIN } });
    expect(answer.status).toBe(204);
    for (const line of answer.headers.getSetCookie()) expect(line).toMatch(/=; Max-Age=0/u);
    expect((await get(ME, undefined, { headers: { Cookie: cookie } })).code).toBe("TOKEN_REVOKED");
  });

  it("do not let a foreign page act", async () => {
    const { mei, cookie } = await signIn();
    const foreign = { Origin: "https://evil.example" };
    const refused = { status: 403, code: "CSRF_REJECTED" };
    expect(await create({ ...foreign, Cookie: cookie })).toMatchObject(refused);
    expect(await create({ Origin: "null", Cookie: cookie })).toMatchObject(refused);
    expect(await create({ Origin: `${ORIGIN}.evil.example`, Cookie: cookie })).toMatchObject(refused);
    expect(await create({ "Sec-Fetch-Site": "cross-site", Cookie: cookie })).toMatchObject(refused);
    const refresh = await call("POST", `${API}/refresh`, { headers: { ...foreign, Cookie: cookie } });
    expect(refresh).toMatchObject(refused);
    expect((await get("/api/v1/goals", mei.token)).data).toEqual([]);

    expect(await create({ Origin: ORIGIN, "Sec-Fetch-Site": "cross-site", Cookie: cookie })).toMatchObject(refused);
    expect((await create({ Origin: ORIGIN, Cookie: cookie })).status).toBe(201);
    const listed = new Request(`${ORIGIN}${API}/logout`, {
      method: "POST",
      headers: { Origin: "https://app.example", "Sec-Fetch-Site": "cross-site", Cookie: cookie },
    });
    expect((await callWith({ ALLOWED_ORIGINS: "https://app.example" }, listed.clone())).status).toBe(204);
    expect((await callWith({ ALLOWED_ORIGINS: "https://other.example" }, listed)).status).toBe(403);
    expect((await create(foreign, mei.token)).status).toBe(201);
    expect((await get(ME, mei.token, { headers: { ...foreign, "Sec-Fetch-Site": "cross-site" } })).status).toBe(200);
  });
});
