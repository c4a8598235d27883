import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { call, eventually, get, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { PASSWORD, learner } from "../helpers/factories.ts";

const API = "/api/v1/auth";
const ME = "/api/v1/users/me";
const SUBJECT = "We ended a session of yours";

const refresh = (refreshToken: string) => post(`${API}/refresh`, { refreshToken });

async function signIn(person: Learner): Promise<Learner> {
  const { data } = await post(`${API}/login`, { email: person.email, password: PASSWORD });
  return { ...person, token: data.accessToken, refreshToken: data.refreshToken };
}

const sessionsOf = async (userId: string) =>
  (await env.DB.prepare("SELECT * FROM sessions WHERE user_id = ?").bind(userId).all()).results;

/** As if the grace had passed since the tokens of this person were spent. */
const endGrace = (userId: string) =>
  env.DB.prepare(
    "UPDATE refresh_tokens SET used_at = used_at - 11000 WHERE session_id IN (SELECT id FROM sessions WHERE user_id = ?)",
  )
    .bind(userId)
    .run();

const mails = async (to: string): Promise<{ subject: string }[]> =>
  (await get(`/dev/mailbox?to=${to}`)).body.filter((mail: { subject: string }) => mail.subject === SUBJECT);

describe("refresh", () => {
  it("gives twenty parallel tabs a pair of the one session each", async () => {
    const mei = await learner();
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(mei.refreshToken)));
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
    expect(await sessionsOf(mei.id)).toEqual([expect.objectContaining({ revoked_at: null })]);
    expect(answers.every((answer) => answer.roundTrips <= 2)).toBe(true);
    const last = await refresh(answers[7]?.data.refreshToken);
    expect(last.status).toBe(200);
    expect((await get(ME, last.data.accessToken)).status).toBe(200);
  });

  it("ends the session when a spent token comes back after the grace, and mails once", async () => {
    const mei = await learner();
    const { data } = await refresh(mei.refreshToken);
    await endGrace(mei.id);
    const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(mei.refreshToken)));
    for (const answer of answers) expect([answer.status, answer.code]).toEqual([401, "UNAUTHENTICATED"]);

    expect(await sessionsOf(mei.id)).toEqual([expect.objectContaining({ revoked_reason: "reuse" })]);
    expect((await refresh(data.refreshToken)).status).toBe(401);
    expect((await get(ME, data.accessToken)).code).toBe("TOKEN_REVOKED");
    await eventually(
      () => mails(mei.email),
      (list) => list.length > 0,
    );
    await eventually(
      () => env.DB.prepare("SELECT count(*) AS n FROM outbox").first("n"),
      (n) => n === 0,
    );
    expect(await mails(mei.email)).toHaveLength(1);
    expect(await signIn(mei).then(({ token }) => get(ME, token))).toMatchObject({ status: 200 });
  });

  it("refuses what is idle too long, past its last day, unknown or missing", async () => {
    const mei = await learner();
    await env.DB.prepare("UPDATE sessions SET expires_at = ? WHERE user_id = ?").bind(Date.now(), mei.id).run();
    expect((await refresh(mei.refreshToken)).status).toBe(401);
    expect((await get(`${API}/sessions`, mei.token)).data).toEqual([]);
    expect((await refresh("no such token")).status).toBe(401);
    expect((await call("POST", `${API}/refresh`)).status).toBe(401);
    expect((await post(`${API}/refresh`, {})).status).toBe(401);
  });

  it("moves the idle end of a session, never past its last day", async () => {
    const mei = await learner();
    const soon = Date.now() + 60_000;
    await env.DB.prepare("UPDATE sessions SET expires_at = ?1, absolute_expires_at = ?1").bind(soon).run();
    expect((await refresh(mei.refreshToken)).status).toBe(200);
    expect(await sessionsOf(mei.id)).toEqual([expect.objectContaining({ expires_at: soon })]);
  });

  it("tells a suspended person so", async () => {
    const mei = await learner();
    await env.DB.prepare("UPDATE users SET status = 'suspended' WHERE id = ?").bind(mei.id).run();
    expect((await refresh(mei.refreshToken)).code).toBe("ACCOUNT_SUSPENDED");
  });

  it("stores no token as it is", async () => {
    const mei = await learner();
    const rows = await env.DB.prepare("SELECT hash FROM refresh_tokens").all<{ hash: string }>();
    expect(rows.results.map((row) => row.hash)).not.toContain(mei.refreshToken);
  });
});

describe("logging out", () => {
  it("refuses the session's tokens at once and nobody else's", async () => {
    const mei = await learner();
    const phone = await signIn(mei);
    const kofi = await learner();
    expect((await post(`${API}/logout`, {}, mei.token)).status).toBe(204);

    expect((await get(ME, mei.token)).code).toBe("TOKEN_REVOKED");
    expect((await refresh(mei.refreshToken)).status).toBe(401);
    const ended = (await sessionsOf(mei.id)).find((row) => row["revoked_at"] !== null);
    expect(await env.DENY_LIST.get(`session:${String(ended?.["id"])}`)).not.toBeNull();
    expect((await get(ME, phone.token)).status).toBe(200);
    expect((await get(ME, kofi.token)).status).toBe(200);
  });

  it("takes a second click", async () => {
    const mei = await learner();
    const answers = await Promise.all([1, 2].map(() => post(`${API}/logout`, {}, mei.token)));
    for (const answer of answers) expect([204, 401]).toContain(answer.status);
  });

  it("ends every session, and a login right after it is good", async () => {
    const mei = await learner();
    const phone = await signIn(mei);
    const kofi = await learner();
    expect((await post(`${API}/logout-all`, {}, phone.token)).status).toBe(204);
    const again = await signIn(mei);
    for (const { token, refreshToken } of [mei, phone]) {
      expect((await get(ME, token)).code).toBe("TOKEN_REVOKED");
      expect((await refresh(refreshToken)).status).toBe(401);
    }
    expect((await get(ME, again.token)).status).toBe(200);
    expect((await get(ME, kofi.token)).status).toBe(200);
  });

  it("lists the live sessions and ends one of them", async () => {
    const mei = await learner();
    const phone = await signIn(mei);
    const list = (await get(`${API}/sessions`, phone.token)).data;
    expect(list.map((session: { current: boolean }) => session.current)).toEqual([true, false]);

    expect((await call("DELETE", `${API}/sessions/${list[1].id}`, { token: phone.token })).status).toBe(204);
    expect((await get(ME, mei.token)).code).toBe("TOKEN_REVOKED");
    expect((await get(`${API}/sessions`, phone.token)).data).toEqual([expect.objectContaining({ current: true })]);
  });

  it("lets nobody end another's session", async () => {
    const mei = await learner();
    const kofi = await learner();
    const [session] = (await get(`${API}/sessions`, mei.token)).data;
    const answer = await call("DELETE", `${API}/sessions/${session.id}`, { token: kofi.token });
    expect([answer.status, answer.code]).toEqual([404, "NOT_FOUND"]);
    expect(await env.DENY_LIST.get(`session:${session.id}`)).toBeNull();
    expect((await get(ME, mei.token)).status).toBe(200);
  });
});

/** What the contract says of one session: which tokens were given, which are spent and past the grace, and whether it lives. */
class Model {
  readonly tokens: string[];
  readonly spent = new Set<number>();
  readonly old = new Set<number>();
  access: string;
  live = true;

  constructor({ token, refreshToken }: Learner) {
    this.tokens = [refreshToken];
    this.access = token;
  }

  async refresh(pick: number): Promise<void> {
    const index = pick % this.tokens.length;
    const good = this.live && !this.old.has(index);
    const answer = await refresh(this.tokens[index] ?? "");
    expect(answer.status).toBe(good ? 200 : 401);
    if (!good) this.live = false;
    this.spent.add(index);
    if (good) {
      this.tokens.push(answer.data.refreshToken);
      this.access = answer.data.accessToken;
    }
  }

  async logout(): Promise<void> {
    expect((await post(`${API}/logout`, {}, this.access)).status).toBe(this.live ? 204 : 401);
    this.live = false;
  }
}

const Step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("refresh" as const), pick: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("logout" as const) }) },
);

it("lives as the model of a session does, whatever is done in whatever order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(Step, { minLength: 2, maxLength: 12 }), async (steps) => {
      const mei = await learner();
      const model = new Model(mei);
      for (const step of steps) {
        if (step.do === "refresh") await model.refresh(step.pick);
        if (step.do === "logout") await model.logout();
        if (step.do === "wait") {
          await endGrace(mei.id);
          for (const index of model.spent) model.old.add(index);
        }
        expect((await get(ME, model.access)).status).toBe(model.live ? 200 : 401);
      }
      const [session] = await sessionsOf(mei.id);
      expect(session?.["revoked_at"] === null).toBe(model.live);
    }),
    { numRuns: 12 },
  );
}, 60_000);
