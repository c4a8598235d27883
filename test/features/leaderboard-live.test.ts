import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { createContext } from "../../src/context.ts";
import { boardName } from "../../src/durable-objects/leaderboard/protocol.ts";
import { encodeWatcher, WATCHER_HEADER } from "../../src/durable-objects/leaderboard/identity.ts";
import { newId } from "../../src/platform/ids.ts";
import { moveClock } from "../../src/platform/clock.ts";
import { seasonOf } from "../../src/platform/seasons.ts";
import { ORIGIN, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { goal, learner } from "../helpers/factories.ts";
import { TestSocket } from "../helpers/socket.ts";

const ctx = createContext(env, { waitUntil: (work) => void work });
let scopes = 0;
const freshScope = () => `category:live ${++scopes}`;

let seq = 0;
const reach = (scope: string, id: string, score: number, season = "all", shown = true) => {
  seq += 1;
  const person = { id, username: `u-${id}`, displayName: `U ${id}`, avatarUrl: null, shown, version: seq };
  return ctx.boards(scope).submit([{ person, totals: [{ season, score, seq }] }]);
};

const upgrade = (path: string, headers: Record<string, string> = {}) =>
  exports.default.fetch(
    new Request(`${ORIGIN}/api/v1/leaderboard/live${path}`, { headers: { Upgrade: "websocket", ...headers } }),
  );

async function watch(who: Learner, scope: string, window = "all"): Promise<TestSocket> {
  const query = `?scope=${encodeURIComponent(scope)}&window=${window}`;
  const answer = await upgrade(query, { Authorization: `Bearer ${who.token}` });
  if (answer.webSocket === null) throw new Error(`${answer.status}: ${await answer.text()}`);
  return new TestSocket(answer.webSocket);
}

const codeOf = async (answer: Response) => {
  const { error } = await answer.json<{ error: { code: string } }>();
  return [answer.status, error.code];
};

describe("a live board", () => {
  let ana: Learner;
  let ben: Learner;

  beforeAll(async () => {
    ana = await learner();
    ben = await learner();
  });

  it("begins with a snapshot and then tells what has changed", async () => {
    const scope = freshScope();
    await reach(scope, "x", 50);
    await reach(scope, ana.id, 20);
    const socket = await watch(ana, scope);
    const snapshot = await socket.next("leaderboard_snapshot");
    expect(snapshot).toEqual({
      type: "leaderboard_snapshot",
      payload: {
        scope,
        window: "all",
        season: "all",
        total: 2,
        entries: [
          { rank: 1, user: { id: "x", username: "u-x", displayName: "U x", avatarUrl: null }, score: 50 },
          expect.objectContaining({ rank: 2, score: 20 }),
        ],
        me: { rank: 2, score: 20 },
      },
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/u),
    });
    await reach(scope, "y", 30);
    const update = await socket.next("leaderboard_update");
    expect(update.payload).toMatchObject({
      total: 3,
      changes: [
        { rank: 2, user: { id: "y" }, score: 30 },
        { rank: 3, user: { id: ana.id }, score: 20 },
      ],
      me: { rank: 3, score: 20 },
    });
    await reach(scope, "x", 0);
    await reach(scope, "y", 40);
    const next = await socket.next("leaderboard_update");
    expect(next.payload).toMatchObject({
      total: 2,
      changes: [
        { user: { id: "x" }, removed: true },
        { rank: 1, user: { id: "y" }, score: 40 },
        { rank: 2, user: { id: ana.id }, score: 20 },
      ],
      me: { rank: 2, score: 20 },
    });
    socket.close();
  });

  it("says nothing to who would learn nothing, and answers ping", async () => {
    const scope = freshScope();
    const people = Array.from({ length: 102 }, (_, n) => ({ n, id: `p${n}` }));
    for (const { n, id } of people) await reach(scope, id, 1_000 - n);
    const socket = await watch(ana, scope);
    await socket.next("leaderboard_snapshot");
    await reach(scope, "p101", 5);
    await runInDurableObject(env.LEADERBOARD.getByName(boardName(scope)), () => undefined);
    socket.sendRaw("ping");
    await socket.until("pong", () => socket.raw.includes("pong"));
    expect(socket.frames.map(({ type }) => type)).toEqual(["leaderboard_snapshot"]);
    await reach(scope, "p99", 5_000);
    expect((await socket.next("leaderboard_update")).payload).toMatchObject({
      total: 102,
      me: { rank: null, score: 0 },
    });
    socket.sendRaw("hello");
    expect((await socket.untilClosed()).code).toBe(1008);
  });

  it("goes on after hibernation, where memory was lost", async () => {
    const scope = freshScope();
    await reach(scope, "x", 50);
    const socket = await watch(ana, scope);
    await socket.next("leaderboard_snapshot");
    await evictDurableObject(env.LEADERBOARD.getByName(boardName(scope)), { webSockets: "hibernate" });
    await reach(scope, "y", 10);
    expect((await socket.next("leaderboard_update")).payload).toMatchObject({
      total: 2,
      changes: [{ rank: 2, user: { id: "y" }, score: 10 }],
    });
    socket.close();
  });

  it("sends a new snapshot when the development clock is moved into another season", async () => {
    const socket = await watch(ana, freshScope(), "day");
    const { season } = (await socket.next("leaderboard_snapshot")).payload;
    try {
      await post("/dev/clock", { advanceMs: 86_400_000 });
      const next = await socket.next("leaderboard_snapshot");
      expect(next.payload).toMatchObject({ season: seasonOf("day", ctx.clock.now()), total: 0 });
      expect(next.payload).not.toMatchObject({ season });
    } finally {
      await post("/dev/clock", { reset: true });
    }
    socket.close();
  });

  it("sends a new snapshot when the season ends", async () => {
    const scope = freshScope();
    const today = seasonOf("day", ctx.clock.now());
    await reach(scope, "x", 50, today);
    const socket = await watch(ana, scope, "day");
    expect((await socket.next("leaderboard_snapshot")).payload).toMatchObject({ season: today, total: 1 });
    moveClock(86_400_000);
    try {
      await runDurableObjectAlarm(env.LEADERBOARD.getByName(boardName(scope)));
      const tomorrow = seasonOf("day", ctx.clock.now());
      expect((await socket.next("leaderboard_snapshot")).payload).toMatchObject({
        season: tomorrow,
        total: 0,
        entries: [],
        me: { rank: null, score: 0 },
      });
      await reach(scope, "y", 10, tomorrow);
      expect((await socket.next("leaderboard_update")).payload).toMatchObject({ total: 1 });
    } finally {
      moveClock(0);
    }
    socket.close();
  });

  it("tells hidden people where they would stand, and nobody else of them", async () => {
    const scope = freshScope();
    await reach(scope, "x", 50);
    await reach(scope, ana.id, 20, "all", false);
    const socket = await watch(ana, scope);
    expect((await socket.next("leaderboard_snapshot")).payload).toMatchObject({ total: 1, me: { rank: 2, score: 20 } });
    await reach(scope, ana.id, 70, "all", false);
    expect((await socket.next("leaderboard_update")).payload).toEqual({
      total: 1,
      changes: [],
      me: { rank: 1, score: 70 },
    });
    socket.close();
  });

  it("refuses before the upgrade", async () => {
    const bearer = { Authorization: `Bearer ${ana.token}` };
    const plain = await exports.default.fetch(new Request(`${ORIGIN}/api/v1/leaderboard/live`, { headers: bearer }));
    expect(await codeOf(plain)).toEqual([426, "UPGRADE_REQUIRED"]);
    expect(await codeOf(await upgrade("?scope=global"))).toEqual([401, "UNAUTHENTICATED"]);
    expect(await codeOf(await upgrade("?scope=nowhere", bearer))).toEqual([400, "VALIDATION_ERROR"]);
    expect(await codeOf(await upgrade("?window=year", bearer))).toEqual([400, "VALIDATION_ERROR"]);
    expect(await codeOf(await upgrade(`?scope=project:${newId()}`, bearer))).toEqual([404, "NOT_FOUND"]);
    const secret = await goal(ben, { visibility: "private" });
    expect(await codeOf(await upgrade(`?scope=goal:${secret.id}`, bearer))).toEqual([404, "NOT_FOUND"]);
    const forged = { "Sec-WebSocket-Protocol": "guildhall.v1, ticket.nonsense" };
    expect(await codeOf(await upgrade("", forged))).toEqual([401, "UNAUTHENTICATED"]);
    const cookie = { Cookie: `__Host-guildhall_access=${ana.token}`, Origin: "https://elsewhere.example" };
    expect(await codeOf(await upgrade("", cookie))).toEqual([403, "CSRF_REJECTED"]);
    expect((await upgrade("", { ...cookie, Origin: ORIGIN })).status).toBe(101);
  });

  it("opens with a ticket, once", async () => {
    const { status, data } = await post("/api/v1/leaderboard/tickets", {}, ana.token);
    expect(status).toBe(201);
    expect(data.url).toBe("wss://guildhall.test/api/v1/leaderboard/live");
    const headers = { "Sec-WebSocket-Protocol": `guildhall.v1, ticket.${data.ticket}` };
    const answers = await Promise.all([upgrade("?window=week", headers), upgrade("?window=week", headers)]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([101, 401]);
    const opened = answers.find((answer) => answer.webSocket !== null);
    expect(opened?.headers.get("Sec-WebSocket-Protocol")).toBe("guildhall.v1");
    if (opened?.webSocket) new TestSocket(opened.webSocket).close();
  });

  it("hangs up when the session ends, with 4401, and lets nobody watch 9 times", async () => {
    const eve = await learner();
    const scope = freshScope();
    const sockets = await Promise.all(Array.from({ length: 8 }, () => watch(eve, scope)));
    const ninth = await upgrade(`?scope=${encodeURIComponent(scope)}`, { Authorization: `Bearer ${eve.token}` });
    expect(await codeOf(ninth)).toEqual([429, "TOO_MANY_SOCKETS"]);
    const other = await watch(ana, scope);
    expect((await post("/api/v1/auth/logout", {}, eve.token)).status).toBeLessThan(300);
    for (const socket of sockets) expect((await socket.untilClosed()).code).toBe(4401);
    expect(other.closed).toBeUndefined();
    other.close();
  });

  it("hangs up when the token has ended", async () => {
    const scope = freshScope();
    const board = env.LEADERBOARD.getByName(boardName(scope));
    const watcher = { scope, window: "all" as const, userId: "u", sessionId: "s", expiresAt: Date.now() + 60_000 };
    const headers = { Upgrade: "websocket", [WATCHER_HEADER]: encodeWatcher(watcher) };
    const { webSocket } = await board.fetch("https://board/live", { headers });
    if (webSocket === null) throw new Error("not upgraded");
    const socket = new TestSocket(webSocket);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
    try {
      await runDurableObjectAlarm(board);
    } finally {
      vi.useRealTimers();
    }
    expect((await socket.untilClosed()).code).toBe(4401);
  });

  it("tells 1,000 watchers of one board, each of their own rank, with one frame a second for many moves", async () => {
    const scope = freshScope();
    const board = env.LEADERBOARD.getByName(boardName(scope));
    const expiresAt = Date.now() + 600_000;
    const seen = { snapshots: 0, updates: 0, own: new Map<number, { rank: number; score: number }>() };
    for (let n = 0; n < 1_000; n += 1) {
      const watcher = { scope, window: "all" as const, userId: `w${n}`, sessionId: `s${n}`, expiresAt };
      const headers = { Upgrade: "websocket", [WATCHER_HEADER]: encodeWatcher(watcher) };
      const { webSocket } = await board.fetch("https://board/live", { headers });
      webSocket?.addEventListener("message", ({ data }) => {
        const { type, payload } = JSON.parse(String(data));
        if (type === "leaderboard_snapshot") seen.snapshots += 1;
        else {
          seen.updates += 1;
          seen.own.set(n, payload.me);
        }
      });
      webSocket?.accept();
    }
    const entries = Array.from({ length: 1_000 }, (_, n) => ({
      person: { id: `w${n}`, username: `w${n}`, displayName: `W ${n}`, avatarUrl: null, shown: true, version: 1 },
      totals: [{ season: "all", score: n + 1, seq: n + 1 }],
    }));
    await Promise.all(Array.from({ length: 50 }, (_, n) => board.submit(entries.slice(n * 20, n * 20 + 20))));
    const settled = () => [...seen.own].filter(([n, { score }]) => score === n + 1).length === 1_000;
    await vi.waitUntil(settled, { timeout: 15_000 });
    expect([...seen.own.values()].map(({ rank }) => rank).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 1_000 }, (_, n) => n + 1),
    );
    expect(seen.snapshots).toBe(1_000);
    // 50 submissions: what came first is told at once, the others a second later; a slow machine may take some seconds more.
    expect(seen.updates).toBeLessThan(10_000);
  });
});
