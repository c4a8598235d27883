import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createContext } from "../../src/context.ts";
import { turnLeagueWeeks } from "../../src/features/leagues/weeks.ts";
import { COHORT_SIZE, formCohorts, movesOf, settle, TIERS } from "../../src/features/leagues/rules.ts";
import { call, get, patch, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { challenge, goal, learner } from "../helpers/factories.ts";

const id = fc.uuid();
const entrant = fc.record({
  userId: id,
  tier: fc.integer({ min: 0, max: 4 }),
  activity: fc.integer({ min: 0, max: 50 }),
});
const scored = fc.record({
  userId: id,
  score: fc.integer({ min: 0, max: 9 }),
  reachedSeq: fc.option(fc.integer({ min: 1, max: 99 })),
});
const unique = { selector: (person: { userId: string }) => person.userId };

describe("cohorts", () => {
  it("hold everybody once, of one tier, at most 30, evenly, neighbours in activity", () => {
    fc.assert(
      fc.property(fc.uniqueArray(entrant, { ...unique, maxLength: 200 }), (entrants) => {
        const cohorts = formCohorts(entrants);
        expect(cohorts.flatMap(({ userIds }) => userIds).toSorted()).toEqual(entrants.map((e) => e.userId).toSorted());
        const byId = new Map(entrants.map((e) => [e.userId, e]));
        for (const [tier, ofTier] of Map.groupBy(cohorts, (cohort) => cohort.tier)) {
          const sizes = ofTier.map(({ userIds }) => userIds.length);
          expect(Math.max(...sizes)).toBeLessThanOrEqual(COHORT_SIZE);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
          const activity = ofTier.flatMap(({ userIds }) => userIds.map((user) => byId.get(user)?.activity ?? -1));
          expect(activity).toEqual(activity.toSorted((a, b) => b - a));
          expect(ofTier.every(({ userIds }) => userIds.every((user) => byId.get(user)?.tier === tier))).toBe(true);
        }
      }),
    );
  });

  it("do not depend on the order people are found in", () => {
    fc.assert(
      fc.property(fc.uniqueArray(entrant, { ...unique, maxLength: 80 }), (entrants) => {
        expect(formCohorts(entrants.toReversed())).toEqual(formCohorts(entrants));
      }),
    );
  });
});

describe("the end of a week", () => {
  it("ranks by score, then by who was there first, and moves within the bounds", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: TIERS.length - 1 }),
        fc.uniqueArray(scored, { ...unique, maxLength: COHORT_SIZE }),
        (tier, cohort) => {
          const settled = settle(tier, cohort);
          expect(settled).toEqual(settle(tier, cohort.toReversed()));
          expect(settled.map(({ rank }) => rank)).toEqual(cohort.map((_, i) => i + 1));
          const { promotes, relegates } = movesOf(tier, cohort.length);
          const of = (outcome: string) => settled.filter((person) => person.outcome === outcome);
          expect(of("promoted").length).toBeLessThanOrEqual(promotes);
          expect(of("relegated").length).toBeLessThanOrEqual(relegates);
          expect(of("promoted").every(({ score }) => score > 0)).toBe(true);
          expect(tier > 0 || of("relegated").length === 0).toBe(true);
          expect(tier < TIERS.length - 1 || of("promoted").length === 0).toBe(true);
          const order = settled.map(({ score, reachedSeq }) => -score * 1000 + (reachedSeq ?? 999));
          expect(order).toEqual(order.toSorted((a, b) => a - b));
        },
      ),
    );
  });

  it("moves 7 up and 5 down of a full cohort", () => {
    expect(movesOf(1, 30)).toEqual({ promotes: 7, relegates: 5 });
    expect(movesOf(0, 30)).toEqual({ promotes: 7, relegates: 0 });
    expect(movesOf(4, 30)).toEqual({ promotes: 0, relegates: 5 });
    expect(movesOf(2, 1)).toEqual({ promotes: 0, relegates: 0 });
  });
});

describe("a season of leagues", () => {
  const people: Learner[] = [];
  const at = async (now: string) => {
    await call("POST", "/dev/clock", { body: { now } });
    const ctx = createContext(env, { waitUntil: () => undefined });
    return await turnLeagueWeeks(ctx);
  };
  const earn = (who: Learner | undefined, amount: number, when: string) =>
    env.DB.prepare(
      `INSERT INTO xp_entries (id, user_id, amount, reason, source_type, source_id, rules_version, balance, day, created_at)
       SELECT ?1, id, ?2, 'adjustment', 'test', ?1, 1, xp + ?2, ?3, ?4 FROM users WHERE id = ?5`,
    )
      .bind(crypto.randomUUID(), amount, when.slice(0, 10), Date.parse(when), who?.id ?? "")
      .run();
  const current = async (who: Learner | undefined) => (await get("/api/v1/leagues/current", who?.token)).data;

  beforeAll(async () => {
    for (let i = 0; i < 4; i += 1) people.push(await learner({ timezone: "Pacific/Kiritimati" }));
  });
  afterEach(() => call("POST", "/dev/clock", { body: { reset: true } }));

  it("begins with the week after joining, freezes its end, promotes, and is the same when run twice", async () => {
    const [ana, ben, chidi, dora] = people;
    await call("POST", "/dev/clock", { body: { now: "2026-11-18T10:00:00.000Z" } });
    expect(await current(ana)).toEqual({ membership: null, league: null });
    for (const person of people) {
      const { status, data } = await call("PUT", "/api/v1/leagues/membership", { token: person.token });
      expect([status, data.tier, data.startsAt]).toEqual([200, "bronze", "2026-11-23T00:00:00.000Z"]);
    }
    await env.DB.prepare("DELETE FROM league_cohorts").run();

    expect(await at("2026-11-23T00:04:00.000Z")).toMatchObject({ drawn: 1 });
    await env.DB.prepare("DELETE FROM league_cohorts").run();
    expect(await at("2026-11-23T00:06:00.000Z")).toEqual({ closed: 0, drawn: 1 });
    expect(await at("2026-11-23T00:07:00.000Z")).toEqual({ closed: 0, drawn: 0 });

    await earn(ben, 50, "2026-11-23T08:00:00.000Z");
    await earn(ana, 50, "2026-11-24T08:00:00.000Z");
    await earn(chidi, 10, "2026-11-29T23:59:59.999Z");
    await earn(dora, 500, "2026-11-30T00:00:00.000Z");
    const { league } = await current(ana);
    expect(league).toMatchObject({ week: "2026-W48", tier: "bronze", endsAt: "2026-11-30T00:00:00.000Z", promotes: 1 });
    expect(league.standings.map((s: { user: { id: string }; score: number }) => [s.user.id, s.score])).toEqual([
      [ben?.id, 50],
      [ana?.id, 50],
      [chidi?.id, 10],
      [dora?.id, 0],
    ]);

    const both = await Promise.all([at("2026-11-30T00:06:00.000Z"), at("2026-11-30T00:06:00.000Z")]);
    expect(both.reduce((sum, { drawn }) => sum + drawn, 0)).toBe(2);
    expect((await current(ben)).membership.tier).toBe("silver");
    expect((await current(ana)).membership.tier).toBe("bronze");
    const history = await get("/api/v1/leagues/history", ben?.token);
    expect(history.data).toEqual([
      { week: "2026-W48", tier: "bronze", rank: 1, score: 50, size: 4, outcome: "promoted" },
    ]);
    const ended = await get("/api/v1/leagues/history/2026-W48", ana?.token);
    expect(ended.roundTrips).toBe(1);
    expect(ended.data).toMatchObject({ tier: "bronze", endsAt: "2026-11-30T00:00:00.000Z", promotes: 1, relegates: 0 });
    expect(ended.data.standings).toMatchObject([
      { rank: 1, user: { id: ben?.id }, score: 50, outcome: "promoted", me: false },
      { rank: 2, user: { id: ana?.id }, score: 50, outcome: "stayed", me: true },
      { rank: 3, user: { id: chidi?.id }, score: 10 },
      { rank: 4, user: { id: dora?.id }, score: 0 },
    ]);
    for (const week of ["2026-W49", "2026-W47", "2026-11", "soon"])
      expect((await get(`/api/v1/leagues/history/${week}`, ana?.token)).code).toBe("NOT_FOUND");
    const stranger = await learner();
    expect((await get("/api/v1/leagues/history/2026-W48", stranger.token)).code).toBe("NOT_FOUND");
    await earn(ana, 1000, "2026-11-25T00:00:00.000Z");
    await at("2026-11-30T02:00:00.000Z");
    expect((await get("/api/v1/leagues/history", ana?.token)).data[0]).toMatchObject({ rank: 2, score: 50 });
  });

  it("hides who hides, leaves out the suspended, and forgets who leaves", async () => {
    const [ana, , chidi, dora] = people;
    await call("POST", "/dev/clock", { body: { now: "2026-12-01T10:00:00.000Z" } });
    await patch("/api/v1/users/me", { privacy: { showOnLeaderboards: false } }, dora?.token);
    const seen = (await current(ana)).league.standings;
    expect(seen.filter((s: { user: unknown }) => s.user === null)).toHaveLength(1);
    expect((await current(dora)).league.standings.find((s: { me: boolean }) => s.me).user.id).toBe(dora?.id);

    await env.DB.prepare("UPDATE users SET status = 'suspended' WHERE id = ?").bind(chidi?.id).run();
    expect((await current(ana)).league.standings).toHaveLength(2);
    const ended = (await get("/api/v1/leagues/history/2026-W48", ana?.token)).data.standings;
    expect(ended.map((s: { rank: number; user: unknown }) => [s.rank, s.user !== null])).toEqual([
      [1, true],
      [2, true],
      [3, false],
      [4, false],
    ]);
    expect((await call("DELETE", "/api/v1/leagues/membership", { token: dora?.token })).status).toBe(204);
    expect(await current(dora)).toEqual({ membership: null, league: null });
    expect((await current(ana)).league.standings).toHaveLength(1);
  });

  it("is the same week for everybody, whatever zone they change to around its end", async () => {
    const traveller = await learner({ timezone: "UTC" });
    const { id: goalId } = await goal(traveller);
    const solve = async (now: string, timezone: string) => {
      await call("POST", "/dev/clock", { body: { now } });
      await patch("/api/v1/users/me", { timezone }, traveller.token);
      const { id: challengeId } = await challenge(traveller, goalId, { title: now });
      const content = { text: "hola amiga buenos días" };
      const work = { challengeId, content, requestFeedback: false };
      expect((await post("/api/v1/submissions", work, traveller.token)).data.status).toBe("accepted");
    };
    await call("POST", "/dev/clock", { body: { now: "2026-12-09T10:00:00.000Z" } });
    await call("PUT", "/api/v1/leagues/membership", { token: traveller.token });
    await at("2026-12-14T00:06:00.000Z");

    await solve("2026-12-20T12:00:00.000Z", "Pacific/Kiritimati");
    const sunday = (await current(traveller)).league;
    expect([sunday.week, sunday.endsAt, sunday.standings[0].score]).toEqual([
      "2026-W51",
      "2026-12-21T00:00:00.000Z",
      25,
    ]);
    await solve("2026-12-21T00:01:00.000Z", "Pacific/Niue");
    await at("2026-12-21T00:06:00.000Z");
    expect((await get("/api/v1/leagues/history", traveller.token)).data).toMatchObject([
      { week: "2026-W51", score: 25 },
    ]);
    const monday = (await current(traveller)).league;
    expect([monday.week, monday.standings[0].score]).toEqual(["2026-W52", 30]);
  });
});
