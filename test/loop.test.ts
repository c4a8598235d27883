import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { call, eventually, get, ORIGIN, post } from "./helpers/client.ts";
import { PASSWORD } from "./helpers/factories.ts";
import { TestSocket } from "./helpers/socket.ts";

const API = "/api/v1";

async function connect(roomId: string, token: string, after?: number): Promise<TestSocket> {
  const query = after === undefined ? "" : `?after=${after}`;
  const headers = { Upgrade: "websocket", Authorization: `Bearer ${token}` };
  const { status, webSocket } = await exports.default.fetch(
    new Request(`${ORIGIN}${API}/rooms/${roomId}/socket${query}`, { headers }),
  );
  if (webSocket === null) throw new Error(`no socket: ${status}`);
  return new TestSocket(webSocket);
}

test("the learner's loop, from registration to logout", async () => {
  const email = "mei@example.org";
  const registered = await post(`${API}/auth/register`, {
    email,
    username: "mei",
    password: PASSWORD,
    timezone: "Asia/Tokyo",
  });
  expect(registered.status).toBe(201);
  expect(registered.headers.get("Location")).toBe(`${API}/users/me`);
  expect(registered.data.user).toMatchObject({ email, username: "mei", roles: ["student"], xp: 0, level: 1 });

  const login = await post(`${API}/auth/login`, { email, password: PASSWORD });
  expect(login.status).toBe(200);
  const refreshed = await post(`${API}/auth/refresh`, { refreshToken: login.data.refreshToken });
  expect(refreshed.status).toBe(200);
  expect(refreshed.data.refreshToken).not.toBe(login.data.refreshToken);
  const token: string = refreshed.data.accessToken;

  const goal = await post(
    `${API}/goals`,
    { title: "Speak Spanish", category: "languages", visibility: "public", milestones: [{ title: "First words" }] },
    token,
  );
  expect(goal.status).toBe(201);
  expect(goal.data.progress).toEqual({
    percent: 0,
    milestonesDone: 0,
    milestonesTotal: 1,
    challengesDone: 0,
    challengesTotal: 0,
  });

  const challenge = await post(
    `${API}/challenges`,
    {
      goalId: goal.data.id,
      title: "Introduce yourself",
      kind: "text",
      points: 20,
      rules: { minWords: 5, mustInclude: ["me llamo"] },
      rubric: [{ criterion: "Grammar", description: "Verbs agree" }],
    },
    token,
  );
  expect(challenge.status).toBe(201);

  const refused = await post(
    `${API}/submissions`,
    { challengeId: challenge.data.id, content: { text: "Hola amigo" } },
    token,
  );
  expect(refused.status).toBe(201);
  expect(refused.data.status).toBe("rejected");
  expect(refused.data.validation).toEqual([
    expect.objectContaining({ rule: "minWords", passed: false, expected: 5, actual: 2 }),
    expect.objectContaining({ rule: "mustInclude", passed: false, expected: "me llamo" }),
  ]);

  const work = await post(
    `${API}/submissions`,
    { challengeId: challenge.data.id, content: { text: "Hola, me llamo Mei y vivo en Osaka con mi familia." } },
    token,
  );
  expect(work.status).toBe(201);
  expect(work.data).toMatchObject({ status: "accepted", attempt: 1, author: { username: "mei" } });

  const ledger = await get(`${API}/users/me/xp`, token);
  expect(
    ledger.data.map((entry: { reason: string; amount: number; balance: number }) => [
      entry.reason,
      entry.amount,
      entry.balance,
    ]),
  ).toEqual([
    ["daily_bonus", 5, 25],
    ["challenge", 20, 20],
  ]);
  const me = await get(`${API}/users/me`, token);
  expect(me.data).toMatchObject({ xp: 25, level: 1 });
  const streak = await get(`${API}/users/me/streak`, token);
  expect(streak.data).toMatchObject({ current: 1, longest: 1, atRisk: false });

  const board = await eventually(
    () => get(`${API}/leaderboard?scope=global&window=week`, token),
    (answer) => answer.data?.length > 0,
  );
  expect(board.data[0]).toMatchObject({ rank: 1, score: 25, user: { username: "mei" } });

  const job = await eventually(
    () => get(`${API}/ai/jobs/${work.data.feedbackJobId}`, token),
    (answer) => answer.data?.status === "succeeded",
  );
  expect(job.data.result).toMatchObject({ provider: "offline" });
  const read = await get(`${API}/submissions/${work.data.id}`, token);
  expect(read.data.feedback).toMatchObject({ provider: "offline" });

  const mails = await eventually(
    () => get(`/dev/mailbox?to=${email}`),
    (answer) => answer.body.length > 0,
  );
  expect(mails.body).toHaveLength(1);
  expect(mails.body[0].subject).toContain("Welcome");
  const link = /token=(?<token>[\w-]+)/u.exec(mails.body[0].text)?.groups?.["token"];
  expect((await post(`${API}/auth/verify-email`, { token: link })).status).toBe(204);
  expect((await post(`${API}/auth/verify-email`, { token: link })).code).toBe("INVALID_TOKEN");

  const kofi = await post(`${API}/auth/register`, { email: "kofi@example.org", username: "kofi", password: PASSWORD });
  const room = await post(`${API}/rooms`, { kind: "public", name: "Spanish corner" }, token);
  expect(room.status).toBe(201);
  expect((await post(`${API}/rooms/${room.data.id}/join`, {}, kofi.data.accessToken)).status).toBeLessThan(300);
  const one = await connect(room.data.id, token);
  const two = await connect(room.data.id, kofi.data.accessToken);
  await two.next("welcome");
  one.send("send_message", { clientId: "m-1", body: "Hola!" }, "r1");
  const heard = await two.next("chat_message");
  expect(await one.next("message_ack")).toMatchObject({ ref: "r1", payload: { clientId: "m-1" } });
  two.close();
  one.send("send_message", { clientId: "m-2", body: "Are you there?" });
  await one.next("message_ack", ({ clientId }) => clientId === "m-2");
  const again = await connect(room.data.id, kofi.data.accessToken, heard.payload.seq);
  await again.next("sync_complete");
  const missed = again.frames.filter((frame) => frame.type === "chat_message");
  expect(missed.map((frame) => frame.payload["body"])).toEqual(["Are you there?"]);
  again.close();

  expect((await post(`${API}/auth/logout`, {}, token)).status).toBe(204);
  expect((await get(`${API}/users/me`, token)).code).toBe("TOKEN_REVOKED");
  expect(await one.untilClosed()).toMatchObject({ code: 4401 });

  expect((await get("/docs/")).status).toBe(200);
  expect((await get("/openapi.json")).body.openapi).toBe("3.1.0");
  expect((await get("/health")).body.status).toBe("ok");
  expect((await get("/metrics")).body).toContain("http_requests_total");
  expect((await get("/.well-known/jwks.json")).body.keys[0]).not.toHaveProperty("d");
  expect((await call("GET", "/")).status).toBe(200);
});
