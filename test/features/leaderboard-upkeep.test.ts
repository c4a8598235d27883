import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { createContext } from "../../src/context.ts";
import { auditLog } from "../../src/db/schema/audit.ts";
import { boardFinals, boardSpreads } from "../../src/db/schema/leaderboards.ts";
import { users } from "../../src/db/schema/users.ts";
import { xpEntries } from "../../src/db/schema/xp.ts";
import { finalSeasons, isForgotten, seasonsKept } from "../../src/features/leaderboards/rules.ts";
import { compareBoards, keepFinals } from "../../src/features/leaderboards/upkeep.ts";
import { newId } from "../../src/platform/ids.ts";
import { seasonOf } from "../../src/platform/seasons.ts";
import { call, eventually, get, patch, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { PASSWORD, learner } from "../helpers/factories.ts";

const DAY_MS = 86_400_000;
const ctx = createContext(env, { waitUntil: (work) => void work });
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);

/** A row of the ledger that no event has told of. */
const earn = async (who: Learner, amount: number, at: Date, category: string | null = null) => {
  const id = newId();
  await ctx.db.insert(xpEntries).values({
    id,
    userId: who.id,
    amount,
    reason: "challenge",
    sourceType: "test",
    sourceId: id,
    category,
    rulesVersion: 1,
    balance: amount,
    day: at.toISOString().slice(0, 10),
    createdAt: at,
  });
};

describe("boards and the ledger", () => {
  let ana: Learner;
  let ben: Learner;
  let admin: string;

  const scores = async (query: string): Promise<[string, number][]> => {
    const { data } = await get(`/api/v1/leaderboard?${query}`, ana.token);
    return data.map(({ user, score }: { user: { username: string }; score: number }) => [user.username, score]);
  };

  beforeAll(async () => {
    ana = await learner();
    ben = await learner();
    const chief = await learner();
    await ctx.db.update(users).set({ role: "admin" }).where(eq(users.id, chief.id));
    const { data } = await post("/api/v1/auth/login", { email: chief.email, password: PASSWORD });
    admin = data.accessToken;
    await earn(ana, 40, daysAgo(1), "twi");
    await earn(ben, 30, daysAgo(30), "twi");
    await earn(ben, 20, daysAgo(120), "twi");
  });

  it("makes a board again from the ledger for an admin, who is noted", async () => {
    const ghost = { id: newId(), username: "ghost", displayName: "Ghost", avatarUrl: null, shown: true, version: 1 };
    await ctx.boards("category:twi").submit([{ person: ghost, totals: [{ season: "all", score: 999, seq: 10_000 }] }]);
    const path = "/api/v1/admin/leaderboards/rebuild";
    expect((await post(path, { scope: "category:twi" })).status).toBe(401);
    expect((await post(path, { scope: "category:twi" }, ana.token)).status).toBe(403);
    expect((await post(path, { scope: "nowhere" }, admin)).code).toBe("VALIDATION_ERROR");
    const answer = await post(path, { scope: "category:Twi" }, admin);
    expect([answer.status, answer.data]).toEqual([202, { scope: "category:twi", status: "queued" }]);
    await eventually(
      () => scores("scope=category:twi"),
      (found) =>
        JSON.stringify(found) ===
        JSON.stringify([
          [ben.username, 50],
          [ana.username, 40],
        ]),
    );
    expect(await scores(`scope=category:twi&season=${seasonOf("day", daysAgo(30))}`)).toEqual([[ben.username, 30]]);
    expect(await scores(`scope=category:twi&season=${seasonOf("month", daysAgo(120))}`)).toEqual([]);
    const [noted] = await ctx.db.select().from(auditLog).where(eq(auditLog.action, "leaderboard.rebuild_requested"));
    expect(noted).toMatchObject({ targetType: "board", targetId: "category:twi" });
  });

  it("finds by cron that a board is behind, and has it made again", async () => {
    expect(await scores("")).toEqual([]);
    const found = await compareBoards(ctx);
    expect(found).toEqual({ boards: 2, behind: ["global"] });
    await eventually(
      () => scores(""),
      (rows) => rows.length === 2,
    );
    expect(await compareBoards(ctx)).toEqual({ boards: 0, behind: [] });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * DAY_MS });
    try {
      await compareBoards(ctx);
      expect(await compareBoards(ctx)).toEqual({ boards: 2, behind: [] });
    } finally {
      vi.useRealTimers();
    }
  });

  it("keeps the final standings of seasons when the board has forgotten them", async () => {
    const season = seasonOf("day", daysAgo(30));
    expect(await keepFinals(ctx)).toMatchObject({ boards: 2 });
    const kept = await ctx.db.select().from(boardFinals).where(eq(boardFinals.season, season));
    expect(kept.map(({ scope, place, rank, userId, score }) => [scope, place, rank, userId, score]).sort()).toEqual([
      ["category:twi", 0, 1, ben.id, 30],
      ["global", 0, 1, ben.id, 30],
    ]);
    expect(
      await ctx.db
        .select()
        .from(boardFinals)
        .where(eq(boardFinals.season, seasonOf("day", daysAgo(1)))),
    ).toEqual([]);
    expect(await keepFinals(ctx)).toEqual({ boards: 0, seasons: 0 });
  });

  it("tells everybody where they ended a season that the board has forgotten", async () => {
    const day = daysAgo(20);
    const season = seasonOf("day", day);
    const crowd = await Promise.all(Array.from({ length: 5 }, () => learner()));
    const [first, second, third, hidden, idle] = crowd as [Learner, Learner, Learner, Learner, Learner];
    for (const [who, amount] of [
      [first, 50],
      [second, 30],
      [third, 30],
      [hidden, 10],
    ] as const) {
      await earn(who, amount, day, "wolof");
      await earn(who, 7, daysAgo(3), "wolof");
    }
    await patch("/api/v1/users/me", { privacy: { showOnLeaderboards: false } }, hidden.token);
    await post("/api/v1/admin/leaderboards/rebuild", { scope: "category:wolof" }, admin);
    const path = `/api/v1/leaderboard?scope=category:wolof&season=${season}`;
    await eventually(
      () => get(path, ana.token),
      ({ data }) => data.length === 3,
    );
    await compareBoards(ctx);
    await keepFinals(ctx);
    // As before spreads were kept, and what came with them asks for.
    await ctx.db.delete(boardSpreads);
    const again = env.TEST_MIGRATIONS.find(({ name }) => name.includes("spreads_of_kept_seasons"));
    for (const query of again?.queries ?? []) await env.DB.prepare(query).run();
    await keepFinals(ctx);
    await ctx.db.delete(boardFinals).where(eq(boardFinals.userId, third.id));
    const standing = async (of: Learner, by = of) =>
      (await get(`/api/v1/leaderboard/user/${of.id}?scope=category:wolof&season=${season}&around=1`, by.token)).data;
    const alive = await standing(second);

    await call("POST", "/dev/clock", { body: { now: new Date(Date.now() + 91 * DAY_MS).toISOString() } });
    try {
      const list = await get(path, ana.token);
      expect(list.data.map((entry: { rank: number; score: number }) => [entry.rank, entry.score])).toEqual([
        [1, 50],
        [2, 30],
      ]);
      expect(list.body.meta.total).toBe(3);
      const next = (await get(`${path}&limit=1`, ana.token)).body.meta.pagination.nextCursor;
      expect((await get(`${path}&limit=1&cursor=${next}`, ana.token)).data).toMatchObject([{ rank: 2 }]);
      expect((await get(`${path}&limit=1&page=2`, ana.token)).data).toMatchObject([{ rank: 2 }]);

      expect(await standing(first)).toMatchObject({ rank: 1, score: 50, total: 3, percentile: 100 });
      const { neighbours, ...own } = await standing(second, ana);
      expect(own).toEqual({ rank: 2, score: 30, total: 3, percentile: 50, season });
      expect(neighbours).toEqual(alive.neighbours.slice(0, 2));
      expect(await standing(third, ana)).toMatchObject({ rank: 2, score: 30, neighbours: [{ rank: 2, score: 30 }] });
      expect(await standing(hidden)).toMatchObject({ rank: 4, score: 10, total: 4, percentile: 0 });
      expect(await standing(hidden, ana)).toMatchObject({ rank: null, score: 0, neighbours: [] });
      expect(await standing(idle)).toMatchObject({ rank: null, score: 0, percentile: null, neighbours: [] });
      const asked = await get(`${path}&users=${crowd.map(({ id }) => id).join(",")}`, ana.token);
      expect(asked.data.map(({ rank, user }: { rank: number; user: { id: string } }) => [rank, user.id])).toEqual(
        [first, second, third].map(({ id }, place) => [place === 0 ? 1 : 2, id]),
      );

      await patch("/api/v1/users/me", { privacy: { showOnLeaderboards: false } }, second.token);
      await ctx.db.update(users).set({ status: "suspended" }).where(eq(users.id, third.id));
      expect((await get(path, ana.token)).data.map((entry: { rank: number }) => entry.rank)).toEqual([1]);
      expect((await get(`${path}&users=${second.id},${third.id}`, ana.token)).data).toEqual([]);
      expect((await standing(first, ana)).neighbours).toHaveLength(1);
      for (const gone of [second, third]) expect((await standing(gone, ana)).rank).toBeNull();
      expect((await standing(second)).neighbours).toMatchObject([{ rank: 1 }, { rank: 2, user: { id: second.id } }]);
    } finally {
      await call("POST", "/dev/clock", { body: { reset: true } });
    }
  });

  it("calls a season final a week after its end, once, and forgotten after 90 days", () => {
    const now = new Date("2026-11-21T12:00:00Z");
    const final = finalSeasons(new Date("2026-11-20T12:00:00Z"), now);
    expect(final).toEqual(["2026-11-13"]);
    expect(finalSeasons(new Date("2026-11-15T23:59:59Z"), new Date("2026-11-16T00:00:00Z"))).toEqual([
      "2026-11-08",
      "2026-W45",
    ]);
    expect(finalSeasons(now, now)).toEqual([]);
    expect(isForgotten("2026-08-22", new Date("2026-11-20T23:59:59Z"))).toBe(false);
    expect(isForgotten("2026-08-22", new Date("2026-11-21T00:00:00Z"))).toBe(true);
    expect(isForgotten("all", now)).toBe(false);
    const { seasons, since } = seasonsKept(now);
    expect([...seasons].filter((season) => isForgotten(season, now))).toEqual([]);
    expect(seasons.has("2026-08-23")).toBe(true);
    expect(since).toEqual(new Date("2026-08-01T00:00:00Z"));
  });
});
