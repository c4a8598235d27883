import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { createContext } from "../../src/context.ts";
import { heatMapOf } from "../../src/features/dashboard/rules.ts";
import { getDashboard } from "../../src/features/dashboard/service.ts";
import { addDays, localDay } from "../../src/features/xp/days.ts";
import { moveClock } from "../../src/platform/clock.ts";
import { call, eventually, get, patch, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { challenge, goal, learner } from "../helpers/factories.ts";

const DATA = "/api/v1/dashboard/data";
const ITEMS = "/api/v1/dashboard/items";
const DAY_MS = 86_400_000;

afterEach(() => moveClock(0));

const dashboard = async (who: Learner) => (await get(DATA, who.token)).data;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();
const submit = (who: Learner, challengeId: string) =>
  post("/api/v1/submissions", { challengeId, content: { text: "one two three" } }, who.token);

describe("the dashboard", () => {
  test("of somebody new is empty, and whole", async () => {
    const ana = await learner();
    const { status, data, roundTrips } = await get(DATA, ana.token);
    expect([status, roundTrips]).toEqual([200, 1]);
    const { heatMap, ...rest } = data;
    expect(rest).toEqual({
      level: { level: 1, xp: 0, intoLevel: 0, forNext: 100 },
      streak: { current: 0, longest: 0, freezes: 0, atRisk: false, expiresAt: null },
      goals: [],
      dueChallenges: [],
      assignments: [],
      unreadNotifications: 0,
      rank: null,
      recentActivity: [],
      items: [],
    });
    expect(heatMap).toHaveLength(84);
    expect((await get(DATA)).status).toBe(401);
  });

  test("shows everything at a glance in one round trip, and the same under both addresses", async () => {
    const [ana, ben] = [await learner(), await learner()];
    const { id: goalId, milestones } = await goal(ana, { title: "Sing", visibility: "public" });
    await goal(ana, { title: "Whistle" });
    const { id: paused } = await goal(ana, { title: "Yodel" });
    await patch(`/api/v1/goals/${paused}`, { status: "paused" }, ana.token);
    const { id: reviewed } = await challenge(ana, goalId, { peerReviews: 1 });
    await post(`/api/v1/goals/${goalId}/join`, {}, ben.token);
    await post("/api/v1/progress", { goalId, milestoneId: milestones[0].id, completed: true }, ana.token);
    await submit(ben, reviewed);
    await post(ITEMS, { title: "This week" }, ana.token);
    const data = await eventually(
      () => dashboard(ana),
      ({ assignments, rank }) => assignments.length === 1 && rank?.score === 30,
    );
    expect(data.level).toEqual({ level: 1, xp: 30, intoLevel: 30, forNext: 100 });
    expect(data.streak).toMatchObject({ current: 1, longest: 1 });
    expect(data.goals.map(({ title, percent }: { title: string; percent: number }) => [title, percent])).toEqual([
      ["Whistle", 0],
      ["Sing", 50],
    ]);
    expect(data.assignments[0]).toMatchObject({ state: "open", submission: { challengeId: reviewed } });
    expect(data.rank).toMatchObject({ window: "week", rank: 1 });
    expect(data.recentActivity.map(({ type }: { type: string }) => type)).toContain("study");
    expect(data.heatMap.at(-1)).toEqual({ day: localDay(new Date(), "UTC"), count: 1 });
    expect(data.items).toHaveLength(1);
    const [one, two] = [await get(DATA, ana.token), await get("/api/v1/progress/dashboard", ana.token)];
    expect(two.data).toEqual(one.data);
    expect([one.roundTrips, two.roundTrips]).toEqual([1, 1]);
  });

  test("due is what my goals and circles still want, the most urgent first", async () => {
    const [ana, ben] = [await learner(), await learner()];
    const { id: own } = await goal(ana);
    const { id: circle } = await goal(ben, { visibility: "public" });
    const { id: foreign } = await goal(ben, { visibility: "public" });
    const { id: left } = await goal(ana, { title: "Later" });
    await post(`/api/v1/goals/${circle}/join`, {}, ana.token);
    await challenge(ana, own, { title: "in nine days", dueAt: inDays(9) });
    await challenge(ben, circle, { title: "in three days", dueAt: inDays(3) });
    const { id: done } = await challenge(ana, own, { title: "done", dueAt: inDays(4) });
    const { id: archived } = await challenge(ana, own, { title: "archived", dueAt: inDays(4) });
    await challenge(ana, own, { title: "at any time" });
    await challenge(ben, foreign, { title: "of a foreign circle", dueAt: inDays(1) });
    await challenge(ana, left, { title: "of a goal that rests", dueAt: inDays(1) });
    await challenge(ana, own, { title: "over", dueAt: inDays(-1) });
    await submit(ana, done);
    await patch(`/api/v1/challenges/${archived}`, { archived: true }, ana.token);
    await patch(`/api/v1/goals/${left}`, { status: "paused" }, ana.token);
    const { dueChallenges } = await dashboard(ana);
    expect(dueChallenges.map(({ title }: { title: string }) => title)).toEqual(["in three days", "in nine days"]);
    expect(dueChallenges[0]).toMatchObject({ goalId: circle, goalTitle: "Speak Spanish", points: 20, kind: "text" });
  });

  test("counts learning on my own days, and keeps the day that a zone gave", async () => {
    const mei = await learner({ timezone: "Asia/Tokyo" });
    const { id: goalId } = await goal(mei);
    const day = localDay(new Date(Date.now() + 30 * DAY_MS), "UTC");
    const learnAt = async (iso: string) => {
      moveClock(Date.parse(iso) - Date.now());
      await post("/api/v1/progress", { goalId }, mei.token);
    };
    await learnAt(`${day}T14:59:00Z`);
    await learnAt(`${day}T15:01:00Z`);
    await learnAt(`${day}T16:00:00Z`);
    const next = addDays(day, 1);
    const counts = async () => (await dashboard(mei)).heatMap.filter(({ count }: { count: number }) => count > 0);
    const both = [
      { day, count: 1 },
      { day: next, count: 2 },
    ];
    expect(await counts()).toEqual(both);
    await patch("/api/v1/users/me", { timezone: "America/Los_Angeles" }, mei.token);
    expect(await counts()).toEqual(both);
  });

  test("does without a rank while the board does not answer", async () => {
    const ana = await learner();
    const ctx = createContext(env, { waitUntil: () => undefined });
    const boards: typeof ctx.boards = (scope) => {
      throw new Error(`the board of ${scope} is away`);
    };
    const actor = { id: ana.id, username: ana.username, role: "student", sessionId: "", tokenId: "" } as const;
    const { rank, level } = await getDashboard({ ...ctx, boards }, { kind: "user", ...actor, expiresAt: new Date() });
    expect([rank, level.level]).toEqual([null, 1]);
  });
});

test("a heat map is twelve weeks without a gap that keep every count within them", () => {
  const today = "2026-03-02";
  const past = fc.uniqueArray(fc.record({ ago: fc.nat(200), deeds: fc.integer({ min: 1, max: 50 }) }), {
    selector: ({ ago }) => ago,
  });
  fc.assert(
    fc.property(past, (days) => {
      const map = heatMapOf(
        days.map(({ ago, deeds }) => ({ activeDay: addDays(today, -ago), deeds })),
        today,
      );
      expect(map.map(({ day }) => day)).toEqual(Array.from({ length: 84 }, (_, i) => addDays(today, i - 83)));
      const within = days.filter(({ ago }) => ago < 84).reduce((sum, { deeds }) => sum + deeds, 0);
      expect(map.reduce((sum, { count }) => sum + count, 0)).toBe(within);
    }),
  );
});

describe("own items", () => {
  test("are pinned, changed and taken off", async () => {
    const ana = await learner();
    const made = await post(ITEMS, { title: " Plan ", content: "Read" }, ana.token);
    expect(made.status).toBe(201);
    expect(made.headers.get("Location")).toBe(`${ITEMS}/${made.data.id}`);
    expect(made.data).toMatchObject({ title: "Plan", content: "Read" });
    const path = `${ITEMS}/${made.data.id}`;
    const changed = await patch(path, { content: "Write" }, ana.token);
    expect(changed.data).toMatchObject({ title: "Plan", content: "Write" });
    expect((await dashboard(ana)).items).toEqual([changed.data]);
    expect((await call("DELETE", path, { token: ana.token })).status).toBe(204);
    expect((await call("DELETE", path, { token: ana.token })).status).toBe(404);
    expect((await dashboard(ana)).items).toEqual([]);
  });

  test("are nobody else's", async () => {
    const [ana, ben] = [await learner(), await learner()];
    const { data } = await post(ITEMS, { title: "Mine" }, ana.token);
    const path = `${ITEMS}/${data.id}`;
    expect((await patch(path, { title: "Yours" }, ben.token)).status).toBe(404);
    expect((await call("DELETE", path, { token: ben.token })).status).toBe(404);
    expect((await dashboard(ana)).items[0].title).toBe("Mine");
    expect((await post(ITEMS, { title: "" }, ana.token)).status).toBe(400);
    expect((await post(ITEMS, { title: "Mine" })).status).toBe(401);
  });

  test("of two who change one, the one who saw an older state is told", async () => {
    const ana = await learner();
    const made = await post(ITEMS, { title: "Plan" }, ana.token);
    const path = `${ITEMS}/${made.data.id}`;
    const seen = { headers: { "If-Match": made.headers.get("ETag") ?? "" } };
    const first = await patch(path, { title: "Plan A" }, ana.token, seen);
    expect(first.status).toBe(200);
    expect((await patch(path, { title: "Plan B" }, ana.token, seen)).code).toBe("PRECONDITION_FAILED");
    expect((await call("DELETE", path, { token: ana.token, ...seen })).code).toBe("PRECONDITION_FAILED");
    const fresh = { "If-Match": first.headers.get("ETag") ?? "" };
    expect((await call("DELETE", path, { token: ana.token, headers: fresh })).status).toBe(204);
  });

  test("are at most a hundred, also when the last place is raced for, and one retry makes one", async () => {
    const ana = await learner();
    const key = { headers: { "Idempotency-Key": crypto.randomUUID() } };
    const [one, two] = [
      await post(ITEMS, { title: "Once" }, ana.token, key),
      await post(ITEMS, { title: "Once" }, ana.token, key),
    ];
    expect(two.data.id).toBe(one.data.id);
    await env.DB.prepare(
      `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 98)
       INSERT INTO dashboard_items (id, user_id, title, created_at, updated_at)
       SELECT printf('01900000-0000-7000-8000-%012d', n), ?, 'Item', 0, 0 FROM c`,
    )
      .bind(ana.id)
      .run();
    const race = await Promise.all([1, 2, 3].map((n) => post(ITEMS, { title: `Last ${n}` }, ana.token)));
    expect(race.map(({ status }) => status).toSorted()).toEqual([201, 422, 422]);
    expect(race.filter(({ status }) => status === 422).map(({ code }) => code)).toEqual([
      "LIMIT_REACHED",
      "LIMIT_REACHED",
    ]);
    expect((await dashboard(ana)).items).toHaveLength(100);
  });
});
