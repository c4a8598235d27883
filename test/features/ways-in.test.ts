import { expect, it } from "vitest";
import { codeNow, forgetLastStep, withTotp } from "../helpers/authenticator-app.ts";
import { call, get, post } from "../helpers/client.ts";
import { learner } from "../helpers/factories.ts";
import { mailTo, mailsTo, tokenOf } from "../helpers/mailbox.ts";
import { Authenticator, registrationOptions, withPasskey } from "../helpers/passkeys.ts";

const API = "/api/v1/auth";

it("mails its owner of a passkey that was added, by its name, and of one that was removed", async () => {
  const mei = await learner();
  const made = await new Authenticator().create(await registrationOptions(mei.token));
  const { data } = await post(`${API}/passkeys/register/verify`, { ...made, name: "<b>Phone</b>" }, mei.token);
  const added = await mailTo(mei.email, "A passkey was added to your account");
  expect(added.text).toContain("The passkey “<b>Phone</b>” can sign in");
  expect((await call("DELETE", `${API}/passkeys/${data.id}`, { token: mei.token })).status).toBe(204);
  await mailTo(mei.email, "A passkey was removed from your account");
});

it("ends the session that added a passkey by the link of the mail, and mails another to choose a password", async () => {
  const mei = await learner();
  await withPasskey(mei.token);
  const token = tokenOf(await mailTo(mei.email, "A passkey was added to your account"));
  expect((await post(`${API}/sessions/disavow`, { token })).status).toBe(202);
  expect((await get("/api/v1/users/me", mei.token)).code).toBe("TOKEN_REVOKED");
  await mailTo(mei.email, "Choose a new password");
});

it("mails its owner of a second factor that was turned on, of new recovery codes, and of the end of it", async () => {
  const mei = await learner({ locale: "de" });
  const { secret } = await withTotp(mei);
  const body = { code: await codeNow(secret) };
  const renewed = await post(`${API}/mfa/recovery-codes`, body, mei.token);
  await forgetLastStep(mei.id);
  expect((await call("DELETE", `${API}/mfa/totp`, { token: mei.token, body })).status).toBe(204);
  await mailTo(mei.email, "Dein Konto verlangt jetzt einen zweiten Faktor");
  const codes = await mailTo(mei.email, "Du hast neue Wiederherstellungscodes");
  expect(codes.text).not.toContain(renewed.data.recoveryCodes[0]);
  await mailTo(mei.email, "Dein Konto verlangt keinen zweiten Faktor mehr");
});

it("mails nobody of what was refused", async () => {
  const mei = await learner();
  const { id } = await withPasskey(mei.token);
  const code = "000000";
  expect((await call("DELETE", `${API}/mfa/totp`, { token: mei.token, body: { code } })).status).toBe(404);
  expect((await post(`${API}/mfa/recovery-codes`, { code }, mei.token)).status).toBe(404);
  const both = await Promise.all([0, 1].map(() => call("DELETE", `${API}/passkeys/${id}`, { token: mei.token })));
  expect(both.map(({ status }) => status).toSorted()).toEqual([204, 404]);
  await mailTo(mei.email, "A passkey was removed from your account");
  const subjects = (await mailsTo(mei.email)).map(({ subject }) => subject);
  expect(subjects.filter((subject) => subject === "A passkey was removed from your account")).toHaveLength(1);
  expect(subjects.filter((subject) => /factor|recovery/u.test(subject))).toEqual([]);
});
