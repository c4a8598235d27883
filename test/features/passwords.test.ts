import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ORIGIN, call, eventually, get, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { PASSWORD, learner } from "../helpers/factories.ts";
import { mailTo, mailsTo, tokenOf } from "../helpers/mailbox.ts";

const API = "/api/v1/auth";
const ME = "/api/v1/users/me";
const NEXT = "Quiet-Meadow-8";
const RESET = "Choose a new password";
const CHANGED = "Your password was changed";

const signIn = async (person: Learner, password = PASSWORD) => {
  const answer = await post(`${API}/login`, { email: person.email, password });
  return {
    status: answer.status,
    code: answer.code,
    token: answer.data?.accessToken,
    refresh: answer.data?.refreshToken,
  };
};

const audit = async (action: string, targetId: string) =>
  (await env.DB.prepare("SELECT * FROM audit_log WHERE action = ? AND target_id = ?").bind(action, targetId).all())
    .results;

const forget = async (person: Learner, count = 1) => {
  await post(`${API}/password/forgot`, { email: person.email });
  return tokenOf(await mailTo(person.email, RESET, count));
};

describe("a forgotten password", () => {
  it("is replaced by the mailed token, which ends every session and opens none", async () => {
    const mei = await learner();
    const phone = await signIn(mei);
    const token = await forget(mei);
    const answer = await post(`${API}/password/reset`, { token, password: NEXT });
    expect([answer.status, answer.roundTrips]).toEqual([204, 2]);

    expect((await signIn(mei)).code).toBe("INVALID_CREDENTIALS");
    for (const access of [mei.token, phone.token]) expect((await get(ME, access)).code).toBe("TOKEN_REVOKED");
    for (const refreshToken of [mei.refreshToken, phone.refresh])
      expect((await post(`${API}/refresh`, { refreshToken })).status).toBe(401);
    const again = await signIn(mei, NEXT);
    expect((await get(ME, again.token)).data.emailVerified).toBe(true);
    expect(await mailTo(mei.email, CHANGED)).toBeDefined();
    expect(await audit("password.reset", mei.id)).toHaveLength(1);
    expect(await audit("password.reset_requested", mei.id)).toHaveLength(1);
  });

  it("answers a used, an old, an unknown and another kind of token alike", async () => {
    const mei = await learner();
    const used = await forget(mei);
    await post(`${API}/password/reset`, { token: used, password: NEXT });
    const old = await forget(mei, 2);
    await env.DB.prepare("UPDATE one_time_tokens SET expires_at = ? WHERE user_id = ? AND purpose = 'reset_password'")
      .bind(Date.now(), mei.id)
      .run();
    const other = tokenOf(await mailTo(mei.email, "Welcome to Guildhall"));
    for (const token of [used, old, other, "unknown"]) {
      const answer = await post(`${API}/password/reset`, { token, password: "Other-Meadow-9" });
      expect([answer.status, answer.code]).toEqual([400, "INVALID_TOKEN"]);
    }
    expect((await signIn(mei, NEXT)).status).toBe(200);
  });

  it("takes the newest link only", async () => {
    const mei = await learner();
    const first = await forget(mei);
    const second = await forget(mei, 2);
    expect((await post(`${API}/password/reset`, { token: first, password: NEXT })).code).toBe("INVALID_TOKEN");
    expect((await post(`${API}/password/reset`, { token: second, password: NEXT })).status).toBe(204);
  });

  it("lets one of two at once win, whose password counts", async () => {
    const mei = await learner();
    const token = await forget(mei);
    const passwords = [NEXT, "Other-Meadow-9", "Third-Meadow-9"];
    const answers = await Promise.all(passwords.map((password) => post(`${API}/password/reset`, { token, password })));
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([204, 400, 400]);
    const winner = passwords[answers.findIndex((answer) => answer.status === 204)] ?? "";
    for (const password of passwords)
      expect((await signIn(mei, password)).status).toBe(password === winner ? 200 : 401);
  });

  it("refuses a password that may not be chosen, and leaves the token good", async () => {
    const mei = await learner();
    const token = await forget(mei);
    expect((await post(`${API}/password/reset`, { token, password: "Password1" })).code).toBe("VALIDATION_ERROR");
    expect((await post(`${API}/password/reset`, { token, password: NEXT })).status).toBe(204);
  });

  it("mails nobody about an address that has no account, and stores no token as it is", async () => {
    const stranger = `${crypto.randomUUID()}@example.org`;
    expect((await post(`${API}/password/forgot`, { email: stranger })).status).toBe(202);
    const mei = await learner();
    const token = await forget(mei);
    expect(await mailsTo(stranger)).toEqual([]);
    const kept = await env.DB.batch(
      ["one_time_tokens", "mails", "outbox", "audit_log"].map((table) => env.DB.prepare(`SELECT * FROM ${table}`)),
    );
    expect(JSON.stringify(kept.map(({ results }) => results))).not.toContain(token);
  });

  it("is set on a plain page where there is no app", async () => {
    const mei = await learner();
    await post(`${API}/password/forgot`, { email: mei.email });
    const mail = await mailTo(mei.email, RESET);
    const token = tokenOf(mail);
    expect(mail.text).toContain(`${ORIGIN}/reset-password?token=`);

    const page = await get(`/reset-password?token=${token}`);
    expect(page.body).toContain(`value="${token}"`);
    expect(page.body).not.toContain("<script");
    expect(page.headers.get("Cache-Control")).toBe("no-store");
    const send = (password: string) =>
      call("POST", "/reset-password", {
        raw: new URLSearchParams({ token, password }).toString(),
        headers: {
          "Content-Type": "application/x-www-form-urlencoded",
          Origin: ORIGIN,
          Cookie: `__Host-guildhall_access=${mei.token}`,
        },
      });
    const weak = await send("Password1");
    expect([weak.status, weak.body.includes("commonest")]).toEqual([400, true]);
    expect((await send(NEXT)).status).toBe(200);
    expect((await send(NEXT)).status).toBe(400);
    expect((await signIn(mei, NEXT)).status).toBe(200);
  });

  it("escapes what a link says", async () => {
    const { body } = await get(`/reset-password?token=${encodeURIComponent('"><script>')}`);
    expect(body).not.toContain('"><script>');
  });
});

describe("a change of password", () => {
  it("ends every session but the one that does it", async () => {
    const mei = await learner();
    const phone = await signIn(mei);
    const body = { currentPassword: PASSWORD, newPassword: NEXT };
    const answer = await post(`${API}/password/change`, body, phone.token);
    expect([answer.status, answer.roundTrips]).toEqual([204, 2]);

    expect((await get(ME, phone.token)).status).toBe(200);
    expect((await get(ME, mei.token)).code).toBe("TOKEN_REVOKED");
    expect((await post(`${API}/refresh`, { refreshToken: mei.refreshToken })).status).toBe(401);
    const { data } = await post(`${API}/refresh`, { refreshToken: phone.refresh });
    expect((await get(ME, data.accessToken)).status).toBe(200);
    expect((await get(`${API}/sessions`, phone.token)).data).toHaveLength(1);
    expect((await signIn(mei, NEXT)).status).toBe(200);
    expect(await mailTo(mei.email, CHANGED)).toBeDefined();
    expect(await audit("password.changed", mei.id)).toHaveLength(1);
  });

  it("wants the current one: 403, and the session is as good as before", async () => {
    const mei = await learner();
    const wrong = await post(
      `${API}/password/change`,
      { currentPassword: "Wrong-Harbour-7", newPassword: NEXT },
      mei.token,
    );
    expect([wrong.status, wrong.code]).toEqual([403, "INVALID_CREDENTIALS"]);
    expect((await get(ME, mei.token)).status).toBe(200);
    const weak = await post(
      `${API}/password/change`,
      { currentPassword: PASSWORD, newPassword: "Password1" },
      mei.token,
    );
    expect(weak.body.error.details).toEqual([expect.objectContaining({ path: "body.newPassword" })]);
    expect((await post(`${API}/password/change`, { currentPassword: PASSWORD, newPassword: NEXT })).status).toBe(401);
  });

  it("counts wrong tries with those of logging in", async () => {
    const mei = await learner();
    const change = (currentPassword: string) =>
      post(`${API}/password/change`, { currentPassword, newPassword: NEXT }, mei.token);
    for (let i = 0; i < 5; i += 1) expect((await change("Wrong-Harbour-7")).status).toBe(403);
    for (let i = 0; i < 5; i += 1) expect((await signIn(mei, "Wrong-Harbour-7")).status).toBe(401);
    expect((await change(PASSWORD)).code).toBe("RATE_LIMITED");
    expect((await signIn(mei)).code).toBe("RATE_LIMITED");
  });

  it("is refused to a session that D1 knows to have ended, whatever the deny list says", async () => {
    const mei = await learner();
    await env.DB.prepare("UPDATE sessions SET revoked_at = ? WHERE user_id = ?").bind(Date.now(), mei.id).run();
    expect((await get(ME, mei.token)).status).toBe(200);
    const answer = await post(`${API}/password/change`, { currentPassword: PASSWORD, newPassword: NEXT }, mei.token);
    expect([answer.status, answer.code]).toEqual([401, "TOKEN_REVOKED"]);
    expect((await signIn(mei)).status).toBe(200);
  });

  it("happens once when two sessions change it at the same moment", async () => {
    const mei = await learner();
    const phone = await signIn(mei);
    const [one, two] = await Promise.all([
      post(`${API}/password/change`, { currentPassword: PASSWORD, newPassword: NEXT }, mei.token),
      post(`${API}/password/change`, { currentPassword: PASSWORD, newPassword: "Other-Meadow-9" }, phone.token),
    ]);
    expect([one, two].filter((answer) => answer.status === 204)).toHaveLength(1);
    expect((await signIn(mei, one.status === 204 ? NEXT : "Other-Meadow-9")).status).toBe(200);
  });

  it("ends a link to reset it and a change of address that somebody else may have begun", async () => {
    const mei = await learner();
    const token = await forget(mei);
    await post(`${API}/password/change`, { currentPassword: PASSWORD, newPassword: NEXT }, mei.token);
    expect((await post(`${API}/password/reset`, { token, password: "Other-Meadow-9" })).code).toBe("INVALID_TOKEN");
  });
});

describe("this was not me", () => {
  it("ends the session of the mail and mails a link to choose a new password, once", async () => {
    const mei = await learner();
    const { data } = await post(`${API}/login`, { email: mei.email, password: PASSWORD }, undefined, {
      headers: { "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" },
    });
    expect(await mailsTo(mei.email)).not.toContainEqual(
      expect.objectContaining({ subject: "A new sign-in to your account" }),
    );
    const phone = await post(`${API}/login`, { email: mei.email, password: PASSWORD }, undefined, {
      headers: { "User-Agent": "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/150.0 Mobile Safari/537.36" },
    });
    const mail = await mailTo(mei.email, "A new sign-in to your account");
    expect(mail.text).toContain("Chrome on Android");
    const token = tokenOf(mail);
    expect((await post(`${API}/sessions/disavow`, { token: `${token}x` })).code).toBe("INVALID_TOKEN");
    expect((await post(`${API}/sessions/disavow`, { token })).status).toBe(202);
    expect((await get(ME, phone.data.accessToken)).code).toBe("TOKEN_REVOKED");
    expect((await get(ME, data.accessToken)).status).toBe(200);
    await mailTo(mei.email, RESET);
    expect((await post(`${API}/sessions/disavow`, { token })).status).toBe(202);
    await eventually(
      () => env.DB.prepare("SELECT count(*) AS n FROM outbox").first("n"),
      (n) => n === 0,
    );
    expect((await mailsTo(mei.email)).filter((entry) => entry.subject === RESET)).toHaveLength(1);
  });
});
