import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Answer } from "../helpers/client.ts";
import { post } from "../helpers/client.ts";
import { PASSWORD, learner } from "../helpers/factories.ts";

const API = "/api/v1/auth";
const WRONG = "Wrong-Harbour-7";

/** What an onlooker sees of an answer, but for ids and times. */
const seen = ({ status, headers, body, roundTrips }: Answer) => ({
  status,
  roundTrips,
  body: { ...body, meta: Object.keys(body?.meta ?? {}) },
  headers: [...headers].filter(([name]) => !["x-request-id", "server-timing", "x-d1-bookmark"].includes(name)),
});

const set = (column: string, value: unknown, id: string) =>
  env.DB.prepare(`UPDATE users SET ${column} = ? WHERE id = ?`).bind(value, id).run();

/** One of each kind that must look alike. */
async function addresses(): Promise<Record<string, string>> {
  const [known, verified, withoutPassword, suspended] = [
    await learner(),
    await learner(),
    await learner(),
    await learner(),
  ];
  await set("email_verified_at", Date.now(), verified.id);
  await set("password_hash", null, withoutPassword.id);
  await set("status", "suspended", suspended.id);
  return {
    unknown: `${crypto.randomUUID()}@example.org`,
    known: known.email,
    verified: verified.email,
    withoutPassword: withoutPassword.email,
    suspended: suspended.email,
    username: known.username,
    unknownUsername: "nobody_at_all",
  };
}

describe("nobody learns which addresses have an account", () => {
  it.each([
    ["login", (email: string) => ({ email, password: WRONG })],
    ["password/forgot", (email: string) => ({ email })],
    ["verify-email/resend", (email: string) => ({ email })],
  ])("from %s", async (path, bodyOf) => {
    const { unknown = "", ...others } = await addresses();
    const stranger = seen(await post(`${API}/${path}`, bodyOf(unknown)));
    expect(stranger.roundTrips).toBeGreaterThan(0);
    for (const [kind, email] of Object.entries(others)) {
      if (path !== "login" && !email.includes("@")) continue;
      expect({ kind, ...seen(await post(`${API}/${path}`, bodyOf(email))) }).toEqual({ kind, ...stranger });
    }
  });

  it("from being slowed down, by the wrong password or the right one", async () => {
    const mei = await learner();
    const names = [mei.email, `${crypto.randomUUID()}@example.org`];
    const ways = await Promise.all(
      names.map(async (email) => {
        const answers: Answer[] = [];
        for (let i = 0; i < 11; i += 1) answers.push(await post(`${API}/login`, { email, password: WRONG }));
        answers.push(await post(`${API}/login`, { email, password: PASSWORD }));
        return answers.map((answer) => ({ ...seen(answer), headers: answer.headers.has("Retry-After") }));
      }),
    );
    expect(ways[0]).toEqual(ways[1]);
    expect(ways[0]?.map(({ status }) => status)).toEqual([...Array<number>(10).fill(401), 429, 429]);
  });
});

describe("the slow-down of an account", () => {
  const login = (email: string, password: string) => post(`${API}/login`, { email, password });
  const wake = (account: string, byMs: number) =>
    env.DB.prepare("UPDATE login_failures SET rests_until = rests_until - ?, since = since - ? WHERE account = ?")
      .bind(byMs, byMs, account)
      .run();
  const restOf = (answer: Answer) => Number(answer.headers.get("Retry-After"));

  it("counts e-mail address and username as one", async () => {
    const mei = await learner();
    for (let i = 0; i < 5; i += 1) {
      expect((await login(mei.email, WRONG)).status).toBe(401);
      expect((await login(mei.username, WRONG)).status).toBe(401);
    }
    for (const name of [mei.email, mei.username]) expect((await login(name, PASSWORD)).code).toBe("RATE_LIMITED");
  });

  it("grows with each further failure, to a quarter of an hour at most, and never locks", async () => {
    const mei = await learner();
    for (let i = 0; i < 10; i += 1) await login(mei.email, WRONG);
    const rests: number[] = [];
    const statuses: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      const refused = await login(mei.email, PASSWORD);
      expect(refused.status).toBe(429);
      rests.push(restOf(refused));
      await wake(mei.id, restOf(refused) * 1000);
      statuses.push(i < 6 ? (await login(mei.email, WRONG)).status : 401);
    }
    expect(statuses).toEqual(Array(7).fill(401));
    expect(rests).toEqual([30, 60, 120, 240, 480, 900, 900]);
    expect((await login(mei.email, PASSWORD)).status).toBe(200);
  });

  it("is forgotten by a success", async () => {
    const mei = await learner();
    for (let round = 0; round < 2; round += 1) {
      for (let i = 0; i < 9; i += 1) expect((await login(mei.email, WRONG)).status).toBe(401);
      expect((await login(mei.email, PASSWORD)).status).toBe(200);
    }
  });

  it("lets many guesses at once learn no more than ten in a row", async () => {
    const mei = await learner();
    const guesses = Array.from({ length: 30 }, (_, i) => login(mei.email, `Guess-Harbour-${i}`));
    const statuses = (await Promise.all(guesses)).map((answer) => answer.status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(20);
  });

  it("does not keep one person out because of another", async () => {
    const [mei, kofi] = [await learner(), await learner()];
    for (let i = 0; i < 11; i += 1) await login(mei.email, WRONG);
    expect((await login(kofi.email, PASSWORD)).status).toBe(200);
  });
});
