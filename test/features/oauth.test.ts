import { env } from "cloudflare:workers";
import { describe, expect, inject, it } from "vitest";
import { codeNow, withTotp } from "../helpers/authenticator-app.ts";
import { Browser } from "../helpers/browser.ts";
import { ORIGIN, call, get, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { PASSWORD, learner } from "../helpers/factories.ts";
import { mailTo } from "../helpers/mailbox.ts";

const API = "/api/v1/auth";
const APP = "https://app.guildhall.test";
const oidc = inject("oidc");
const github = inject("github");

Object.assign(env, {
  ALLOWED_ORIGINS: APP,
  OIDC_LOOPBACK_ISSUER: oidc.issuer,
  OIDC_LOOPBACK_CLIENT_ID: oidc.clientId,
  OIDC_LOOPBACK_CLIENT_SECRET: oidc.clientSecret,
  OIDC_GONE_ISSUER: "http://127.0.0.1:1",
  OIDC_GONE_CLIENT_ID: "nobody",
  OIDC_GONE_CLIENT_SECRET: "nothing",
  GITHUB_BASE_URL: github.url,
  GITHUB_CLIENT_ID: github.clientId,
  GITHUB_CLIENT_SECRET: github.clientSecret,
});

const fresh = () => `m${crypto.randomUUID().slice(0, 8)}`;
const target = `${APP}/welcome?tab=1`;
const start = (provider: string, redirectTo = target) =>
  `${API}/oauth/${provider}?redirectTo=${encodeURIComponent(redirectTo)}`;
const isCallback = ({ href }: URL) => href.startsWith(`${ORIGIN}${API}/oauth/`);
const isForm = ({ pathname }: URL) => pathname.startsWith("/interaction/");
const form = (fields: Record<string, string>): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
  body: new URLSearchParams(fields).toString(),
});

/** Opens the login, and signs in and consents on the provider's own pages; the address that they lead back to, unvisited. */
async function throughOidc(
  browser: Browser,
  login: string,
  options: { token?: string; tamper?: (url: URL) => void } = {},
): Promise<URL> {
  const init = options.token ? { headers: { Authorization: `Bearer ${options.token}` } } : {};
  const authorize = await browser.follow(start("loopback"), ({ origin }) => origin === oidc.issuer, init);
  options.tamper?.(authorize);
  const signIn = await browser.follow(authorize, isForm);
  const consent = await browser.follow(signIn, isForm, form({ prompt: "login", login, password: "any" }));
  return await browser.follow(consent, isCallback, form({ prompt: "consent" }));
}

async function throughGithub(browser: Browser, user: string, token?: string): Promise<URL> {
  const init = token ? { headers: { Authorization: `Bearer ${token}` } } : {};
  const authorize = await browser.follow(start("github"), ({ origin }) => origin === github.url, init);
  authorize.searchParams.set("user", user);
  return await browser.follow(authorize, isCallback);
}

/** Visits the callback: where it leads, and what it says went wrong. */
async function land(browser: Browser, callback: URL): Promise<{ href: string; error: string | null }> {
  const response = await browser.fetch(callback);
  expect(response.status).toBe(302);
  const url = new URL(response.headers.get("Location") ?? "");
  return { href: url.href, error: url.searchParams.get("error") };
}

async function me(browser: Browser) {
  const response = await browser.fetch("/api/v1/users/me");
  const answer: {
    data?: { id: string; email: string; username: string; emailVerified: boolean; displayName: string };
  } = await response.json();
  return answer.data;
}

const verifyEmail = (person: Learner) =>
  env.DB.prepare("UPDATE users SET email_verified_at = 1 WHERE id = ?").bind(person.id).run();
const identities = async (person: { id: string }) =>
  (await env.DB.prepare("SELECT provider, subject FROM identities WHERE user_id = ?").bind(person.id).all()).results;

/** Somebody of whose address the provider says that it is theirs. */
const named = (name: string) => learner({ email: `${name}@example.org`, username: name });

describe("a login at an OpenID provider", () => {
  it("makes an account, as verified as the provider says, and signs in by cookies alone", async () => {
    const [browser, name] = [new Browser(), fresh()];
    const landed = await land(browser, await throughOidc(browser, `${name}.verified`));
    expect(landed).toEqual({ href: target, error: null });
    const account = await me(browser);
    expect(account).toMatchObject({ email: `${name}@example.org`, emailVerified: true, username: name });
    expect(account?.displayName).toBe(`${name} of the provider`);

    const login = await post(`${API}/login`, { email: `${name}@example.org`, password: PASSWORD });
    expect(login.code).toBe("INVALID_CREDENTIALS");
    const actions = await env.DB.prepare("SELECT action, details FROM audit_log WHERE actor_id = ? ORDER BY id")
      .bind(account?.id)
      .all();
    expect(actions.results.map((row) => row["action"])).toEqual([
      "user.registered",
      "identity.linked",
      "session.started",
    ]);
    expect(actions.results.at(-1)?.["details"]).toContain("oauth:loopback");
  });

  it("finds the account again, whatever became of its address", async () => {
    const [name, browser] = [fresh(), new Browser()];
    await land(browser, await throughOidc(browser, `${name}.verified`));
    const first = await me(browser);
    await env.DB.prepare("UPDATE users SET email = ? WHERE id = ?").bind(`${fresh()}@example.net`, first?.id).run();
    const again = new Browser();
    expect((await land(again, await throughOidc(again, `${name}.verified`))).error).toBeNull();
    expect((await me(again))?.id).toBe(first?.id);
  });

  it("makes an account whose address still has to be verified where the provider does not vouch for it", async () => {
    const [browser, name] = [new Browser(), fresh()];
    expect((await land(browser, await throughOidc(browser, `${name}.unverified`))).error).toBeNull();
    expect(await me(browser)).toMatchObject({ emailVerified: false });
  });

  it("derives another username where the first is taken", async () => {
    const [browser, name] = [new Browser(), fresh()];
    await learner({ username: name });
    expect((await land(browser, await throughOidc(browser, `${name}.verified`))).error).toBeNull();
    expect((await me(browser))?.username).toMatch(new RegExp(`^${name}\\d+$`, "u"));
  });

  it("is linked to an account by an address that is verified on both sides, and only then", async () => {
    for (const [ours, theirs, error] of [
      [true, "verified", null],
      [false, "verified", "EMAIL_NOT_VERIFIED"],
      [true, "unverified", "EMAIL_NOT_VERIFIED"],
      [false, "unverified", "EMAIL_NOT_VERIFIED"],
    ] as const) {
      const [browser, name] = [new Browser(), fresh()];
      const mei = await named(name);
      if (ours) await verifyEmail(mei);
      const landed = await land(browser, await throughOidc(browser, `${name}.${theirs}`));
      expect([ours, theirs, landed.error]).toEqual([ours, theirs, error]);
      expect((await me(browser))?.id).toBe(error === null ? mei.id : undefined);
      expect(await identities(mei)).toHaveLength(error === null ? 1 : 0);
    }
  });

  it("makes one account of two that come back at once", async () => {
    const name = fresh();
    const browsers = [new Browser(), new Browser()];
    const callbacks = await Promise.all(browsers.map((browser) => throughOidc(browser, `${name}.verified`)));
    const landed = await Promise.all(
      browsers.map(async (browser, i) => (await land(browser, callbacks[i] ?? new URL(ORIGIN))).error),
    );
    expect(landed.filter((error) => error === null).length).toBeGreaterThanOrEqual(1);
    const count = await env.DB.prepare("SELECT count(*) AS n FROM users WHERE email = ?")
      .bind(`${name}@example.org`)
      .first("n");
    expect(count).toBe(1);
  });

  it("turns suspended people away", async () => {
    const [browser, name] = [new Browser(), fresh()];
    await land(browser, await throughOidc(browser, `${name}.verified`));
    await env.DB.prepare("UPDATE users SET status = 'suspended' WHERE username = ?").bind(name).run();
    const again = new Browser();
    expect((await land(again, await throughOidc(again, `${name}.verified`))).error).toBe("ACCOUNT_SUSPENDED");
    expect(await me(again)).toBeUndefined();
  });
});

describe("what a stranger may try", () => {
  it("a state is good once", async () => {
    const [browser, name] = [new Browser(), fresh()];
    const callback = await throughOidc(browser, `${name}.verified`);
    const cookie = browser.cookie("__Secure-guildhall_flow") ?? "";
    expect((await land(browser, callback)).error).toBeNull();
    const thief = new Browser();
    thief.setCookie("__Secure-guildhall_flow", cookie);
    const replayed = await land(thief, callback);
    expect(replayed).toEqual({ href: `${ORIGIN}/?error=INVALID_STATE`, error: "INVALID_STATE" });
    expect(await me(thief)).toBeUndefined();
  });

  it("a state is good in the browser that began, in its time, at its provider", async () => {
    const [browser, other, name] = [new Browser(), new Browser(), fresh()];
    const callback = await throughOidc(browser, `${name}.verified`);
    expect((await land(other, callback)).error).toBe("INVALID_STATE");

    await other.fetch(start("loopback"));
    expect((await land(other, callback)).error).toBe("INVALID_STATE");
    other.setCookie("__Secure-guildhall_flow", "bm90IHNlYWxlZCBieSB1cw");
    expect((await land(other, callback)).error).toBe("INVALID_STATE");

    const elsewhere = new URL(callback.href.replace("/loopback/", "/github/"));
    expect((await land(browser, elsewhere)).error).toBe("INVALID_STATE");
  });

  it("a state that nobody gave is refused", async () => {
    const [browser, name] = [new Browser(), fresh()];
    const callback = await throughOidc(browser, `${name}.verified`);
    callback.searchParams.set("state", "made-up");
    expect((await land(browser, callback)).error).toBe("INVALID_STATE");
  });

  it("an ID token for another nonce is refused", async () => {
    const [browser, name] = [new Browser(), fresh()];
    const tamper = (url: URL) => url.searchParams.set("nonce", "of-somebody-else");
    const callback = await throughOidc(browser, `${name}.verified`, { tamper });
    expect(await land(browser, callback)).toEqual({
      href: `${target}&error=PROVIDER_FAILED`,
      error: "PROVIDER_FAILED",
    });
    expect(await me(browser)).toBeUndefined();
  });

  it("a code for another verifier is refused at the token endpoint", async () => {
    const [browser, name] = [new Browser(), fresh()];
    const tamper = (url: URL) => url.searchParams.set("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    const callback = await throughOidc(browser, `${name}.verified`, { tamper });
    expect((await land(browser, callback)).error).toBe("PROVIDER_FAILED");
  });

  it("an answer that names another issuer is refused", async () => {
    const [browser, name] = [new Browser(), fresh()];
    const callback = await throughOidc(browser, `${name}.verified`);
    expect(callback.searchParams.get("iss")).toBe(oidc.issuer);
    callback.searchParams.set("iss", "https://other.example.org");
    expect((await land(browser, callback)).error).toBe("PROVIDER_FAILED");
  });

  it.each([
    "https://evil.example.org/",
    "//evil.example.org/",
    "https://app.guildhall.test.evil.example.org/",
    "https://app.guildhall.test@evil.example.org/",
    "https://app.guildhall.test:8443/",
    "http://app.guildhall.test/",
    "javascript:alert(1)",
    "\\\\evil.example.org",
  ])("no login leads to %s", async (redirectTo) => {
    const answer = await get(start("loopback", redirectTo));
    expect([answer.status, answer.code]).toEqual([400, "VALIDATION_ERROR"]);
    expect(answer.body.error.details[0].path).toBe("query.redirectTo");
  });

  it.each([`${ORIGIN}/docs/`, "/docs/", target])("a login may lead to %s", async (redirectTo) => {
    expect((await get(start("loopback", redirectTo))).status).toBe(302);
  });

  it("there are no providers but the configured ones", async () => {
    for (const name of ["google", "nowhere", "LOOPBACK"]) {
      expect((await get(start(name))).status).toBe(404);
      expect((await get(`${API}/oauth/${name}/callback?state=x&code=y`)).status).toBe(404);
    }
  });

  it("the cookie of the way there is for this browser alone, and says nothing", async () => {
    const answer = await get(start("loopback"));
    const cookie = answer.headers.get("Set-Cookie") ?? "";
    expect(cookie).toMatch(/HttpOnly/u);
    expect(cookie).toMatch(/SameSite=Lax/u);
    expect(cookie).toMatch(/Max-Age=600/u);
    expect(answer.roundTrips).toBe(0);
    const state = new URL(answer.headers.get("Location") ?? "").searchParams.get("state") ?? "";
    expect(cookie).not.toContain(state);
  });
});

describe("a provider that says no, or fails", () => {
  it("tells where the browser wanted to go that the person refused", async () => {
    const browser = new Browser();
    const authorize = await browser.follow(start("loopback"), ({ origin }) => origin === oidc.issuer);
    const page = await browser.follow(authorize, isForm);
    const callback = await browser.follow(`${page.href}/abort`, isCallback);
    expect(callback.searchParams.get("error")).toBe("access_denied");
    expect(await land(browser, callback)).toEqual({ href: `${target}&error=LOGIN_DENIED`, error: "LOGIN_DENIED" });
  });

  it("tells that the provider cannot be reached", async () => {
    const browser = new Browser();
    const response = await browser.fetch(start("gone"));
    expect(response.headers.get("Location")).toBe(`${target}&error=PROVIDER_FAILED`);
  });

  it("tells of any other error of the provider as one", async () => {
    const browser = new Browser();
    const authorize = await browser.follow(start("loopback"), ({ origin }) => origin === oidc.issuer);
    const callback = new URL(`${ORIGIN}${API}/oauth/loopback/callback?error=temporarily_unavailable`);
    callback.searchParams.set("state", authorize.searchParams.get("state") ?? "");
    callback.searchParams.set("iss", oidc.issuer);
    expect((await land(browser, callback)).error).toBe("PROVIDER_FAILED");
  });

  it("tells of a code that was traded before", async () => {
    const [browser, name] = [new Browser(), fresh()];
    const first = await throughOidc(browser, `${name}.verified`);
    const code = first.searchParams.get("code") ?? "";
    await land(browser, first);
    const authorize = await browser.follow(start("loopback"), ({ origin }) => origin === oidc.issuer);
    first.searchParams.set("state", authorize.searchParams.get("state") ?? "");
    first.searchParams.set("code", code);
    expect((await land(browser, first)).error).toBe("PROVIDER_FAILED");
  });
});

describe("a login at GitHub", () => {
  it("makes an account of its primary address, and finds it again", async () => {
    const [browser, name] = [new Browser(), fresh()];
    expect(await land(browser, await throughGithub(browser, name))).toEqual({ href: target, error: null });
    const account = await me(browser);
    expect(account).toMatchObject({ email: `${name}@example.org`, emailVerified: true, displayName: name });
    const again = new Browser();
    await land(again, await throughGithub(again, name));
    expect((await me(again))?.id).toBe(account?.id);
  });

  it("is linked by a verified primary address only", async () => {
    const name = `${fresh()}unverified`;
    const mei = await named(name);
    await verifyEmail(mei);
    const browser = new Browser();
    expect((await land(browser, await throughGithub(browser, name))).error).toBe("EMAIL_NOT_VERIFIED");
  });

  it("may be refused", async () => {
    const browser = new Browser();
    expect((await land(browser, await throughGithub(browser, "nobody"))).error).toBe("LOGIN_DENIED");
  });
});

describe("linked logins", () => {
  it("are added by whoever is signed in, whatever their addresses, and open the account", async () => {
    const [mei, browser, name] = [await learner(), new Browser(), fresh()];
    const callback = await throughOidc(browser, `${name}.unverified`, { token: mei.token });
    expect(await land(browser, callback)).toEqual({ href: target, error: null });
    const list = await get(`${API}/identities`, mei.token);
    expect(list.data).toEqual([expect.objectContaining({ provider: "loopback", email: `${name}@example.org` })]);
    expect(JSON.stringify(list.data)).not.toContain("unverified");
    expect((await mailTo(mei.email, "A login was linked to your account")).text).toContain("A login at loopback");

    const later = new Browser();
    expect((await land(later, await throughOidc(later, `${name}.unverified`))).error).toBeNull();
    expect((await me(later))?.id).toBe(mei.id);
  });

  it("belong to one account each, and an account has one of a provider", async () => {
    const [mei, ben, browser, name] = [await learner(), await learner(), new Browser(), fresh()];
    await land(browser, await throughGithub(browser, name, mei.token));
    expect((await land(browser, await throughGithub(browser, name, ben.token))).error).toBe("IDENTITY_TAKEN");
    expect((await land(browser, await throughGithub(browser, fresh(), mei.token))).error).toBe("IDENTITY_TAKEN");
    expect(await identities(ben)).toEqual([]);
    expect(await identities(mei)).toHaveLength(1);
  });

  it("are added by a session that was shown a factor lately", async () => {
    const [mei, browser] = [await learner(), new Browser()];
    await env.DB.prepare("UPDATE sessions SET created_at = created_at - 600001 WHERE user_id = ?").bind(mei.id).run();
    expect((await land(browser, await throughGithub(browser, fresh(), mei.token))).error).toBe("STEP_UP_REQUIRED");
    expect(await identities(mei)).toEqual([]);
  });

  it("are not added because another site sent the browser here", async () => {
    const [mei, browser, name] = [await learner(), new Browser(), fresh()];
    browser.setCookie("__Host-guildhall_access", mei.token);
    const headers = { "Sec-Fetch-Site": "cross-site", Referer: "https://evil.example.org/" };
    const authorize = await browser.follow(start("github"), ({ origin }) => origin === github.url, { headers });
    authorize.searchParams.set("user", name);
    await land(browser, await browser.follow(authorize, isCallback));
    expect(await identities(mei)).toEqual([]);
  });

  it("are removed, but never the last way in", async () => {
    const [browser, name] = [new Browser(), fresh()];
    await land(browser, await throughGithub(browser, name));
    const token = browser.cookie("__Host-guildhall_access") ?? "";
    const remove = (provider: string) => call("DELETE", `${API}/identities/${provider}`, { token });
    const last = await remove("github");
    expect([last.status, last.code]).toEqual([422, "LAST_LOGIN_METHOD"]);

    await land(browser, await throughOidc(browser, `${name}.verified`, { token }));
    const both = await Promise.all([remove("github"), remove("loopback")]);
    expect(both.map((answer) => answer.status).toSorted()).toEqual([204, 422]);
    expect((await get(`${API}/identities`, token)).data).toHaveLength(1);
    expect((await remove("google")).status).toBe(404);
  });

  it("are removed where there is a password, by a session that was shown a factor lately", async () => {
    const [mei, browser] = [await learner(), new Browser()];
    await land(browser, await throughGithub(browser, fresh(), mei.token));
    const remove = () => call("DELETE", `${API}/identities/github`, { token: mei.token });
    await env.DB.prepare("UPDATE sessions SET created_at = created_at - 600001 WHERE user_id = ?").bind(mei.id).run();
    expect((await remove()).code).toBe("STEP_UP_REQUIRED");
    expect((await post(`${API}/step-up`, { password: PASSWORD }, mei.token)).status).toBe(204);
    expect((await remove()).status).toBe(204);
    expect((await remove()).status).toBe(404);
    await mailTo(mei.email, "A login was removed from your account");
  });

  it("are nobody else's to see", async () => {
    expect((await get(`${API}/identities`)).status).toBe(401);
    expect((await call("DELETE", `${API}/identities/github`)).status).toBe(401);
  });
});

describe("a login at a provider with a second factor", () => {
  it("wants its code, with the token in a cookie and never in the address", async () => {
    const [mei, browser, name] = [await learner(), new Browser(), fresh()];
    await land(browser, await throughGithub(browser, name, mei.token));
    const { secret } = await withTotp(mei);

    const again = new Browser();
    const landed = await land(again, await throughGithub(again, name));
    expect(landed).toEqual({ href: `${target}&error=MFA_REQUIRED`, error: "MFA_REQUIRED" });
    expect(await me(again)).toBeUndefined();
    const body = JSON.stringify({ code: await codeNow(secret) });
    const headers = { "Content-Type": "application/json", Origin: APP };
    const verified = await again.fetch(`${API}/mfa/verify`, { method: "POST", headers, body });
    expect(verified.status).toBe(200);
    expect((await me(again))?.id).toBe(mei.id);
  });

  it("is not linked by its address alone", async () => {
    const [browser, name] = [new Browser(), fresh()];
    const mei = await named(name);
    await verifyEmail(mei);
    await withTotp(mei);
    expect((await land(browser, await throughGithub(browser, name))).error).toBe("MFA_REQUIRED");
    expect(await identities(mei)).toEqual([]);
  });
});
