import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { withTotp } from "../helpers/authenticator-app.ts";
import { call, get, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { PASSWORD, learner } from "../helpers/factories.ts";
import { mailTo, tokenOf } from "../helpers/mailbox.ts";
import type { Lies } from "../helpers/passkeys.ts";
import { Authenticator, loginOptions, passkeysOf, registrationOptions, withPasskey } from "../helpers/passkeys.ts";

const API = "/api/v1/auth/passkeys";

const register = (token: string, credential: object) => post(`${API}/register/verify`, credential, token);
const login = (credential: object) => post(`${API}/login/verify`, credential);
const use = async (authenticator: Authenticator, lies?: Lies) =>
  await login(await authenticator.get(await loginOptions(), lies));
const remove = (token: string, id: string) => call("DELETE", `${API}/${id}`, { token });
const forgetPassword = (person: Learner) =>
  env.DB.prepare("UPDATE users SET password_hash = NULL WHERE id = ?").bind(person.id).run();

describe("adding a passkey", () => {
  it("keeps what the browser made, under its owner's name for it", async () => {
    const mei = await learner();
    const options = await registrationOptions(mei.token);
    expect(options).toMatchObject({
      rp: { id: "guildhall.test" },
      attestation: "none",
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    });
    const credential = await new Authenticator().create(options);
    const added = await register(mei.token, { ...credential, name: "Mei's phone" });
    expect(added.status).toBe(201);
    expect(await passkeysOf(mei.token)).toEqual([added.data]);
    expect(added.data).toMatchObject({ name: "Mei's phone", lastUsedAt: null });
    const [again] = (await registrationOptions(mei.token)).excludeCredentials;
    expect(again.id).toBe(credential.id);
  });

  it.each<[string, Lies]>([
    ["of another site", { origin: "https://evil.example.org" }],
    ["for another host", { rpId: "evil.example.org" }],
    ["of a login", { type: "webauthn.get" }],
    ["without a finger or a PIN", { unverified: true }],
  ])("refuses one %s", async (_, lies) => {
    const mei = await learner();
    const credential = await new Authenticator().create(await registrationOptions(mei.token), lies);
    const answer = await register(mei.token, credential);
    expect([answer.status, answer.code]).toEqual([403, "INVALID_CREDENTIALS"]);
    expect(await passkeysOf(mei.token)).toEqual([]);
  });

  it("takes a challenge once, in its time, of the person who asked, for this ceremony", async () => {
    const [mei, ben] = [await learner(), await learner()];
    const authenticator = new Authenticator();
    const options = await registrationOptions(mei.token);
    expect((await register(ben.token, await authenticator.create(options))).code).toBe("INVALID_TOKEN");
    expect((await register(mei.token, await authenticator.create(options))).status).toBe(201);
    expect((await register(mei.token, await new Authenticator().create(options))).code).toBe("INVALID_TOKEN");

    const late = await registrationOptions(mei.token);
    await env.DB.prepare("UPDATE passkey_challenges SET expires_at = expires_at - 300001").run();
    expect((await register(mei.token, await authenticator.create(late))).code).toBe("INVALID_TOKEN");

    const { challenge } = await loginOptions();
    const other = await new Authenticator().create(await registrationOptions(mei.token), { challenge });
    expect((await register(mei.token, other)).code).toBe("INVALID_TOKEN");
  });

  it("keeps one of two at once, and a passkey for one account", async () => {
    const [mei, ben] = [await learner(), await learner()];
    const authenticator = new Authenticator();
    const credential = await authenticator.create(await registrationOptions(mei.token));
    const both = await Promise.all([1, 2].map(() => register(mei.token, credential)));
    expect(both.map((answer) => answer.status).toSorted()).toEqual([201, 400]);
    const stolen = await authenticator.create(await registrationOptions(ben.token));
    expect((await register(ben.token, stolen)).status).toBe(409);
  });

  it("has room for twenty", async () => {
    const mei = await learner();
    const rows = Array.from({ length: 20 }, (_, i) =>
      env.DB.prepare(
        "INSERT INTO passkeys (id, user_id, name, credential_id, public_key, counter, transports, backed_up, created_at) VALUES (?, ?, 'x', ?, '', 0, '[]', 0, 0)",
      ).bind(crypto.randomUUID(), mei.id, `${mei.id}-${i}`),
    );
    await env.DB.batch(rows);
    const credential = await new Authenticator().create(await registrationOptions(mei.token));
    expect((await register(mei.token, credential)).code).toBe("LIMIT_REACHED");
  });

  it("needs a factor that was shown lately, and somebody signed in", async () => {
    const mei = await learner();
    const options = await registrationOptions(mei.token);
    await env.DB.prepare("UPDATE sessions SET created_at = created_at - 600001 WHERE user_id = ?").bind(mei.id).run();
    expect((await post(`${API}/register/options`, {}, mei.token)).code).toBe("STEP_UP_REQUIRED");
    expect((await register(mei.token, await new Authenticator().create(options))).code).toBe("STEP_UP_REQUIRED");
    expect((await post(`${API}/register/options`, {})).status).toBe(401);
    expect((await post(`${API}/register/verify`, {})).status).toBe(401);
    expect((await get(API)).status).toBe(401);
  });
});

describe("a login with a passkey", () => {
  it("needs no username and no second factor, in two round trips", async () => {
    const mei = await learner();
    await withTotp(mei);
    const { authenticator } = await withPasskey(mei.token);
    const options = await loginOptions();
    expect(options).toMatchObject({ rpId: "guildhall.test", userVerification: "required" });
    expect(options.allowCredentials ?? []).toEqual([]);
    const answer = await login(await authenticator.get(options));
    expect(answer.status).toBe(200);
    expect(answer.roundTrips).toBe(2);
    expect(answer.data.user.id).toBe(mei.id);
    expect(answer.headers.get("Set-Cookie")).toContain("guildhall_refresh");
    expect((await get("/api/v1/users/me", answer.data.accessToken)).status).toBe(200);
    expect((await passkeysOf(mei.token))[0].lastUsedAt).not.toBeNull();
    expect((await use(authenticator)).status).toBe(200);
  });

  it.each<[string, Lies]>([
    ["of another site", { origin: "https://evil.example.org" }],
    ["for another host", { rpId: "evil.example.org" }],
    ["of a registration", { type: "webauthn.create" }],
    ["without a finger or a PIN", { unverified: true }],
    ["signed with another key", { forged: true }],
    ["that names another person", { userHandle: "bm9ib2R5" }],
  ])("refuses one %s", async (_, lies) => {
    const mei = await learner();
    const { authenticator } = await withPasskey(mei.token);
    const answer = await use(authenticator, lies);
    expect([answer.status, answer.code]).toEqual([401, "INVALID_CREDENTIALS"]);
    expect(answer.headers.get("Set-Cookie")).toBeNull();
    expect((await use(authenticator)).status).toBe(200);
  });

  it("refuses a counter that does not go up: it may be a copy's", async () => {
    const mei = await learner();
    const { authenticator } = await withPasskey(mei.token);
    expect((await use(authenticator, { counter: 7 })).status).toBe(200);
    for (const counter of [7, 3, 0]) expect((await use(authenticator, { counter })).status).toBe(401);
    expect((await use(authenticator, { counter: 8 })).status).toBe(200);
  });

  it("takes a passkey that does not count", async () => {
    const mei = await learner();
    const { authenticator } = await withPasskey(mei.token);
    for (let i = 0; i < 2; i += 1) expect((await use(authenticator, { counter: 0 })).status).toBe(200);
  });

  it("takes an answer once, also of many at once, and not late", async () => {
    const mei = await learner();
    const { authenticator } = await withPasskey(mei.token);
    const credential = await authenticator.get(await loginOptions());
    const answers = await Promise.all(Array.from({ length: 4 }, () => login(credential)));
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, 400, 400, 400]);
    expect((await login(credential)).code).toBe("INVALID_TOKEN");

    const late = await authenticator.get(await loginOptions());
    await env.DB.prepare("UPDATE passkey_challenges SET expires_at = expires_at - 300001").run();
    expect((await login(late)).code).toBe("INVALID_TOKEN");
    const { challenge } = await registrationOptions(mei.token);
    expect((await use(authenticator, { challenge })).code).toBe("INVALID_TOKEN");
  });

  it("knows only registered passkeys, and wants them whole", async () => {
    const unknown = await new Authenticator().get(await loginOptions());
    expect((await login(unknown)).code).toBe("INVALID_CREDENTIALS");
    expect((await login({ id: "x" })).code).toBe("VALIDATION_ERROR");
    const broken = { ...unknown, response: { ...unknown.response, clientDataJSON: "bm90IEpTT04" } };
    expect((await login(broken)).code).toBe("INVALID_TOKEN");
  });

  it("turns suspended people away", async () => {
    const mei = await learner();
    const { authenticator } = await withPasskey(mei.token);
    await env.DB.prepare("UPDATE users SET status = 'suspended' WHERE id = ?").bind(mei.id).run();
    expect((await use(authenticator)).code).toBe("ACCOUNT_SUSPENDED");
  });

  it("counts as a factor that was shown", async () => {
    const mei = await learner();
    const { authenticator, id } = await withPasskey(mei.token);
    await env.DB.prepare("UPDATE sessions SET created_at = created_at - 600001 WHERE user_id = ?").bind(mei.id).run();
    expect((await remove(mei.token, id)).code).toBe("STEP_UP_REQUIRED");
    const { data } = await use(authenticator);
    expect((await remove(data.accessToken, id)).status).toBe(204);
  });
});

describe("removing a passkey", () => {
  it("ends its logins", async () => {
    const mei = await learner();
    const { authenticator, id } = await withPasskey(mei.token);
    expect((await remove(mei.token, id)).status).toBe(204);
    expect((await use(authenticator)).status).toBe(401);
    expect((await remove(mei.token, id)).status).toBe(404);
    expect((await post("/api/v1/auth/login", { email: mei.email, password: PASSWORD })).status).toBe(200);
  });

  it("leaves the last way in, also when two go at once", async () => {
    const mei = await learner();
    const ids = [(await withPasskey(mei.token)).id, (await withPasskey(mei.token)).id];
    await forgetPassword(mei);
    const both = await Promise.all(ids.map((id) => remove(mei.token, id)));
    expect(both.map((answer) => answer.status).toSorted()).toEqual([204, 422]);
    expect(both.map((answer) => answer.code)).toContain("LAST_LOGIN_METHOD");
    expect(await passkeysOf(mei.token)).toHaveLength(1);
  });

  it("is its owner's alone", async () => {
    const [mei, ben] = [await learner(), await learner()];
    const { id } = await withPasskey(mei.token);
    expect((await remove(ben.token, id)).status).toBe(404);
    expect(await passkeysOf(ben.token)).toEqual([]);
    expect((await call("DELETE", `${API}/${id}`)).status).toBe(401);
    expect(await passkeysOf(mei.token)).toHaveLength(1);
  });
});

describe("an address that is proven for the first time by a reset of the password", () => {
  const reset = async (person: Learner) => {
    await post("/api/v1/auth/password/forgot", { email: person.email });
    const token = tokenOf(await mailTo(person.email, "Choose a new password"));
    expect((await post("/api/v1/auth/password/reset", { token, password: "Other-Meadow-9" })).status).toBe(204);
    return await post("/api/v1/auth/login", { email: person.email, password: "Other-Meadow-9" });
  };

  it("takes the account from whoever made it with an address that was not theirs", async () => {
    const squatter = await learner();
    const { authenticator } = await withPasskey(squatter.token);
    await withTotp(squatter);
    const { status, data } = await reset(squatter);
    expect(status).toBe(200);
    expect((await use(authenticator)).status).toBe(401);
    expect(await passkeysOf(data.accessToken)).toEqual([]);
  });

  it("leaves passkeys and second factor to an account whose address was proven before", async () => {
    const mei = await learner();
    await env.DB.prepare("UPDATE users SET email_verified_at = 1 WHERE id = ?").bind(mei.id).run();
    const { authenticator } = await withPasskey(mei.token);
    await withTotp(mei);
    expect((await reset(mei)).code).toBe("MFA_REQUIRED");
    expect((await use(authenticator)).status).toBe(200);
  });
});
