import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ORIGIN, call, eventually, get, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { PASSWORD, learner } from "../helpers/factories.ts";
import { mailTo, mailsTo, tokenOf } from "../helpers/mailbox.ts";

const API = "/api/v1/auth";
const ME = "/api/v1/users/me";
const WELCOME = "Welcome to Guildhall";
const CONFIRM = "Confirm your e-mail address";
const LEAVING = "Confirm that your e-mail address changes";
const ARRIVING = "Confirm your new e-mail address";

const fresh = () => `${crypto.randomUUID()}@example.org`;
const verify = (token: string) => post(`${API}/verify-email`, { token });
const me = async ({ token }: Learner) => (await get(ME, token)).data;
const audited = async (action: string, targetId: string) =>
  await env.DB.prepare("SELECT count(*) AS n FROM audit_log WHERE action = ? AND target_id = ?")
    .bind(action, targetId)
    .first("n");
const settled = () =>
  eventually(
    () => env.DB.prepare("SELECT count(*) AS n FROM outbox").first("n"),
    (n) => n === 0,
  );

describe("an e-mail address", () => {
  it("is confirmed by the mailed token, once", async () => {
    const mei = await learner();
    expect((await me(mei)).emailVerified).toBe(false);
    const token = tokenOf(await mailTo(mei.email, WELCOME));
    const answers = await Promise.all([1, 2, 3].map(() => verify(token)));
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([204, 400, 400]);
    expect((await verify(token)).code).toBe("INVALID_TOKEN");
    expect((await me(mei)).emailVerified).toBe(true);
    expect(await audited("email.verified", mei.id)).toBe(1);
  });

  it("is not confirmed by an old, an unknown or another kind of token", async () => {
    const mei = await learner();
    const token = tokenOf(await mailTo(mei.email, WELCOME));
    await post(`${API}/password/forgot`, { email: mei.email });
    const reset = tokenOf(await mailTo(mei.email, "Choose a new password"));
    await env.DB.prepare("UPDATE one_time_tokens SET expires_at = ? WHERE user_id = ? AND purpose = 'verify_email'")
      .bind(Date.now(), mei.id)
      .run();
    for (const other of [token, reset, "unknown"]) expect((await verify(other)).code).toBe("INVALID_TOKEN");
    expect((await me(mei)).emailVerified).toBe(false);
  });

  it("gets another link for whoever is signed in or names it, and the older one ends", async () => {
    const mei = await learner();
    const first = tokenOf(await mailTo(mei.email, WELCOME));
    expect((await post(`${API}/verify-email/resend`, {}, mei.token)).status).toBe(202);
    const second = tokenOf(await mailTo(mei.email, CONFIRM));
    expect((await post(`${API}/verify-email/resend`, { email: mei.email.toUpperCase() })).status).toBe(202);
    const third = tokenOf(await mailTo(mei.email, CONFIRM, 2));
    for (const token of [first, second]) expect((await verify(token)).code).toBe("INVALID_TOKEN");
    expect((await verify(third)).status).toBe(204);
    expect((await post(`${API}/verify-email/resend`, {}, mei.token)).status).toBe(202);
    await settled();
    expect((await mailsTo(mei.email)).filter(({ subject }) => subject === CONFIRM)).toHaveLength(2);
  });

  it("wants a name or a token to have its link sent again", async () => {
    expect((await post(`${API}/verify-email/resend`, {})).code).toBe("UNAUTHENTICATED");
    expect((await call("POST", `${API}/verify-email/resend`)).status).toBe(401);
    expect((await post(`${API}/verify-email/resend`, { email: "nobody" })).code).toBe("VALIDATION_ERROR");
  });

  it("is confirmed on a plain page where there is no app", async () => {
    const mei = await learner();
    const token = tokenOf(await mailTo(mei.email, WELCOME));
    expect((await get(`/verify-email?token=${token}`)).body).toContain(`value="${token}"`);
    expect((await me(mei)).emailVerified).toBe(false);
    const click = () =>
      call("POST", "/verify-email", {
        raw: new URLSearchParams({ token }).toString(),
        headers: { "Content-Type": "application/x-www-form-urlencoded", Origin: ORIGIN },
      });
    expect((await click()).status).toBe(200);
    expect((await click()).status).toBe(400);
    expect((await me(mei)).emailVerified).toBe(true);
  });
});

describe("a change of address", () => {
  const ask = (person: Learner, newEmail: string, password = PASSWORD) =>
    post(`${API}/email/change`, { newEmail, password }, person.token);

  const links = async (person: Learner, newEmail: string) => ({
    leaving: tokenOf(await mailTo(person.email, LEAVING)),
    arriving: tokenOf(await mailTo(newEmail, ARRIVING)),
  });

  it.each(["leaving", "arriving"] as const)("happens when both mailboxes agreed, %s first", async (first) => {
    const mei = await learner();
    const newEmail = fresh();
    const answer = await ask(mei, newEmail);
    expect([answer.status, answer.roundTrips]).toEqual([202, 2]);
    const tokens = await links(mei, newEmail);

    expect((await verify(tokens[first])).status).toBe(204);
    expect((await me(mei)).email).toBe(mei.email);
    expect((await verify(tokens[first])).code).toBe("INVALID_TOKEN");
    expect((await verify(tokens[first === "leaving" ? "arriving" : "leaving"])).status).toBe(204);
    expect(await me(mei)).toMatchObject({ email: newEmail, emailVerified: true });
    expect(await mailTo(mei.email, "Your e-mail address was changed")).toBeDefined();
    expect(await audited("email.changed", mei.id)).toBe(1);
    for (const token of Object.values(tokens)) expect((await verify(token)).code).toBe("INVALID_TOKEN");
    expect((await post(`${API}/login`, { email: newEmail, password: PASSWORD })).status).toBe(200);
    expect((await post(`${API}/login`, { email: mei.email, password: PASSWORD })).status).toBe(401);
  });

  it("happens once when both links are used at the same moment", async () => {
    const mei = await learner();
    const newEmail = fresh();
    await ask(mei, newEmail);
    const answers = await Promise.all(Object.values(await links(mei, newEmail)).map(verify));
    expect(answers.map((answer) => answer.status)).toEqual([204, 204]);
    expect((await me(mei)).email).toBe(newEmail);
    expect(await audited("email.changed", mei.id)).toBe(1);
  });

  it("does not happen by the links of two different wishes", async () => {
    const mei = await learner();
    const [one, two] = [fresh(), fresh()];
    await ask(mei, one);
    const first = await links(mei, one);
    await verify(first.leaving);
    await ask(mei, two);
    const second = tokenOf(await mailTo(two, ARRIVING));
    expect((await verify(first.arriving)).code).toBe("INVALID_TOKEN");
    expect((await verify(second)).status).toBe(204);
    expect((await me(mei)).email).toBe(mei.email);
  });

  it("does not tell whether the address is taken, but its owner", async () => {
    const mei = await learner();
    const kofi = await learner();
    const taken = await ask(mei, kofi.email);
    const free = await ask(mei, fresh());
    expect(taken.status).toBe(202);
    expect({ ...taken.body, meta: null }).toEqual({ ...free.body, meta: null });
    expect(taken.roundTrips).toBe(free.roundTrips);
    await mailTo(kofi.email, "Your e-mail address is in use");
    await mailTo(mei.email, LEAVING, 2);
    await settled();
    expect((await mailsTo(kofi.email)).map(({ subject }) => subject)).not.toContain(ARRIVING);
    expect((await me(kofi)).email).toBe(kofi.email);
  });

  it("goes to one of two who are given the same address at the same moment", async () => {
    const [mei, kofi] = [await learner(), await learner()];
    const newEmail = fresh();
    await Promise.all([ask(mei, newEmail), ask(kofi, newEmail)]);
    await mailTo(newEmail, ARRIVING, 2);
    const arriving = (await mailsTo(newEmail)).map(tokenOf);
    for (const person of [mei, kofi])
      expect((await verify(tokenOf(await mailTo(person.email, LEAVING)))).status).toBe(204);
    const answers = await Promise.all(arriving.map(verify));
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([204, 409]);
    expect(answers.find((answer) => answer.status === 409)?.code).toBe("EMAIL_TAKEN");
    const owners = await Promise.all([mei, kofi].map(me));
    expect(owners.filter(({ email }) => email === newEmail)).toHaveLength(1);
  });

  it("says so on the plain page when another account was faster", async () => {
    const mei = await learner();
    const newEmail = fresh();
    await ask(mei, newEmail);
    const { leaving, arriving } = await links(mei, newEmail);
    expect((await verify(leaving)).status).toBe(204);
    await learner({ email: newEmail });
    const page = await call("POST", "/verify-email", {
      raw: new URLSearchParams({ token: arriving }).toString(),
      headers: { "Content-Type": "application/x-www-form-urlencoded", Origin: ORIGIN },
    });
    expect([page.status, page.headers.get("Content-Type")]).toEqual([409, expect.stringContaining("text/html")]);
    expect(page.body).toContain("This address is taken");
  });

  it("wants the password, another address and a live session", async () => {
    const mei = await learner();
    const wrong = await ask(mei, fresh(), "Wrong-Harbour-7");
    expect([wrong.status, wrong.code]).toEqual([403, "INVALID_CREDENTIALS"]);
    expect((await ask(mei, mei.email)).body.error.details).toEqual([
      expect.objectContaining({ path: "body.newEmail" }),
    ]);
    expect((await post(`${API}/email/change`, { newEmail: fresh(), password: PASSWORD })).status).toBe(401);
    await env.DB.prepare("UPDATE sessions SET revoked_at = ? WHERE user_id = ?").bind(Date.now(), mei.id).run();
    expect((await ask(mei, fresh())).code).toBe("TOKEN_REVOKED");
  });

  it("is called off by a new password", async () => {
    const mei = await learner();
    const newEmail = fresh();
    await ask(mei, newEmail);
    const { leaving, arriving } = await links(mei, newEmail);
    await verify(leaving);
    await post(`${API}/password/change`, { currentPassword: PASSWORD, newPassword: "Quiet-Meadow-8" }, mei.token);
    expect((await verify(arriving)).code).toBe("INVALID_TOKEN");
    expect((await me(mei)).email).toBe(mei.email);
  });
});
