import { env, exports } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { denyList } from "../../src/platform/deny-list.ts";
import { ORIGIN, call, eventually, get, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { PASSWORD, learner } from "../helpers/factories.ts";
import { mailTo, mailsTo } from "../helpers/mailbox.ts";
import { TestSocket } from "../helpers/socket.ts";

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
    for (const answer of answers) expect([answer.status, answer.code]).toEqual([401, "TOKEN_REVOKED"]);

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

describe("a session", () => {
  const FIREFOX = (version: number) =>
    `Mozilla/5.0 (X11; Linux x86_64; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`;
  const NEW_DEVICE = "A new sign-in to your account";

  const signInFrom = async (person: Learner, userAgent: string, country: string) => {
    const request = new Request(`${ORIGIN}${API}/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "User-Agent": userAgent },
      body: JSON.stringify({ email: person.email, password: PASSWORD }),
    });
    const cf = { country } as unknown as CfProperties;
    const response = await exports.default.fetch(new Request(request, { cf }));
    return (await response.json<{ data: { accessToken: string } }>()).data.accessToken;
  };

  it("is listed with its device and country", async () => {
    const mei = await learner();
    const token = await signInFrom(mei, FIREFOX(140), "PT");
    const { data } = await get(`${API}/sessions`, token);
    expect(data[0]).toMatchObject({
      current: true,
      userAgent: FIREFOX(140),
      device: "Firefox on Linux",
      country: "PT",
    });
    expect(Object.keys(data[1])).toEqual(Object.keys(data[0]));
  });

  it("is told by mail when its device or country is new, not when a browser was updated", async () => {
    const mei = await learner();
    const told = async () => (await mailsTo(mei.email)).filter(({ subject }) => subject === NEW_DEVICE).length;
    await signInFrom(mei, FIREFOX(140), "PT");
    await signInFrom(mei, FIREFOX(141), "PT");
    await signInFrom(mei, FIREFOX(141), "FR");
    const mail = await mailTo(mei.email, NEW_DEVICE);
    expect(mail.text).toContain("Firefox on Linux from FR");
    await signInFrom(mei, FIREFOX(142), "FR");
    await signInFrom(mei, "curl/8.5.0", "FR");
    await mailTo(mei.email, NEW_DEVICE, 2);
    expect(await told()).toBe(2);
  });

  it("keeps its refresh token through a suspension", async () => {
    const mei = await learner();
    const status = (value: string) =>
      env.DB.prepare("UPDATE users SET status = ? WHERE id = ?").bind(value, mei.id).run();
    await status("suspended");
    expect((await refresh(mei.refreshToken)).code).toBe("ACCOUNT_SUSPENDED");
    await status("active");
    await endGrace(mei.id);
    expect((await refresh(mei.refreshToken)).status).toBe(200);
  });

  it("has another role as soon as it is refreshed, and its tokens from before are refused", async () => {
    const mei = await learner();
    await env.DB.prepare("UPDATE users SET role = 'teacher' WHERE id = ?").bind(mei.id).run();
    await denyList(env.DENY_LIST).denyUser(mei.id);
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect((await get(ME, mei.token)).code).toBe("TOKEN_REVOKED");
    const { data } = await refresh(mei.refreshToken);
    expect((await get(ME, data.accessToken)).data.roles).toEqual(["teacher"]);
  });

  it("is not left behind by a login that a change of password overtakes", async () => {
    const mei = await learner();
    let current = PASSWORD;
    for (let i = 0; i < 6; i += 1) {
      const next = `Quiet-Meadow-${i}`;
      const [changed, entered] = await Promise.all([
        post(`${API}/password/change`, { currentPassword: current, newPassword: next }, mei.token),
        post(`${API}/login`, { email: mei.email, password: current }),
      ]);
      expect(changed.status).toBe(204);
      expect([200, 401, 429]).toContain(entered.status);
      expect((await refresh(entered.data?.refreshToken ?? "none")).status).toBe(401);
      current = next;
    }
    expect((await get(`${API}/sessions`, mei.token)).data).toHaveLength(1);
  });

  it("leaves lines in the audit log", async () => {
    const mei = await learner();
    const phone = await signIn(mei);
    await post(`${API}/login`, { email: mei.email, password: "Wrong-Harbour-7" });
    await post(`${API}/logout`, {}, phone.token);
    await post(`${API}/logout-all`, {}, mei.token);
    const { results } = await env.DB.prepare(
      "SELECT action FROM audit_log WHERE actor_id = ?1 OR target_id = ?1 ORDER BY at, id",
    )
      .bind(mei.id)
      .all<{ action: string }>();
    expect(results.map(({ action }) => action)).toEqual([
      "user.registered",
      "session.started",
      "session.started",
      "login.failed",
      "session.ended",
      "sessions.ended",
    ]);
  });
});

describe("the sockets of a session", () => {
  const enter = async ({ token }: Learner, roomId: string) => {
    const headers = { Authorization: `Bearer ${token}`, Upgrade: "websocket" };
    const response = await exports.default.fetch(new Request(`${ORIGIN}/api/v1/rooms/${roomId}/socket`, { headers }));
    if (!response.webSocket) throw new Error(`no socket: ${response.status}`);
    const socket = new TestSocket(response.webSocket);
    await socket.next("welcome");
    return socket;
  };

  it("close with it, by a reuse or by another session's new password, which keeps its own", async () => {
    const mei = await learner();
    const [phone, desk] = [await signIn(mei), await signIn(mei)];
    const room = await post("/api/v1/rooms", { kind: "private", name: "Corner" }, mei.token);
    const sockets = await Promise.all([mei, phone, desk].map((session) => enter(session, room.data.id)));
    const [ofMei, ofPhone, ofDesk] = sockets as [TestSocket, TestSocket, TestSocket];

    const spent = phone.refreshToken;
    await refresh(spent);
    await endGrace(mei.id);
    expect((await refresh(spent)).status).toBe(401);
    expect((await ofPhone.untilClosed()).code).toBe(4401);

    await post(`${API}/password/change`, { currentPassword: PASSWORD, newPassword: "Quiet-Meadow-8" }, mei.token);
    expect((await ofDesk.untilClosed()).code).toBe(4401);
    ofMei.send("send_message", { clientId: "one", body: "still here" });
    await ofMei.next("message_ack");
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

/** What the contract says of a session: which tokens it was given, which are spent and past the grace, and whether it lives. */
class Session {
  readonly tokens: string[];
  readonly spent = new Set<number>();
  readonly old = new Set<number>();
  access: string;
  live = true;

  constructor(given: Pick<Learner, "token" | "refreshToken">) {
    this.tokens = [given.refreshToken];
    this.access = given.token;
  }
}

/** What the contract says of a person who does things with their sessions in any order. */
class Model {
  readonly #mei: Learner;
  readonly sessions: Session[];
  #password = PASSWORD;

  constructor(mei: Learner) {
    this.#mei = mei;
    this.sessions = [new Session(mei)];
  }

  #of(pick: number): Session {
    const session = this.sessions[pick % this.sessions.length];
    if (!session) throw new Error("no session");
    return session;
  }

  async login(): Promise<void> {
    const { status, data } = await post(`${API}/login`, { email: this.#mei.email, password: this.#password });
    expect(status).toBe(200);
    this.sessions.push(new Session({ token: data.accessToken, refreshToken: data.refreshToken }));
  }

  async refresh(which: number, pick: number): Promise<void> {
    const session = this.#of(which);
    const index = pick % session.tokens.length;
    const good = session.live && !session.old.has(index);
    const answer = await refresh(session.tokens[index] ?? "");
    expect(answer.status).toBe(good ? 200 : 401);
    if (!good) session.live = false;
    if (good) {
      session.spent.add(index);
      session.tokens.push(answer.data.refreshToken);
      session.access = answer.data.accessToken;
    }
  }

  async wait(): Promise<void> {
    await endGrace(this.#mei.id);
    for (const { spent, old } of this.sessions) for (const index of spent) old.add(index);
  }

  async logout(which: number): Promise<void> {
    const session = this.#of(which);
    expect((await post(`${API}/logout`, {}, session.access)).status).toBe(session.live ? 204 : 401);
    session.live = false;
  }

  async logoutAll(which: number): Promise<void> {
    const session = this.#of(which);
    expect((await post(`${API}/logout-all`, {}, session.access)).status).toBe(session.live ? 204 : 401);
    if (session.live) for (const each of this.sessions) each.live = false;
  }

  async changePassword(which: number): Promise<void> {
    const session = this.#of(which);
    const newPassword = `Harbour-${crypto.randomUUID()}`.replace("-", "-A1");
    const answer = await post(
      `${API}/password/change`,
      { currentPassword: this.#password, newPassword },
      session.access,
    );
    expect(answer.status).toBe(session.live ? 204 : 401);
    if (!session.live) return;
    for (const each of this.sessions) each.live = each === session;
    this.#password = newPassword;
  }

  async check(): Promise<void> {
    for (const { access, live } of this.sessions) expect((await get(ME, access)).status).toBe(live ? 200 : 401);
    const rows = await sessionsOf(this.#mei.id);
    expect(rows.filter((row) => row["revoked_at"] === null)).toHaveLength(
      this.sessions.filter(({ live }) => live).length,
    );
  }
}

const which = fc.nat(5);
const Step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("refresh" as const), which, pick: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("login" as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("logout" as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("logoutAll" as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("changePassword" as const), which }) },
);

it("lives as the model of a person's sessions does, whatever is done in whatever order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(Step, { minLength: 2, maxLength: 12 }), async (steps) => {
      const model = new Model(await learner());
      for (const step of steps) {
        if (step.do === "refresh") await model.refresh(step.which, step.pick);
        else await model[step.do](step.which);
        // Tokens of one session are ordered by the millisecond.
        await new Promise((resolve) => setTimeout(resolve, 2));
        await model.check();
      }
    }),
    { numRuns: 12 },
  );
}, 120_000);
