import { env } from "cloudflare:workers";
import Argon2, { Argon2Type } from "@phi-ag/argon2";
import wasm from "@phi-ag/argon2/argon2.wasm";
import { hashSync } from "bcryptjs";
import { describe, expect, it } from "vitest";
import { get, post } from "../helpers/client.ts";
import { PASSWORD, learner } from "../helpers/factories.ts";

const API = "/api/v1/auth";
const fresh = () => `${crypto.randomUUID()}@example.org`;

describe("register", () => {
  it.each([
    ["no address", { email: "not an address" }, "body.email"],
    ["too short", { password: "Sunny-7" }, "body.password"],
    ["too long", { password: `Aa1${"x".repeat(126)}` }, "body.password"],
    ["no digit", { password: "Sunny-Harbour" }, "body.password"],
    ["no lower case", { password: "SUNNY-HARBOUR-7" }, "body.password"],
    ["no upper case", { password: "sunny-harbour-7" }, "body.password"],
    ["among the commonest", { password: "Password123" }, "body.password"],
    ["a common word and a year", { password: "Summer2026" }, "body.password"],
    ["common in full-width letters", { password: "Ｐassword1" }, "body.password"],
    ["a short username", { username: "me" }, "body.username"],
    ["a username beyond the alphabet", { username: "mei-ling" }, "body.username"],
    ["no time zone", { timezone: "Mars/Olympus" }, "body.timezone"],
    ["no language", { locale: "?" }, "body.locale"],
  ])("refuses %s", async (_, fields, path) => {
    const answer = await post(`${API}/register`, { email: fresh(), password: PASSWORD, ...fields });
    expect([answer.status, answer.code]).toEqual([400, "VALIDATION_ERROR"]);
    expect(answer.body.error.details).toEqual([expect.objectContaining({ path })]);
  });

  it("refuses an address whose derived username is taken too", async () => {
    const body = { email: fresh(), password: PASSWORD };
    expect((await post(`${API}/register`, body)).status).toBe(201);
    expect(await post(`${API}/register`, body)).toMatchObject({ status: 409, code: "EMAIL_TAKEN" });
  });

  it("refuses an address and a username that are taken, whatever their case", async () => {
    const mei = await learner();
    const again = { email: mei.email.toUpperCase(), password: PASSWORD };
    const sameName = { email: fresh(), username: mei.username.toUpperCase(), password: PASSWORD };
    expect(await post(`${API}/register`, again)).toMatchObject({ status: 409, code: "EMAIL_TAKEN" });
    expect(await post(`${API}/register`, sameName)).toMatchObject({ status: 409, code: "USERNAME_TAKEN" });
  });

  it("derives a username, with a number when it is taken", async () => {
    const one = await post(`${API}/register`, { email: "a.b+c@one.example.org", password: PASSWORD });
    const two = await post(`${API}/register`, { email: "abc@two.example.org", password: PASSWORD });
    const short = await post(`${API}/register`, { email: "x@three.example.org", password: PASSWORD });
    expect(one.data.user.username).toBe("abc");
    expect(two.data.user.username).toMatch(/^abc\d+$/u);
    expect(short.data.user.username).toBe("x00");
  });

  it("lets one of many have a name that all ask for at once", async () => {
    const body = { username: "wanted", password: PASSWORD };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => post(`${API}/register`, { ...body, email: fresh() })),
    );
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([201, 409, 409, 409, 409, 409]);
  });

  it("takes three round trips at most and never tells a password", async () => {
    const answer = await post(`${API}/register`, { email: fresh(), password: PASSWORD });
    expect(answer.roundTrips).toBeLessThanOrEqual(3);
    expect(JSON.stringify(answer.body)).not.toMatch(/argon2|passwordHash/u);
  });
});

describe("login", () => {
  it("knows people by address or username, in any case", async () => {
    const { email, username } = await learner();
    for (const name of [email.toUpperCase(), ` ${email} `, username, username.toUpperCase()])
      expect((await post(`${API}/login`, { email: name, password: PASSWORD })).status).toBe(200);
  });

  it("takes a password in either Unicode form, and as long a one as may be chosen", async () => {
    for (const [chosen, typed] of [
      ["Zoë-Harbour-7".normalize("NFC"), "Zoë-Harbour-7".normalize("NFD")],
      [`Aa1${"🌊".repeat(125)}`, `Aa1${"🌊".repeat(125)}`],
    ]) {
      const mei = await learner({ password: chosen });
      expect((await post(`${API}/login`, { email: mei.email, password: typed })).status).toBe(200);
    }
  });

  it("answers an unknown account as it answers a wrong password", async () => {
    const mei = await learner();
    const wrong = await post(`${API}/login`, { email: mei.email, password: "Wrong-Harbour-7" });
    const unknown = await post(`${API}/login`, { email: fresh(), password: "Wrong-Harbour-7" });
    expect([wrong.status, wrong.code]).toEqual([401, "INVALID_CREDENTIALS"]);
    expect({ ...unknown.body, meta: null }).toEqual({ ...wrong.body, meta: null });
    expect(unknown.status).toBe(wrong.status);
    expect(unknown.roundTrips).toBe(wrong.roundTrips);
    expect([...unknown.headers.keys()]).toEqual([...wrong.headers.keys()]);
    expect(wrong.headers.get("Set-Cookie")).toBeNull();
  });

  it("slows an account down after ten failures, known or not, and forgets them later", async () => {
    const mei = await learner();
    for (const email of [mei.email, fresh()]) {
      for (let i = 0; i < 10; i += 1)
        expect((await post(`${API}/login`, { email, password: "Wrong-Harbour-7" })).status).toBe(401);
      const rested = await post(`${API}/login`, { email, password: PASSWORD });
      expect([rested.status, rested.code]).toEqual([429, "RATE_LIMITED"]);
      expect(Number(rested.headers.get("Retry-After"))).toBeGreaterThan(0);
      expect(Number(rested.headers.get("Retry-After"))).toBeLessThanOrEqual(900);
    }
    await env.DB.prepare(
      "UPDATE login_failures SET since = since - 1800001, rests_until = rests_until - 1800001",
    ).run();
    expect((await post(`${API}/login`, { email: mei.email, password: PASSWORD })).status).toBe(200);
    for (let i = 0; i < 2; i += 1)
      expect((await post(`${API}/login`, { email: mei.email, password: "Wrong-Harbour-7" })).status).toBe(401);
  });

  it("tells a suspended person so, but only with the right password", async () => {
    const mei = await learner();
    await env.DB.prepare("UPDATE users SET status = 'suspended' WHERE id = ?").bind(mei.id).run();
    expect((await post(`${API}/login`, { email: mei.email, password: PASSWORD })).code).toBe("ACCOUNT_SUSPENDED");
    expect((await post(`${API}/login`, { email: mei.email, password: "Wrong-Harbour-7" })).code).toBe(
      "INVALID_CREDENTIALS",
    );
  });

  it("verifies an imported bcrypt hash and replaces it", async () => {
    const mei = await learner();
    const hashOf = () =>
      env.DB.prepare("SELECT password_hash FROM users WHERE id = ?").bind(mei.id).first("password_hash");
    await env.DB.prepare("UPDATE users SET password_hash = ? WHERE id = ?").bind(hashSync(PASSWORD, 4), mei.id).run();
    expect(await hashOf()).toMatch(/^\$2b\$/u);

    expect((await post(`${API}/login`, { email: mei.email, password: "Wrong-Harbour-7" })).status).toBe(401);
    expect(await hashOf()).toMatch(/^\$2b\$/u);
    expect((await post(`${API}/login`, { email: mei.email, password: PASSWORD })).status).toBe(200);
    expect(await hashOf()).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/u);
    expect((await post(`${API}/login`, { email: mei.email, password: PASSWORD })).status).toBe(200);
  });

  it("hashes again when the parameters were raised since", async () => {
    const mei = await learner();
    const hashOf = () =>
      env.DB.prepare("SELECT password_hash FROM users WHERE id = ?").bind(mei.id).first<string>("password_hash");
    const weak = { memoryCost: 8192, timeCost: 1, parallelism: 1, type: Argon2Type.Argon2id };
    const { encoded } = new Argon2(new WebAssembly.Instance(wasm)).hash(PASSWORD, weak);
    await env.DB.prepare("UPDATE users SET password_hash = ? WHERE id = ?").bind(encoded, mei.id).run();
    expect((await post(`${API}/login`, { email: mei.email, password: "Wrong-Harbour-7" })).status).toBe(401);
    expect(await hashOf()).toBe(encoded);
    const answer = await post(`${API}/login`, { email: mei.email, password: PASSWORD });
    expect([answer.status, answer.roundTrips]).toEqual([200, 2]);
    expect(await hashOf()).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/u);
  });

  it("refuses a password that is too long before it looks at anything", async () => {
    const mei = await learner();
    const answer = await post(`${API}/login`, { email: mei.email, password: `Aa1${"x".repeat(126)}` });
    expect([answer.status, answer.code, answer.roundTrips]).toEqual([400, "VALIDATION_ERROR", 0]);
  });

  it("takes two round trips", async () => {
    const mei = await learner();
    const answer = await post(`${API}/login`, { email: mei.email, password: PASSWORD });
    expect(answer.roundTrips).toBe(2);
    expect((await get("/api/v1/users/me", answer.data.accessToken)).data.email).toBe(mei.email);
  });
});
