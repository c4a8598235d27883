import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import { moveClock } from "../../src/platform/clock.ts";
import { addDays, localDay } from "../../src/features/xp/days.ts";
import { call, eventually, get, patch, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { challenge, goal, learner, staff } from "../helpers/factories.ts";

const PROGRESS = "/api/v1/progress";
const DAY_MS = 86_400_000;

afterEach(() => moveClock(0));

const log = (who: Learner, body: Record<string, unknown>, headers: Record<string, string> = {}) =>
  post(PROGRESS, body, who.token, { headers });

const timeline = async (who: Learner, query = "") => (await get(`${PROGRESS}/timeline${query}`, who.token)).data;

const typesOf = (entries: { type: string }[]): string[] => entries.map(({ type }) => type);

const deedsOf = async (who: Learner): Promise<number[]> => {
  const { results } = await env.DB.prepare("SELECT deeds FROM activity_days WHERE user_id = ? ORDER BY day")
    .bind(who.id)
    .all<{ deeds: number }>();
  return results.map(({ deeds }) => deeds);
};

describe("the study log", () => {
  test("an entry makes today a day of learning, once, and counts each time", async () => {
    const ana = await learner();
    const { id: goalId } = await goal(ana);
    const first = await log(ana, { goalId, minutes: 25, note: "  Irregular verbs " });
    expect(first.status).toBe(201);
    expect(first.headers.get("Location")).toBe(`${PROGRESS}/goals/${goalId}`);
    expect(first.data).toMatchObject({ goalId, minutes: 25, note: "Irregular verbs", milestoneId: null });
    expect(first.data).toMatchObject({ completed: false, streak: { current: 1 }, progress: { percent: 0 } });
    expect(first.roundTrips).toBe(2);
    await log(ana, { goalId });
    const { data: ledger } = await get("/api/v1/users/me/xp", ana.token);
    expect(ledger.map(({ reason, amount }: { reason: string; amount: number }) => [reason, amount])).toEqual([
      ["daily_bonus", 5],
    ]);
    expect(await deedsOf(ana)).toEqual([2]);
  });

  test("takes back what it gives: null is what was left out", async () => {
    const ana = await learner();
    const { id: goalId } = await goal(ana);
    const { data } = await log(ana, { goalId });
    expect(data).toMatchObject({ minutes: null, milestoneId: null, note: "" });
    const { status, data: again } = await log(ana, data);
    expect([status, again.minutes, again.milestoneId]).toEqual([201, null, null]);
  });

  test("an entry that completes a milestone pays its XP in the same step, once", async () => {
    const ana = await learner();
    const { id: goalId, milestones } = await goal(ana);
    const [{ id: milestoneId }] = milestones;
    const { status, data } = await log(ana, { goalId, milestoneId, completed: true });
    expect(status).toBe(201);
    expect(data).toMatchObject({ completed: true, progress: { percent: 100, milestonesDone: 1 } });
    const again = await log(ana, { goalId, milestoneId, completed: true });
    expect(again.data).toMatchObject({ completed: false, milestoneId });
    const { data: ledger } = await get("/api/v1/users/me/xp", ana.token);
    expect(ledger.filter(({ reason }: { reason: string }) => reason === "milestone")).toHaveLength(1);
    expect(ledger[0].balance).toBe(30);
    expect(await deedsOf(ana)).toEqual([2]);
  });

  test("two at once complete a milestone once, and a retry with its key makes one entry", async () => {
    const ana = await learner();
    const { id: goalId, milestones } = await goal(ana);
    const body = { goalId, milestoneId: milestones[0].id, completed: true };
    const both = await Promise.all([log(ana, body), log(ana, body)]);
    expect(both.map(({ status }) => status)).toEqual([201, 201]);
    expect(both.map(({ data: entry }) => entry.completed).toSorted()).toEqual([false, true]);
    const { data } = await get("/api/v1/users/me/xp", ana.token);
    expect(data.filter(({ reason }: { reason: string }) => reason === "milestone")).toHaveLength(1);

    const ben = await learner();
    const { id } = await goal(ben);
    const key = { "Idempotency-Key": crypto.randomUUID() };
    const [one, two] = [
      await log(ben, { goalId: id, minutes: 5 }, key),
      await log(ben, { goalId: id, minutes: 5 }, key),
    ];
    expect(two.headers.get("Idempotency-Replayed")).toBe("true");
    expect(two.data.id).toBe(one.data.id);
    expect((await get(`${PROGRESS}/goals/${id}`, ben.token)).data.studied).toMatchObject({ entries: 1, minutes: 5 });
  });

  test("is for one's own goals and circles", async () => {
    const [ana, ben] = [await learner(), await learner()];
    const { id: hidden } = await goal(ana);
    expect((await log(ben, { goalId: hidden })).status).toBe(404);
    const { id: open, milestones } = await goal(ana, { visibility: "public" });
    const [{ id: milestoneId }] = milestones;
    expect((await log(ben, { goalId: open })).code).toBe("NOT_A_MEMBER");
    await post(`/api/v1/goals/${open}/join`, {}, ben.token);
    expect((await log(ben, { goalId: open, minutes: 10, milestoneId })).status).toBe(201);
    expect((await log(ben, { goalId: open, milestoneId, completed: true })).code).toBe("FORBIDDEN");
    expect((await get(`${PROGRESS}/goals/${open}`, ana.token)).data.studied.entries).toBe(0);
    expect((await get(`${PROGRESS}/goals/${open}`, ben.token)).data.studied).toMatchObject({ entries: 1, minutes: 10 });
    expect((await get(`${PROGRESS}/goals/${hidden}`, ben.token)).status).toBe(404);
    expect((await call("GET", `${PROGRESS}/goals/${open}`)).status).toBe(401);
  });

  test.each([
    ["no minutes", { minutes: 0 }, "body.minutes"],
    ["more than a day", { minutes: 1441 }, "body.minutes"],
    ["a completion of nothing", { completed: true }, "body.completed"],
    ["an unknown milestone", { milestoneId: crypto.randomUUID() }, "body.milestoneId"],
    ["a very long note", { note: "x".repeat(2001) }, "body.note"],
  ])("refuses %s", async (_, fields, path) => {
    const ana = await learner();
    const { id: goalId } = await goal(ana);
    const { status, body } = await log(ana, { goalId, ...fields });
    expect(status).toBe(400);
    expect(body.error.details[0].path).toBe(path);
  });

  test("outlives the goal", async () => {
    const ana = await learner();
    const { id: goalId } = await goal(ana);
    await log(ana, { goalId, minutes: 5 });
    expect((await call("DELETE", `/api/v1/goals/${goalId}`, { token: ana.token })).status).toBe(204);
    const studied = (await timeline(ana)).find(({ type }: { type: string }) => type === "study");
    expect(studied).toMatchObject({ title: "Studied", amount: 5 });
    expect(studied.goalId).toBeUndefined();
  });
});

test("the progress of a goal says what I have put into it, in one round trip", async () => {
  const ana = await learner();
  const { id: goalId, milestones } = await goal(ana);
  const { id: challengeId } = await challenge(ana, goalId);
  await log(ana, { goalId, minutes: 20 });
  await log(ana, { goalId, minutes: 10, milestoneId: milestones[0].id, completed: true });
  await post("/api/v1/submissions", { challengeId, content: { text: "one two three" } }, ana.token);
  const { data, roundTrips } = await get(`${PROGRESS}/goals/${goalId}`, ana.token);
  expect(roundTrips).toBe(1);
  expect(data).toMatchObject({ goalId, status: "active", percent: 100, milestonesDone: 1, challengesDone: 1 });
  expect(data).toMatchObject({ accepted: 1, xp: 45, studied: { minutes: 30, entries: 2 } });
  expect(data.milestones[0].completedAt).toEqual(expect.any(String));
  expect(data.recent.map(({ minutes }: { minutes: number }) => minutes)).toEqual([10, 20]);
});

describe("the timeline", () => {
  /** A day with a bit of everything. */
  async function busyDay() {
    const [ana, ben, thea] = [await learner(), await learner(), await staff("teacher")];
    const { id: goalId, milestones } = await goal(ana, { title: "Sing", visibility: "public" });
    const { id: easy } = await challenge(ana, goalId, { title: "Hum" });
    const { id: hard } = await challenge(ana, goalId, { title: "Aria", peerReviews: 1, requiresVerdict: true });
    await post(`/api/v1/goals/${goalId}/join`, {}, ben.token);
    await log(ana, { goalId, minutes: 15, note: "scales" });
    const text = "one two three";
    await post("/api/v1/submissions", { challengeId: easy, content: { text } }, ana.token);
    const { data: work } = await post("/api/v1/submissions", { challengeId: hard, content: { text } }, ben.token);
    const review = { scores: [{ criterion: "Overall", score: 5 }], comment: "Every note of it was a delight to hear." };
    const judged = await call("PUT", `/api/v1/submissions/${work.id}/review`, {
      token: thea.token,
      body: { ...review, verdict: "accept" },
    });
    expect(judged.status).toBe(200);
    await call("PUT", `/api/v1/goals/${goalId}/milestones/${milestones[0].id}/completion`, { token: ana.token });
    await post("/api/v1/submissions", { challengeId: hard, content: { text } }, ana.token);
    return { ana, ben, thea, goalId, easy, hard };
  }

  test("tells of every kind of deed, newest first, with ids of its own", async () => {
    const { ana, ben, thea, goalId, easy } = await busyDay();
    const badges = await eventually(
      () => timeline(ana, "?limit=100"),
      (entries) => entries.some(({ type }: { type: string }) => type === "badge"),
    );
    expect(new Set(typesOf(badges))).toEqual(
      new Set(["badge", "xp", "decision", "milestone", "submission", "study", "goal"]),
    );
    expect(new Set(badges.map(({ id }: { id: string }) => id)).size).toBe(badges.length);
    const times = badges.map(({ at }: { at: string }) => at);
    expect(times).toEqual(times.toSorted().toReversed());
    const of = (type: string) => badges.filter((entry: { type: string }) => entry.type === type);
    expect(of("study")[0]).toMatchObject({ title: "Sing", amount: 15, note: "scales", goalId });
    expect(of("decision")).toHaveLength(1);
    expect(of("decision")[0]).toMatchObject({ title: "Hum", status: "accepted", challengeId: easy, goalId });
    expect(
      of("xp")
        .map(({ title }: { title: string }) => title)
        .toSorted(),
    ).toEqual(["Challenge accepted", "Daily bonus", "Milestone done"]);
    expect(typesOf(await timeline(ben, "?limit=100"))).toContain("decision");
    const reviewed = (await timeline(thea)).find(({ type }: { type: string }) => type === "review");
    expect(reviewed).toMatchObject({ title: "Aria", goalId });
    expect(reviewed.reviewId).toBe(reviewed.id);
  });

  test("pages never repeat or lose an entry, however small, even where two share an instant", async () => {
    const { ana } = await busyDay();
    const all = await eventually(
      () => timeline(ana, "?limit=100"),
      (entries) => entries.some(({ type }: { type: string }) => type === "badge"),
    );
    for (const limit of [1, 2, 3, 7]) {
      const seen: string[] = [];
      for (let cursor = ""; ;) {
        const { data, body } = await get(`${PROGRESS}/timeline?limit=${limit}${cursor}`, ana.token);
        seen.push(...data.map(({ id }: { id: string }) => id));
        if (!body.meta.pagination.hasMore) break;
        cursor = `&cursor=${encodeURIComponent(body.meta.pagination.nextCursor)}`;
      }
      expect(seen).toEqual(all.map(({ id }: { id: string }) => id));
    }
    const second = await timeline(ana, "?limit=3&page=2");
    expect(second).toEqual(all.slice(3, 6));
  });

  test("a goal that is completed is in it, and leaves it when it is taken up again", async () => {
    const ana = await learner();
    const { id, milestones } = await goal(ana);
    await log(ana, { goalId: id, milestoneId: milestones[0].id, completed: true });
    await patch(`/api/v1/goals/${id}`, { status: "completed" }, ana.token);
    expect(typesOf(await timeline(ana))).toContain("goal_completed");
    await patch(`/api/v1/goals/${id}`, { status: "active" }, ana.token);
    expect(typesOf(await timeline(ana))).not.toContain("goal_completed");
  });

  test("days are those of my zone, as borders too", async () => {
    const mei = await learner({ timezone: "Asia/Tokyo" });
    const { id: goalId } = await goal(mei);
    const noon = Date.now() + 30 * DAY_MS;
    const at = (iso: string) => moveClock(Date.parse(iso) - Date.now());
    const day = localDay(new Date(noon), "UTC");
    // One minute before midnight in Tokyo, and one minute after it.
    at(`${day}T14:59:00Z`);
    await log(mei, { goalId, minutes: 1 });
    at(`${day}T15:01:00Z`);
    await log(mei, { goalId, minutes: 2 });
    const minutes = async (query: string) =>
      (await timeline(mei, query))
        .filter(({ type }: { type: string }) => type === "study")
        .map((entry: { day: string; amount: number }) => [entry.day, entry.amount]);
    const next = addDays(day, 1);
    expect(await minutes(`?from=${day}`)).toEqual([
      [next, 2],
      [day, 1],
    ]);
    expect(await minutes(`?from=${day}&to=${day}`)).toEqual([[day, 1]]);
    expect(await minutes(`?from=${next}`)).toEqual([[next, 2]]);
    expect(await minutes(`?from=${day}T15:00:00Z`)).toEqual([[next, 2]]);
    expect(await minutes(`?from=${day}T00:00:00Z&to=${day}T15:00:00Z`)).toEqual([[day, 1]]);
  });

  test("is one round trip, one's own, and takes no foreign cursor", async () => {
    const { ana, ben } = await busyDay();
    const mine = await get(`${PROGRESS}/timeline?limit=1`, ana.token);
    expect(mine.roundTrips).toBe(1);
    const cursor = encodeURIComponent(mine.body.meta.pagination.nextCursor);
    expect((await get(`${PROGRESS}/timeline?cursor=${cursor}`, ben.token)).code).toBe("INVALID_CURSOR");
    expect((await get(`${PROGRESS}/timeline?cursor=${cursor}&from=2026-01-01`, ana.token)).code).toBe("INVALID_CURSOR");
    expect((await get(`${PROGRESS}/timeline?from=yesterday`, ana.token)).status).toBe(400);
    expect((await get(`${PROGRESS}/timeline`)).status).toBe(401);
  });
});
