import { describe, expect, it } from "vitest";
import { call, get, patch, post } from "../helpers/client.ts";
import { learner } from "../helpers/factories.ts";

const AUTH = "/api/v1/auth";
const JSON_TYPE = { "Content-Type": "application/json" };
const NOTHING = { raw: "", headers: JSON_TYPE };

describe("a body that may be left out", () => {
  it("may be of no length, whatever type it is said to be of", async () => {
    const mei = await learner();
    const cookie = `__Secure-guildhall_refresh=${mei.refreshToken}`;
    expect((await call("POST", `${AUTH}/refresh`, { headers: { ...JSON_TYPE, cookie } })).status).toBe(200);
    expect((await call("POST", `${AUTH}/refresh`, { raw: "", headers: { ...JSON_TYPE, cookie } })).status).toBe(200);
    expect((await call("POST", `${AUTH}/verify-email/resend`, { ...NOTHING, token: mei.token })).status).toBe(202);
    const farewell = await call("DELETE", "/api/v1/users/me", { ...NOTHING, token: mei.token });
    expect([farewell.status, farewell.code]).toEqual([400, "VALIDATION_ERROR"]);
  });

  it("may hold null for what may be left out", async () => {
    const mei = await learner();
    expect((await post(`${AUTH}/refresh`, { refreshToken: null })).code).toBe("UNAUTHENTICATED");
    expect((await post(`${AUTH}/verify-email/resend`, { email: null }, mei.token)).status).toBe(202);
  });

  it("is read when it is there", async () => {
    const mei = await learner();
    expect((await post(`${AUTH}/refresh`, { refreshToken: mei.refreshToken })).status).toBe(200);
    expect((await call("POST", `${AUTH}/refresh`, { raw: "{", headers: JSON_TYPE })).code).toBe("MALFORMED_JSON");
  });
});

it("a profile is not emptied by a request without a body", async () => {
  const mei = await learner();
  await patch("/api/v1/users/me", { bio: "Learning Spanish, slowly." }, mei.token);
  const answer = await call("PUT", `${AUTH}/profile`, { token: mei.token });
  expect([answer.status, answer.code]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
  expect((await get("/api/v1/users/me", mei.token)).data.bio).toBe("Learning Spanish, slowly.");
  expect((await call("PUT", `${AUTH}/profile`, { token: mei.token, body: {} })).data.bio).toBeNull();
});
