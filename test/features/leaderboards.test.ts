import { env, exports } from "cloudflare:workers";
import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { createContext } from "../../src/context.ts";
import { users } from "../../src/db/schema/users.ts";
import { commit, event } from "../../src/events/outbox.ts";
import { dayTotals } from "../../src/features/leaderboards/ledger.ts";
import { seasonTotals, seasonsBehind } from "../../src/features/leaderboards/rules.ts";
import { BoardMeta, RankedUser, UserStanding } from "../../src/features/leaderboards/schema.ts";
import { seasonEnd, seasonOf } from "../../src/platform/seasons.ts";
import type { Award } from "../../src/features/xp/awards.ts";
import { award, xpChanged } from "../../src/features/xp/awards.ts";
import { Failure, Pagination, Success } from "../../src/http/envelope.ts";
import { newId } from "../../src/platform/ids.ts";

interface Learner {
  id: string;
  username: string;
  token: string;
}

const Board = z.object({ data: z.array(RankedUser), meta: BoardMeta.extend({ pagination: Pagination }) });
const Standing = Success(UserStanding);
const ctx = createContext(env, { waitUntil: (work) => void work });

const call = (path: string, token?: string, init: RequestInit = {}) =>
  exports.default.fetch(
    new Request(`https://guildhall.test/api/v1${path}`, {
      ...init,
      headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
    }),
  );

async function board(viewer: Learner, query: string) {
  const response = await call(`/leaderboard?${query}`, viewer.token);
  expect(response.status).toBe(200);
  expect(response.headers.get("Server-Timing")).toContain(/goal:|season=20/u.test(query) ? 'desc="1"' : 'desc="0"');
  return Board.parse(await response.json());
}

async function standing(viewer: Learner, of: Learner, query = "window=week") {
  const response = await call(`/leaderboard/user/${of.id}?${query}`, viewer.token);
  expect(response.status).toBe(200);
  expect(response.headers.get("Server-Timing")).toContain('desc="1"');
  return Standing.parse(await response.json()).data;
}

async function refusal(path: string, token?: string) {
  const response = await call(path, token);
  return [response.status, Failure.parse(await response.json()).error.code];
}

async function register(username: string): Promise<Learner> {
  const body = JSON.stringify({
    email: `${username}@example.org`,
    username,
    password: "Sunny-Harbour-7",
    displayName: username.toUpperCase(),
  });
  const response = await call("/auth/register", undefined, { method: "POST", body });
  expect(response.status).toBe(201);
  const { data } = await response.json<{ data: { user: { id: string }; accessToken: string } }>();
  return { id: data.user.id, username, token: data.accessToken };
}

const pay = (to: Learner, amount: number, more: Partial<Award> = {}, of?: { goalId: string; category: string }) =>
  commit(
    ctx,
    award(ctx, {
      userId: to.id,
      amount,
      reason: "adjustment",
      sourceType: "test",
      sourceId: newId(),
      day: "2026-11-21",
      ...of,
      ...more,
    }),
    [xpChanged(to.id, of)],
  );

const names = (entries: { rank: number; user: { username: string }; score: number }[]) =>
  entries.map(({ rank, user, score }) => [rank, user.username, score]);

describe("leaderboards", () => {
  let ana: Learner;
  let ben: Learner;
  let chidi: Learner;
  let dora: Learner;

  beforeAll(async () => {
    ana = await register("ana");
    ben = await register("ben");
    chidi = await register("chidi");
    dora = await register("dora");
    await pay(ana, 50);
    await pay(ben, 90);
    await pay(chidi, 50);
    await vi.waitUntil(async () => (await board(ana, "window=week")).meta.total === 3, { timeout: 10_000 });
  });

  it("shows exact ranks, and first who was first, in every window", async () => {
    for (const window of ["day", "week", "month", "all"] as const) {
      const { data, meta } = await board(dora, `window=${window}`);
      expect(names(data)).toEqual([
        [1, "ben", 90],
        [2, "ana", 50],
        [2, "chidi", 50],
      ]);
      const season = seasonOf(window, ctx.clock.now());
      expect(meta).toMatchObject({
        scope: "global",
        window,
        season,
        total: 3,
        resetsAt: seasonEnd(season)?.toISOString() ?? null,
      });
      expect(meta.pagination).toEqual({ limit: 20, nextCursor: null, hasMore: false });
    }
    expect((await board(dora, "")).meta).toMatchObject({
      scope: "global",
      window: "all",
      season: "all",
      resetsAt: null,
    });
    const unversioned = await exports.default.fetch("https://guildhall.test/api/leaderboard", {
      headers: { Authorization: `Bearer ${dora.token}` },
    });
    expect(unversioned.status).toBe(200);
  });

  it("tells where somebody stands and who is around", async () => {
    expect(await standing(dora, chidi, "window=week&around=1")).toEqual({
      rank: 2,
      score: 50,
      total: 3,
      percentile: 50,
      season: seasonOf("week", ctx.clock.now()),
      neighbours: [
        { rank: 2, user: { id: ana.id, username: "ana", displayName: "ANA", avatarUrl: null }, score: 50 },
        { rank: 2, user: { id: chidi.id, username: "chidi", displayName: "CHIDI", avatarUrl: null }, score: 50 },
      ],
    });
    expect(await standing(dora, ben)).toMatchObject({ rank: 1, percentile: 100 });
    expect(await standing(dora, dora)).toMatchObject({
      rank: null,
      score: 0,
      total: 3,
      percentile: null,
      neighbours: [],
    });
  });

  it("pages by cursor and by number, and refuses the cursor of another board, season or hand", async () => {
    const first = await board(ana, "window=week&limit=2");
    const cursor = first.meta.pagination.nextCursor ?? "";
    expect(first.meta.pagination.hasMore).toBe(true);
    const second = await board(ana, `window=week&limit=2&cursor=${cursor}`);
    expect(names([...first.data, ...second.data])).toEqual(names((await board(ana, "window=week")).data));
    expect(second.meta.pagination).toEqual({ limit: 2, nextCursor: null, hasMore: false });
    expect(names((await board(ana, "window=week&limit=1&page=3")).data)).toEqual([[2, "chidi", 50]]);
    expect(names((await board(ana, "window=week&limit=1&page=4")).data)).toEqual([]);
    const refused = [
      `window=month&cursor=${cursor}`,
      `scope=category:languages&window=week&cursor=${cursor}`,
      `window=week&season=2020-W01&cursor=${cursor}`,
      `window=week&cursor=${cursor}x`,
      "window=week&cursor=%F0%9F",
    ];
    for (const query of refused)
      expect(await refusal(`/leaderboard?${query}`, ana.token)).toEqual([400, "INVALID_CURSOR"]);
  });

  it("reads a closed season, and knows which are none", async () => {
    expect((await board(ana, "season=2020-W53")).meta).toMatchObject({
      window: "week",
      total: 0,
      resetsAt: "2021-01-04T00:00:00.000Z",
    });
    for (const query of [
      "season=2026-W54",
      "window=day&season=2026-02-30",
      "window=month&season=2026-W47",
      "season=all&window=day",
      "season=",
    ])
      expect(await refusal(`/leaderboard?${query}`, ana.token)).toEqual([400, "VALIDATION_ERROR"]);
  });

  it("refuses what does not fit", async () => {
    for (const query of [
      "scope=galaxy",
      "scope=goal:1",
      "scope=category:",
      "window=year",
      "limit=0",
      "limit=101",
      "page=0",
      "scope=",
    ])
      expect(await refusal(`/leaderboard?${query}`, ana.token)).toEqual([400, "VALIDATION_ERROR"]);
    for (const query of ["around=-1", "around=51", "window=weak"])
      expect(await refusal(`/leaderboard/user/${ana.id}?${query}`, ana.token)).toEqual([400, "VALIDATION_ERROR"]);
    expect(await refusal("/leaderboard")).toEqual([401, "UNAUTHENTICATED"]);
    expect(await refusal(`/leaderboard/user/${ana.id}`)).toEqual([401, "UNAUTHENTICATED"]);
    expect(await refusal(`/leaderboard/user/${newId()}`, ana.token)).toEqual([404, "NOT_FOUND"]);
    expect(await refusal("/leaderboard/user/ana", ana.token)).toEqual([400, "VALIDATION_ERROR"]);
  });

  it("keeps the boards of goals and categories, for those who may know of the goal", async () => {
    const create = async (visibility: string) => {
      const body = JSON.stringify({ title: "Learn Twi", category: "Twi", visibility });
      const { data } = await (
        await call("/goals", ana.token, { method: "POST", body })
      ).json<{ data: { id: string } }>();
      return data.id;
    };
    const [shared, secret] = [await create("public"), await create("private")];
    await pay(ana, 30, { reason: "challenge" }, { goalId: shared, category: "twi" });
    await pay(ana, 5, { reason: "review_rating" }, { goalId: shared, category: "twi" });
    await pay(ben, 40, { reason: "challenge" }, { goalId: secret, category: "twi" });
    await vi.waitUntil(async () => (await board(ana, "scope=category:Twi")).meta.total === 2, { timeout: 10_000 });
    await vi.waitUntil(async () => (await standing(ana, ana)).score === 85, { timeout: 10_000 });
    expect(names((await board(ben, `scope=goal:${shared}&window=week`)).data)).toEqual([[1, "ana", 30]]);
    expect(names((await board(ben, "scope=category:twi&window=day")).data)).toEqual([
      [1, "ben", 40],
      [2, "ana", 30],
    ]);
    expect(names((await board(ana, `scope=goal:${secret}`)).data)).toEqual([[1, "ben", 40]]);
    for (const scope of [`goal:${secret}`, `goal:${newId()}`, `project:${newId()}`]) {
      expect(await refusal(`/leaderboard?scope=${scope}`, ben.token)).toEqual([404, "NOT_FOUND"]);
      expect(await refusal(`/leaderboard/user/${ben.id}?scope=${scope}`, ben.token)).toEqual([404, "NOT_FOUND"]);
    }
  });

  it("hides who wants to be hidden and who is suspended, without a gap, and names as people wish", async () => {
    const [hidden, suspended, shy] = [await register("hidden"), await register("suspended"), await register("shy")];
    const privacy = { showProfile: true, showName: true, showActivity: true, showOnLeaderboards: true };
    const change = (who: Learner, what: "privacy" | "status", set: Partial<typeof users.$inferInsert>) =>
      commit(
        ctx,
        [
          ctx.db
            .update(users)
            .set({ ...set, version: sql`version + 1` })
            .where(eq(users.id, who.id)),
        ],
        [event({ type: "user.changed", userId: who.id, what })],
      );
    await pay(hidden, 3);
    await pay(suspended, 2);
    await pay(shy, 1);
    await vi.waitUntil(async () => (await standing(shy, shy)).rank === 6, { timeout: 10_000 });
    await change(hidden, "privacy", { privacy: { ...privacy, showOnLeaderboards: false } });
    await change(suspended, "status", { status: "suspended" });
    await change(shy, "privacy", { privacy: { ...privacy, showName: false } });
    await vi.waitUntil(async () => (await standing(shy, shy)).neighbours.at(-1)?.user.displayName === "shy", {
      timeout: 10_000,
    });
    await vi.waitUntil(async () => (await standing(shy, shy)).rank === 4, { timeout: 10_000 });
    const { data, meta } = await board(ana, "window=week&limit=2&page=2");
    expect(data).toHaveLength(2);
    expect(data[1]).toEqual({
      rank: 4,
      user: { id: shy.id, username: "shy", displayName: "shy", avatarUrl: null },
      score: 1,
    });
    expect(meta.total).toBe(4);
    expect(await standing(ana, hidden)).toMatchObject({ rank: null, score: 0, neighbours: [] });
    expect(await standing(ana, suspended)).toMatchObject({ rank: null, score: 0, neighbours: [] });
    const own = await standing(hidden, hidden);
    expect(own).toMatchObject({ rank: 4, score: 3, total: 5, percentile: 25 });
    expect(own.neighbours.map(({ rank, user }) => [rank, user.username]).slice(-2)).toEqual([
      [4, "hidden"],
      [5, "shy"],
    ]);

    await commit(ctx, [], [event({ type: "user.deleted", userId: shy.id })]);
    await vi.waitUntil(async () => (await board(ana, "window=week")).meta.total === 3, { timeout: 10_000 });
  });

  it("shows some people only, with their ranks on the whole board", async () => {
    const { data, meta } = await board(ana, `window=week&users=${chidi.id},${newId()},${ben.id},${dora.id}`);
    expect(names(data)).toEqual(names((await board(ana, "window=week")).data.filter(({ user }) => user.id !== ana.id)));
    expect(meta).toMatchObject({ total: 3, pagination: { nextCursor: null, hasMore: false } });
    const tooMany = Array.from({ length: 201 }, () => newId()).join(",");
    for (const list of [tooMany, "ana", ""])
      expect(await refusal(`/leaderboard?users=${list}`, ana.token)).toEqual([400, "VALIDATION_ERROR"]);
  });

  it("takes XP back with its exact inverse", async () => {
    await pay(dora, 500);
    await vi.waitUntil(async () => (await standing(dora, dora)).rank === 1, { timeout: 10_000 });
    await pay(dora, -500, { reason: "reversal" });
    await vi.waitUntil(async () => (await standing(dora, dora)).rank === null, { timeout: 10_000 });
  });

  it("sums each season by UTC days, whatever the event's age", async () => {
    const eve = await register("eve");
    const now = new Date("2026-11-02T00:30:00Z");
    for (const [at, amount] of [
      ["2026-09-30T23:59:59.999Z", 1],
      ["2026-10-25T23:59:59.999Z", 10],
      ["2026-10-26T00:00:00Z", 100],
      ["2026-11-01T23:59:59.999Z", 1000],
      ["2026-11-02T00:00:00Z", 10_000],
    ] as const) {
      const then = { ...ctx, clock: { now: () => new Date(at) } };
      const source = { reason: "milestone", sourceType: "test", sourceId: newId() } as const;
      await commit(ctx, award(then, { ...source, userId: eve.id, amount, day: at.slice(0, 10) }));
    }
    const { seasons, since } = seasonsBehind(now);
    const totals = seasonTotals(await dayTotals(ctx, eve.id, ["global"], since), seasons);
    expect(Object.fromEntries(totals.map(({ season, score }) => [season, score]))).toEqual({
      all: 11_111,
      "2026-10": 110,
      "2026-11": 11_000,
      "2026-W44": 1_100,
      "2026-W45": 10_000,
      "2026-10-26": 100,
      "2026-11-01": 1_000,
      "2026-11-02": 10_000,
    });
  });
});
