import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { codeNow, forgetLastStep, withTotp } from "../helpers/authenticator-app.ts";
import { call, eventually, get, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { PASSWORD, learner } from "../helpers/factories.ts";

const API = "/api/v1/auth";

const login = (person: Learner, fields = {}) =>
  post(`${API}/login`, { email: person.email, password: PASSWORD, ...fields });
const verify = (mfaToken: string, code: string) => post(`${API}/mfa/verify`, { mfaToken, code });

async function mfaToken(person: Learner): Promise<string> {
  const answer = await login(person);
  expect([answer.status, answer.code]).toEqual([401, "MFA_REQUIRED"]);
  return answer.body.error.details.mfaToken;
}

const tries = (person: Learner) =>
  env.DB.prepare("SELECT count FROM factor_attempts WHERE user_id = ?").bind(person.id).first<number>("count");
const endDelay = (person: Learner) =>
  env.DB.prepare("UPDATE factor_attempts SET next_at = 0 WHERE user_id = ?").bind(person.id).run();
const age = (person: Learner, minutes: number) =>
  env.DB.prepare("UPDATE sessions SET created_at = created_at - ?, verified_at = verified_at - ? WHERE user_id = ?")
    .bind(minutes * 60_000, minutes * 60_000, person.id)
    .run();
const actions = async (person: Learner) =>
  (
    await env.DB.prepare("SELECT action FROM audit_log WHERE actor_id = ? ORDER BY id").bind(person.id).all()
  ).results.map((row) => row["action"]);

describe("enrolling an authenticator app", () => {
  it("changes no login until the first code is confirmed", async () => {
    const mei = await learner();
    const { status, data } = await post(`${API}/mfa/totp`, {}, mei.token);
    expect(status).toBe(200);
    expect(data.otpauthUrl).toContain(`secret=${data.secret}`);
    expect((await login(mei)).status).toBe(200);

    const wrong = await post(`${API}/mfa/totp/confirm`, { code: "000000" }, mei.token);
    expect([wrong.status, wrong.code]).toEqual([403, "INVALID_CREDENTIALS"]);
    const right = await post(`${API}/mfa/totp/confirm`, { code: await codeNow(data.secret) }, mei.token);
    expect(right.status).toBe(200);
    expect(new Set(right.data.recoveryCodes).size).toBe(10);
    expect((await get(`${API}/mfa`, mei.token)).data).toEqual({ totp: true, recoveryCodesLeft: 10 });
    expect((await login(mei)).code).toBe("MFA_REQUIRED");
  });

  it("is done once: a second one is refused, and of two confirmations at once one", async () => {
    const mei = await learner();
    const { data } = await post(`${API}/mfa/totp`, {}, mei.token);
    const code = await codeNow(data.secret);
    const both = await Promise.all([1, 2].map(() => post(`${API}/mfa/totp/confirm`, { code }, mei.token)));
    expect(both.map((answer) => answer.status).toSorted()).toEqual([200, 409]);
    expect((await get(`${API}/mfa`, mei.token)).data.recoveryCodesLeft).toBe(10);
    expect((await post(`${API}/mfa/totp`, {}, mei.token)).code).toBe("MFA_ALREADY_ENABLED");
    expect((await post(`${API}/mfa/totp/confirm`, { code }, mei.token)).code).toBe("MFA_ALREADY_ENABLED");
  });

  it("begins anew with a new secret", async () => {
    const mei = await learner();
    const first = await post(`${API}/mfa/totp`, {}, mei.token);
    const second = await post(`${API}/mfa/totp`, {}, mei.token);
    const old = await post(`${API}/mfa/totp/confirm`, { code: await codeNow(first.data.secret) }, mei.token);
    expect(old.status).toBe(403);
    const now = await post(`${API}/mfa/totp/confirm`, { code: await codeNow(second.data.secret) }, mei.token);
    expect(now.status).toBe(200);
  });

  it("stores neither the secret nor a recovery code as it is", async () => {
    const mei = await learner();
    const { secret, recoveryCodes } = await withTotp(mei);
    const rows = await Promise.all(
      ["totp_factors", "recovery_codes"].map((table) =>
        env.DB.prepare(`SELECT * FROM ${table} WHERE user_id = ?`).bind(mei.id).all(),
      ),
    );
    const stored = JSON.stringify(rows.map((answer) => answer.results));
    for (const text of [secret, ...recoveryCodes]) expect(stored).not.toContain(text);
  });

  it("shows its recovery codes again to a retry with the same key, and keeps them sealed till then", async () => {
    const mei = await learner();
    const { data } = await post(`${API}/mfa/totp`, {}, mei.token);
    const code = await codeNow(data.secret);
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    const confirm = () => post(`${API}/mfa/totp/confirm`, { code }, mei.token, { headers });
    const first = await confirm();
    const again = await eventually(confirm, (answer) => answer.status === 200);
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
    expect(again.data).toEqual(first.data);
    const kept = await env.DB.prepare("SELECT response FROM idempotency_keys WHERE user_id = ?").bind(mei.id).all();
    expect(kept.results).toHaveLength(1);
    expect(JSON.stringify(kept.results)).not.toContain(first.data.recoveryCodes[0]);
  });

  it("needs a factor that was shown lately", async () => {
    const mei = await learner();
    await age(mei, 11);
    const stale = await post(`${API}/mfa/totp`, {}, mei.token);
    expect([stale.status, stale.code]).toEqual([403, "STEP_UP_REQUIRED"]);
    expect((await post(`${API}/step-up`, { password: "Wrong-Harbour-7" }, mei.token)).status).toBe(403);
    expect((await post(`${API}/mfa/totp`, {}, mei.token)).status).toBe(403);
    expect((await post(`${API}/step-up`, { password: PASSWORD }, mei.token)).status).toBe(204);
    expect((await post(`${API}/mfa/totp`, {}, mei.token)).status).toBe(200);
    expect(await actions(mei)).toContain("session.stepped_up");
  });

  it("is refused to strangers", async () => {
    expect((await post(`${API}/mfa/totp`, {})).status).toBe(401);
    expect((await post(`${API}/mfa/totp/confirm`, { code: "123456" })).status).toBe(401);
    expect((await call("DELETE", `${API}/mfa/totp`, { body: { code: "123456" } })).status).toBe(401);
    expect((await post(`${API}/step-up`, { code: "123456" })).status).toBe(401);
    expect((await get(`${API}/mfa`)).status).toBe(401);
  });
});

describe("a login with a second factor", () => {
  it("gives a pair for a right code, in two round trips each half", async () => {
    const mei = await learner();
    const { secret } = await withTotp(mei);
    const half = await login(mei, { remember: true });
    expect(half.roundTrips).toBe(2);
    expect(half.headers.get("Set-Cookie")).toBeNull();
    const whole = await verify(half.body.error.details.mfaToken, await codeNow(secret));
    expect(whole.status).toBe(200);
    expect(whole.roundTrips).toBe(2);
    expect(whole.data.user.id).toBe(mei.id);
    expect(whole.headers.get("Set-Cookie")).toContain("guildhall_refresh");
    expect((await get("/api/v1/users/me", whole.data.accessToken)).status).toBe(200);
    const sessions = (await get(`${API}/sessions`, whole.data.accessToken)).data;
    expect(Date.parse(sessions[0].expiresAt) - Date.parse(sessions[0].createdAt)).toBe(30 * 86_400_000);
  });

  it("takes a code once, from whichever login", async () => {
    const mei = await learner();
    const { secret } = await withTotp(mei);
    const code = await codeNow(secret);
    const [one, two] = [await mfaToken(mei), await mfaToken(mei)];
    expect((await verify(one, code)).status).toBe(200);
    const again = await verify(two, code);
    expect([again.status, again.code]).toEqual([401, "INVALID_CREDENTIALS"]);
    expect((await verify(two, await codeNow(secret, -1))).status).toBe(401);
    expect((await verify(two, await codeNow(secret, 1))).status).toBe(200);
  });

  it("takes one of many that send the same code at once", async () => {
    const mei = await learner();
    const { secret } = await withTotp(mei);
    const tokens = [await mfaToken(mei), await mfaToken(mei), await mfaToken(mei)];
    const code = await codeNow(secret);
    const answers = await Promise.all(tokens.map((token) => verify(token, code)));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
  });

  it("spends its token with the first right code, and ends after five minutes", async () => {
    const mei = await learner();
    const { secret, recoveryCodes } = await withTotp(mei);
    const token = await mfaToken(mei);
    expect((await verify(token, await codeNow(secret))).status).toBe(200);
    expect((await verify(token, recoveryCodes[0] ?? "")).code).toBe("INVALID_TOKEN");
    const late = await mfaToken(mei);
    await env.DB.prepare("UPDATE mfa_challenges SET expires_at = expires_at - 300001").run();
    expect((await verify(late, recoveryCodes[0] ?? "")).code).toBe("INVALID_TOKEN");
    expect((await verify("made-up", "123456")).code).toBe("INVALID_TOKEN");
    expect((await get(`${API}/mfa`, mei.token)).data.recoveryCodesLeft).toBe(10);
  });

  it("opens one session, though two right codes come at once", async () => {
    const mei = await learner();
    const { secret, recoveryCodes } = await withTotp(mei);
    const token = await mfaToken(mei);
    const codes = [await codeNow(secret), recoveryCodes[0] ?? ""];
    const answers = await Promise.all(codes.map((code) => verify(token, code)));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
  });

  it("takes each recovery code once, however it is typed", async () => {
    const mei = await learner();
    const { recoveryCodes } = await withTotp(mei);
    const code = recoveryCodes[3] ?? "";
    const typed = ` ${code.toUpperCase().replaceAll("-", " ")} `;
    expect((await verify(await mfaToken(mei), typed)).status).toBe(200);
    expect((await verify(await mfaToken(mei), code)).status).toBe(401);
    expect((await get(`${API}/mfa`, mei.token)).data.recoveryCodesLeft).toBe(9);
    expect(await actions(mei)).toContain("mfa.recovery_code_used");
  });

  it("belongs to the account that began it", async () => {
    const [mei, ben] = [await learner(), await learner()];
    await withTotp(mei);
    const other = await withTotp(ben);
    const token = await mfaToken(mei);
    expect((await verify(token, await codeNow(other.secret))).status).toBe(401);
    expect((await verify(token, other.recoveryCodes[0] ?? "")).status).toBe(401);
  });

  it("waits longer after each wrong try, over codes and recovery codes alike, and a right one clears it", async () => {
    const mei = await learner();
    const { secret } = await withTotp(mei);
    const token = await mfaToken(mei);
    for (const code of ["000001", "wrong-wrong-wrong-wron", "000002", "000003", "aaaa-aaaa-aaaa-aaaa"])
      expect((await verify(token, code)).status).toBe(401);
    const rested = await verify(token, await codeNow(secret));
    expect([rested.status, rested.code]).toEqual([429, "RATE_LIMITED"]);
    expect(Number(rested.headers.get("Retry-After"))).toBeGreaterThan(3);
    expect(await tries(mei)).toBe(5);
    await endDelay(mei);
    expect((await verify(token, "000004")).status).toBe(401);
    expect(Number((await verify(token, "000005")).headers.get("Retry-After"))).toBeGreaterThan(8);
    await endDelay(mei);
    expect((await verify(token, await codeNow(secret))).status).toBe(200);
    expect(await tries(mei)).toBeNull();
  });

  it("judges no more of many guesses at once than of guesses one by one", async () => {
    const mei = await learner();
    await withTotp(mei);
    const token = await mfaToken(mei);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => verify(token, `9999${10 + i}`)));
    expect(answers.filter((answer) => answer.status === 401).length).toBeLessThanOrEqual(5);
    expect(answers.filter((answer) => answer.status === 429).length).toBeGreaterThanOrEqual(15);
  });

  it("tells a suspended person so, in both halves", async () => {
    const mei = await learner();
    const { secret } = await withTotp(mei);
    const token = await mfaToken(mei);
    await env.DB.prepare("UPDATE users SET status = 'suspended' WHERE id = ?").bind(mei.id).run();
    expect((await verify(token, await codeNow(secret))).code).toBe("ACCOUNT_SUSPENDED");
    expect((await login(mei)).code).toBe("ACCOUNT_SUSPENDED");
  });

  it("ends with the password that began it", async () => {
    const mei = await learner();
    const { secret } = await withTotp(mei);
    const token = await mfaToken(mei);
    const change = { currentPassword: PASSWORD, newPassword: "Other-Meadow-9" };
    expect((await post(`${API}/password/change`, change, mei.token)).status).toBe(204);
    expect((await verify(token, await codeNow(secret))).code).toBe("INVALID_TOKEN");
  });

  it("asks nobody who does not know the password", async () => {
    const mei = await learner();
    await withTotp(mei);
    expect((await login(mei, { password: "Wrong-Harbour-7" })).code).toBe("INVALID_CREDENTIALS");
  });
});

describe("removing the authenticator app", () => {
  it("needs a code of it, and ends the recovery codes", async () => {
    const mei = await learner();
    const { secret } = await withTotp(mei);
    const remove = (code: string) => call("DELETE", `${API}/mfa/totp`, { token: mei.token, body: { code } });
    expect((await remove("000000")).status).toBe(403);
    expect((await remove(await codeNow(secret))).status).toBe(204);
    expect((await remove(await codeNow(secret))).status).toBe(404);
    expect((await login(mei)).status).toBe(200);
    expect((await get(`${API}/mfa`, mei.token)).data).toEqual({ totp: false, recoveryCodesLeft: 0 });
    expect(await actions(mei)).toEqual(expect.arrayContaining(["mfa.enabled", "mfa.refused", "mfa.disabled"]));
  });

  it("is done with a recovery code too", async () => {
    const mei = await learner();
    const { recoveryCodes } = await withTotp(mei);
    const body = { code: recoveryCodes[9] };
    expect((await call("DELETE", `${API}/mfa/totp`, { token: mei.token, body })).status).toBe(204);
  });
});

describe("new recovery codes", () => {
  const renew = (person: Learner, code: string, options = {}) =>
    post(`${API}/mfa/recovery-codes`, { code }, person.token, options);

  it("take the place of the older ones, for a code of the app", async () => {
    const mei = await learner();
    const { secret, recoveryCodes } = await withTotp(mei);
    await verify(await mfaToken(mei), recoveryCodes[3] ?? "");
    const answer = await renew(mei, await codeNow(secret));
    expect(answer.status).toBe(200);
    expect(new Set([...answer.data.recoveryCodes, ...recoveryCodes]).size).toBe(20);
    expect((await get(`${API}/mfa`, mei.token)).data).toEqual({ totp: true, recoveryCodesLeft: 10 });
    expect((await verify(await mfaToken(mei), recoveryCodes[0] ?? "")).status).toBe(401);
    expect((await verify(await mfaToken(mei), answer.data.recoveryCodes[0])).status).toBe(200);
    expect(await actions(mei)).toContain("mfa.recovery_codes_renewed");
  });

  it("are made for a recovery code too, once of many at once", async () => {
    const mei = await learner();
    const { recoveryCodes } = await withTotp(mei);
    const answers = await Promise.all([0, 1, 2].map((i) => renew(mei, recoveryCodes[i] ?? "")));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403, 403]);
    expect((await get(`${API}/mfa`, mei.token)).data.recoveryCodesLeft).toBe(10);
  });

  it("want a right code, of one's own, that was not used", async () => {
    const [mei, ben] = [await learner(), await learner()];
    const [{ secret }, bens] = [await withTotp(mei), await withTotp(ben)];
    expect((await renew(mei, bens.recoveryCodes[0] ?? "")).code).toBe("INVALID_CREDENTIALS");
    const code = await codeNow(secret);
    expect((await renew(mei, code)).status).toBe(200);
    expect((await renew(mei, code)).status).toBe(403);
    expect((await post(`${API}/mfa/recovery-codes`, {}, mei.token)).status).toBe(400);
    expect((await post(`${API}/mfa/recovery-codes`, { code })).status).toBe(401);
    const chi = await learner();
    await post(`${API}/mfa/totp`, {}, chi.token);
    expect((await renew(chi, "123456")).status).toBe(404);
  });

  it("are shown again to a retry with the same key", async () => {
    const mei = await learner();
    const code = await codeNow((await withTotp(mei)).secret);
    const again = { headers: { "Idempotency-Key": crypto.randomUUID() } };
    const first = await renew(mei, code, again);
    const second = await eventually(
      () => renew(mei, code, again),
      ({ status }) => status === 200,
    );
    expect(second.data).toEqual(first.data);
  });
});

describe("step-up", () => {
  it("takes the password or a code, one of them", async () => {
    const mei = await learner();
    const { secret, recoveryCodes } = await withTotp(mei);
    expect((await post(`${API}/step-up`, { code: await codeNow(secret) }, mei.token)).status).toBe(204);
    expect((await post(`${API}/step-up`, { code: await codeNow(secret) }, mei.token)).status).toBe(403);
    await forgetLastStep(mei.id);
    expect((await post(`${API}/step-up`, { code: recoveryCodes[0] }, mei.token)).status).toBe(204);
    expect((await post(`${API}/step-up`, {}, mei.token)).status).toBe(400);
    expect((await post(`${API}/step-up`, { password: PASSWORD, code: "123456" }, mei.token)).status).toBe(400);
  });

  it("has no code to take where there is no authenticator app, and slows guessing down", async () => {
    const mei = await learner();
    expect((await post(`${API}/step-up`, { code: "123456" }, mei.token)).status).toBe(404);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post(`${API}/step-up`, { password: "Wrong-Harbour-7" }, mei.token)),
    );
    expect(answers.filter((answer) => answer.status === 429).length).toBeGreaterThanOrEqual(3);
  });
});

it("what waited for an answer in vain is purged", async () => {
  const mei = await learner();
  await withTotp(mei);
  await mfaToken(mei);
  await post(`${API}/passkeys/login/options`, {});
  const tables = ["mfa_challenges", "passkey_challenges"];
  for (const table of tables) await env.DB.prepare(`UPDATE ${table} SET expires_at = 1`).run();
  await env.DB.prepare("INSERT INTO spent_states (hash, expires_at) VALUES ('old', 1), ('new', 99999999999999)").run();
  expect((await post("/dev/cron", { name: "purge-expired" })).status).toBeLessThan(300);
  const counts = await env.DB.batch<{ n: number }>(
    [...tables, "spent_states"].map((table) => env.DB.prepare(`SELECT count(*) AS n FROM ${table}`)),
  );
  expect(counts.map(({ results }) => results[0]?.n)).toEqual([0, 0, 1]);
});
