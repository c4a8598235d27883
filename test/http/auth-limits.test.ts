import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { app } from "../../src/app.ts";
import { ORIGIN } from "../helpers/client.ts";
import { PASSWORD, learner } from "../helpers/factories.ts";

const API = "/api/v1/auth";
let network = 0;

/** As production does: the limits are on, and every request comes from where it says. */
async function ask(path: string, body: unknown, ip = `198.51.100.${(network += 1)}`): Promise<number> {
  const context = createExecutionContext();
  const headers = { "Content-Type": "application/json", "CF-Connecting-IP": ip };
  const request = new Request(`${ORIGIN}${API}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const response = await app.fetch(request, { ...env, RATE_LIMITS: "on" }, context);
  await waitOnExecutionContext(context);
  return response.status;
}

const times = async (count: number, one: (i: number) => Promise<number>): Promise<number[]> => {
  const statuses: number[] = [];
  for (let i = 0; i < count; i += 1) statuses.push(await one(i));
  return statuses;
};

/** The limiter counts by the minute of the wall clock; a test begins when there is enough left of one. */
beforeEach(async () => {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < 15_000) await new Promise((resolve) => setTimeout(resolve, left + 50));
}, 30_000);

describe("what mails or hashes is limited", () => {
  it.each(["/password/forgot", "/verify-email/resend"])(
    "%s by the account, there or not, from many networks",
    async (path) => {
      const mei = await learner();
      for (const email of [mei.email, `${crypto.randomUUID()}@example.org`]) {
        expect(await times(11, () => ask(path, { email }))).toEqual([...Array<number>(10).fill(202), 429]);
        expect(await ask(path, { email: `${crypto.randomUUID()}@example.org` })).toBe(202);
      }
      expect(await ask("/login", { email: mei.email, password: PASSWORD })).toBe(200);
    },
  );

  it.each(["/password/forgot", "/verify-email/resend"])("%s by the network, whichever account", async (path) => {
    const ip = `203.0.113.${path.length}`;
    const statuses = await times(11, (i) => ask(path, { email: `person-${i}@example.org` }, ip));
    expect(statuses).toEqual([...Array<number>(10).fill(202), 429]);
  });

  it("an IPv6 network by its first half", async () => {
    const statuses = await times(11, (i) =>
      ask("/password/forgot", { email: `six-${i}@example.org` }, `2001:db8:1:2::${i + 1}`),
    );
    expect(statuses.at(-1)).toBe(429);
    expect(await ask("/password/forgot", { email: "six@example.org" }, "2001:db8:1:3::1")).toBe(202);
  });

  it("logging in by the name, before anything is looked up", async () => {
    const email = `${crypto.randomUUID()}@example.org`;
    const statuses = await times(11, () => ask("/login", { email, password: "Wrong-Harbour-7" }));
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429]);
  });
});
