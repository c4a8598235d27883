import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { encodeListener, LISTENER_HEADER } from "../../../src/durable-objects/user-hub/identity.ts";
import { ORIGIN, post } from "../../helpers/client.ts";
import type { Learner } from "../../helpers/factories.ts";
import { learner, signIn } from "../../helpers/factories.ts";
import { badge, listOf, notified, tell } from "../../helpers/notifications.ts";
import { TestSocket } from "../../helpers/socket.ts";

const API = "/api/v1/notifications";
const upgrade = (headers: Record<string, string> = {}) =>
  exports.default.fetch(new Request(`${ORIGIN}${API}/live`, { headers: { Upgrade: "websocket", ...headers } }));

async function listen(who: Learner): Promise<TestSocket> {
  const answer = await upgrade({ Authorization: `Bearer ${who.token}` });
  if (answer.webSocket === null) throw new Error(`${answer.status}: ${await answer.text()}`);
  return new TestSocket(answer.webSocket);
}

const codeOf = async (answer: Response) => {
  const { error } = await answer.json<{ error: { code: string } }>();
  return [answer.status, error.code];
};

describe("the live socket", () => {
  it("begins with what is unread, and tells what comes on every device", async () => {
    const ana = await learner();
    await tell(badge(ana));
    await notified(ana);
    const [phone, desk] = [await listen(ana), await listen(await signIn(ana))];
    expect(await phone.next("unread_count")).toEqual({
      type: "unread_count",
      payload: { count: 1 },
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/u),
    });
    await desk.next("unread_count");
    await tell(badge(ana, "streak-silver"));
    for (const socket of [phone, desk]) {
      const { payload } = await socket.next("notification", ({ data }) => JSON.stringify(data).includes("silver"));
      expect(payload).toEqual((await listOf(ana))[0]);
      expect((await socket.next("unread_count")).payload).toEqual({ count: 2 });
    }
    await post(`${API}/read`, { all: true }, ana.token);
    for (const socket of [phone, desk]) expect((await socket.next("unread_count")).payload).toEqual({ count: 0 });
    const hub = env.USER_HUB.getByName(ana.id);
    await hub.unread({ count: 7, asOf: Date.now() - 60_000 });
    await hub.unread({ count: 1, asOf: Date.now() });
    expect((await phone.next("unread_count")).payload).toEqual({ count: 1 });
    phone.close();
    desk.close();
  });

  it("says nothing of what its reader does not want in the app, nor to anybody else", async () => {
    const [ana, ben] = await Promise.all([learner(), learner()]);
    await exports.default.fetch(
      new Request(`${ORIGIN}${API}/preferences`, {
        method: "PUT",
        headers: { Authorization: `Bearer ${ana.token}`, "Content-Type": "application/json" },
        body: JSON.stringify({ channels: { badge_earned: { inApp: false } } }),
      }),
    );
    const [mine, other] = [await listen(ana), await listen(ben)];
    await tell(badge(ana));
    await tell({ type: "level.reached", userId: ana.id, level: 2 });
    await mine.next("notification");
    expect(mine.frames.filter(({ type }) => type === "notification").map(({ payload }) => payload["kind"])).toEqual([
      "level_up",
    ]);
    expect(other.frames.map(({ type }) => type)).toEqual(["unread_count"]);
    mine.close();
    other.close();
  });

  it("answers ping, tells after the object slept, and takes no messages", async () => {
    const ana = await learner();
    const socket = await listen(ana);
    socket.sendRaw("ping");
    await socket.until("pong", () => socket.raw.includes("pong"));
    await evictDurableObject(env.USER_HUB.getByName(ana.id));
    await tell(badge(ana));
    await socket.next("notification");
    socket.send("hello");
    expect(await socket.untilClosed()).toEqual({ code: 1008, reason: "this socket only tells" });
  });

  it("opens with a ticket, once, in a browser", async () => {
    const ana = await learner();
    const { status, data } = await post(`${API}/tickets`, {}, ana.token);
    expect([status, data.url]).toEqual([201, "wss://guildhall.test/api/v1/notifications/live"]);
    const offered = { "Sec-WebSocket-Protocol": `guildhall.v1, ticket.${data.ticket}` };
    const answers = await Promise.all([upgrade(offered), upgrade(offered)]);
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([101, 401]);
    const open = answers.find((answer) => answer.webSocket !== null);
    expect(open?.headers.get("Sec-WebSocket-Protocol")).toBe("guildhall.v1");
    if (open?.webSocket) new TestSocket(open.webSocket).close();
  });

  it("is refused before it opens, with a reason", async () => {
    const ana = await learner();
    expect(await codeOf(await upgrade())).toEqual([401, "UNAUTHENTICATED"]);
    expect(await codeOf(await upgrade({ "Sec-WebSocket-Protocol": "guildhall.v1, ticket.x" }))).toEqual([
      401,
      "UNAUTHENTICATED",
    ]);
    const plain = new Request(`${ORIGIN}${API}/live`, { headers: { Authorization: `Bearer ${ana.token}` } });
    expect(await codeOf(await exports.default.fetch(plain))).toEqual([426, "UPGRADE_REQUIRED"]);
    const cookie = { Cookie: `__Host-access=${ana.token}; access=${ana.token}; __Secure-access=${ana.token}` };
    const foreign = await upgrade({ ...cookie, Origin: "https://evil.example" });
    expect([401, 403]).toContain(foreign.status);
    const sockets = [];
    for (let i = 0; i < 8; i += 1) sockets.push(await listen(ana));
    expect(await codeOf(await upgrade({ Authorization: `Bearer ${ana.token}` }))).toEqual([429, "TOO_MANY_SOCKETS"]);
    for (const socket of sockets) socket.close();
  });

  it("closes with 4401 when its session ends, and not with another one", async () => {
    const ana = await learner();
    const again = await signIn(ana);
    const [ended, other] = [await listen(ana), await listen(again)];
    const { data } = await post(`${API}/tickets`, {}, ana.token);
    await post("/api/v1/auth/logout", {}, ana.token);
    expect(await ended.untilClosed()).toEqual({ code: 4401, reason: "the session has ended" });
    expect(other.closed).toBeUndefined();
    const late = await upgrade({ "Sec-WebSocket-Protocol": `guildhall.v1, ticket.${data.ticket}` });
    expect(await codeOf(late)).toEqual([401, "UNAUTHENTICATED"]);
    await post("/api/v1/auth/logout-all", {}, again.token);
    expect((await other.untilClosed()).code).toBe(4401);
  });

  it("closes with 4401 when its token has run out", async () => {
    const ana = await learner();
    const hub = env.USER_HUB.getByName(ana.id);
    const identity = encodeListener({ sessionId: "s", expiresAt: Date.now() + 50, unread: 0 });
    const answer = await hub.fetch("https://hub/live", {
      headers: { Upgrade: "websocket", [LISTENER_HEADER]: identity },
    });
    if (answer.webSocket === null) throw new Error("no socket");
    const socket = new TestSocket(answer.webSocket);
    const lasting = await listen(ana);
    await new Promise((resolve) => setTimeout(resolve, 60));
    await runDurableObjectAlarm(hub);
    expect(await socket.untilClosed()).toEqual({ code: 4401, reason: "token expired" });
    expect(lasting.closed).toBeUndefined();
    lasting.close();
  });
});
