import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { addDays, endOfDay, localDay } from "../../src/features/xp/days.ts";
import type { ActiveDay } from "../../src/features/xp/streak.ts";
import { streakOf } from "../../src/features/xp/streak.ts";
import { toStreak } from "../../src/features/xp/schema.ts";
import { call, get, patch, post } from "../helpers/client.ts";
import { challenge, goal, learner } from "../helpers/factories.ts";

/** Learning at an instant, counted in a zone. */
const learned = (at: string, timezone: string): ActiveDay => {
  const instant = new Date(at);
  return { activeDay: localDay(instant, timezone), timezone, at: instant };
};
const noon = (day: string): ActiveDay => learned(`${day}T12:00:00Z`, "UTC");

/** Day by day from the first to today, as one would do it on paper. */
function slowStreak(days: readonly string[], today: string) {
  const active = new Set(days);
  let [current, longest, freezes] = [0, 0, 0];
  const first = days.toSorted()[0] ?? today;
  for (let day = first; day <= today; day = addDays(day, 1)) {
    if (active.has(day)) {
      current += 1;
      longest = Math.max(longest, current);
      if (current % 7 === 0) freezes = Math.min(2, freezes + 1);
    } else if (day !== today) {
      if (freezes > 0) freezes -= 1;
      else current = 0;
    }
  }
  return { current, longest, freezes, activeToday: active.has(today) };
}

/** The dates that somebody in a zone tears off the calendar from one instant to another, looking at it every hour. */
function calendar(from: Date, to: Date, timezone: string): Set<string> {
  const dates = new Set<string>();
  for (let at = from.getTime(); at < to.getTime(); at += 3_600_000) dates.add(localDay(new Date(at), timezone));
  return dates.add(localDay(to, timezone));
}

/** A diary of days, each in the zone it was learned in; where the zone changed, whichever calendar has the fewest empty dates. */
function slowTravel(diary: readonly ActiveDay[]) {
  let [current, longest, freezes] = [0, 0, 0];
  diary.forEach((day, i) => {
    const before = diary[i - 1];
    if (before !== undefined) {
      const counted: string[] = [];
      for (let date = addDays(before.activeDay, 1); date < day.activeDay; date = addDays(date, 1)) counted.push(date);
      const empty = [before.timezone, day.timezone].map(
        (zoneName) => Math.max(2, calendar(before.at, day.at, zoneName).size) - 2,
      );
      const missed = Math.min(counted.length, ...(before.timezone === day.timezone ? [] : empty));
      for (let date = 0; date < missed; date += 1) {
        if (freezes > 0) freezes -= 1;
        else current = 0;
        if (current === 0) freezes = 0;
      }
    }
    current += 1;
    if (current % 7 === 0) freezes = Math.min(2, freezes + 1);
    longest = Math.max(longest, current);
  });
  return { current, longest, freezes, activeToday: diary.length > 0 };
}

const ZONES = ["UTC", "Europe/Lisbon", "America/New_York", "Pacific/Kiritimati", "Pacific/Niue", "Australia/Lord_Howe"];
const zone = fc.constantFrom(...ZONES);

describe("a streak", () => {
  it("is what counting day by day gives, across leap days, year ends and both changes to summer time", () => {
    const starts = fc.constantFrom("2028-02-10", "2027-12-20", "2026-03-15", "2026-10-10");
    fc.assert(
      fc.property(
        starts,
        zone,
        fc.array(fc.nat(60), { maxLength: 50 }),
        fc.nat(70),
        (start, tz, offsets, todayOffset) => {
          const today = addDays(start, todayOffset);
          const days = offsets.map((offset) => addDays(start, offset)).filter((day) => day <= today);
          const at = (day: string): ActiveDay => ({ activeDay: day, timezone: tz, at: new Date(`${day}T12:00:00Z`) });
          const now = [-14, -10, 0, 10, 14]
            .map((hours) => new Date(Date.parse(`${today}T12:00:00Z`) + hours * 3_600_000))
            .find((instant) => localDay(instant, tz) === today);
          if (now === undefined) return;
          expect(streakOf(days.map(at), now, tz)).toEqual(slowStreak(days, today));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("is what two calendars give to somebody who travels, over the date line and through both changes to summer time", () => {
    const starts = fc.constantFrom("2028-02-20T00:30:00Z", "2026-03-15T00:30:00Z", "2026-10-10T00:30:00Z");
    const steps = fc.array(fc.record({ hours: fc.integer({ min: 1, max: 52 }), tz: zone, stays: fc.nat(4) }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(starts, steps, (start, journey) => {
        const diary: ActiveDay[] = [];
        let [at, tz] = [Date.parse(start), "UTC"];
        for (const step of journey) {
          at += step.hours * 3_600_000;
          if (step.stays === 0) tz = step.tz;
          const day = learned(new Date(at).toISOString(), tz);
          const last = diary.at(-1);
          if (last === undefined || day.activeDay > last.activeDay) diary.push(day);
        }
        const last = diary.at(-1);
        if (last === undefined) return;
        expect(streakOf(diary, last.at, last.timezone)).toEqual(slowTravel(diary));
      }),
      { numRuns: 400 },
    );
  });

  it("does not end because a zone changed: the kinder reading of the two days counts", () => {
    const flewEast = [
      learned("2026-05-20T03:00:00Z", "America/Los_Angeles"),
      learned("2026-05-21T16:00:00Z", "Asia/Tokyo"),
    ];
    expect(flewEast.map(({ activeDay }) => activeDay)).toEqual(["2026-05-19", "2026-05-22"]);
    expect(streakOf(flewEast, new Date("2026-05-21T17:00:00Z"), "Asia/Tokyo").current).toBe(1);

    const overnight = [
      learned("2026-05-20T06:30:00Z", "America/Los_Angeles"),
      learned("2026-05-20T23:30:00Z", "Asia/Tokyo"),
    ];
    expect(overnight.map(({ activeDay }) => activeDay)).toEqual(["2026-05-19", "2026-05-21"]);
    expect(streakOf(overnight, new Date("2026-05-21T01:00:00Z"), "Asia/Tokyo").current).toBe(2);
  });

  it("stands when the zone was changed at ten to midnight", () => {
    const days = [noon("2026-05-18"), noon("2026-05-19"), noon("2026-05-20")];
    const now = new Date("2026-05-20T23:50:00Z");
    for (const tz of ZONES) expect(streakOf(days, now, tz).current).toBe(3);
    expect(streakOf(days, now, "Pacific/Kiritimati")).toMatchObject({ activeToday: false });
    expect(streakOf(days, now, "Pacific/Niue")).toMatchObject({ activeToday: true });
  });

  it("counts a date once, and one that is still to come here as learned", () => {
    const ahead = learned("2026-05-20T11:00:00Z", "Pacific/Kiritimati");
    expect(ahead.activeDay).toBe("2026-05-21");
    const state = streakOf([noon("2026-05-20"), ahead, ahead], new Date("2026-05-20T12:00:00Z"), "UTC");
    expect(state).toMatchObject({ current: 2, activeToday: true });
  });

  it("never grows by what one zone would not give, but for the day that lies between two zones", () => {
    const hours = fc.array(fc.nat(24 * 20), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(hours, fc.array(zone, { minLength: 40, maxLength: 40 }), (offsets, zones) => {
        const start = Date.parse("2026-03-20T00:00:00Z");
        const instants = offsets.toSorted((a, b) => a - b).map((hour) => new Date(start + hour * 3_600_000));
        const days = new Map<string, ActiveDay>();
        instants.forEach((at, i) => {
          const day = learned(at.toISOString(), zones[i] ?? "UTC");
          if (!days.has(day.activeDay)) days.set(day.activeDay, day);
        });
        const last = instants.at(-1) ?? new Date(start);
        const span = Math.ceil((last.getTime() - start) / 86_400_000) + 3;
        const { longest, current } = streakOf([...days.values()], last, zones.at(-1) ?? "UTC");
        expect(longest).toBeLessThanOrEqual(Math.min(days.size, span));
        expect(current).toBeLessThanOrEqual(longest);
      }),
    );
  });

  it("says until when it can be saved, freezes included", () => {
    const week = Array.from({ length: 7 }, (_, i) => noon(addDays("2026-05-01", i)));
    const state = (now: string) => toStreak(week, "UTC", new Date(now));
    expect(state("2026-05-07T13:00:00Z")).toMatchObject({
      current: 7,
      freezes: 1,
      atRisk: false,
      expiresAt: "2026-05-10T00:00:00.000Z",
    });
    expect(state("2026-05-08T13:00:00Z")).toMatchObject({
      current: 7,
      freezes: 1,
      atRisk: false,
      expiresAt: "2026-05-10T00:00:00.000Z",
    });
    expect(state("2026-05-09T13:00:00Z")).toMatchObject({
      current: 7,
      freezes: 0,
      atRisk: true,
      expiresAt: "2026-05-10T00:00:00.000Z",
    });
    expect(state("2026-05-10T00:00:00Z")).toMatchObject({ current: 0, atRisk: false, expiresAt: null });
  });
});

describe("the end of a streak", () => {
  it("is the instant it says, and at risk is whoever would lose it tonight, also across zones and their changes", () => {
    const days = fc.array(fc.record({ hours: fc.nat(24 * 12), tz: zone }), { minLength: 1, maxLength: 14 });
    fc.assert(
      fc.property(days, zone, fc.nat(60), fc.nat(24 * 6), (learning, tz, nowAfter, laterAfter) => {
        const start = Date.parse("2026-03-20T00:30:00Z");
        const instants = learning.map(({ hours }) => start + hours * 3_600_000).toSorted((a, b) => a - b);
        const active = instants.map((at, i) => learned(new Date(at).toISOString(), learning[i]?.tz ?? "UTC"));
        const now = new Date((instants.at(-1) ?? start) + nowAfter * 3_600_000);
        const later = new Date(now.getTime() + laterAfter * 3_600_000);
        const stands = (at: Date) => streakOf(active, at, tz).current > 0;
        const { current, atRisk, expiresAt } = toStreak(active, tz, now);
        expect(expiresAt === null).toBe(current === 0);
        if (expiresAt === null) return;
        const end = new Date(expiresAt);
        expect([stands(new Date(end.getTime() - 1)), stands(end)]).toEqual([true, false]);
        expect(stands(later)).toBe(later < end);
        expect(atRisk).toBe(!stands(endOfDay(localDay(now, tz), tz)));
      }),
      { numRuns: 500 },
    );
  });
});

describe("the daily bonus", () => {
  afterEach(() => call("POST", "/dev/clock", { body: { reset: true } }));

  it("is paid once a local day however many act at once, and never twice for a date by changing the zone", async () => {
    await call("POST", "/dev/clock", { body: { now: "2027-03-10T12:00:00.000Z" } });
    const ana = await learner({ timezone: "UTC" });
    const { id } = await goal(ana);
    const challenges = [];
    for (let i = 0; i < 5; i += 1) challenges.push(await challenge(ana, id, { title: `Say ${i}` }));
    const hand = (challengeId: string) =>
      post(
        "/api/v1/submissions",
        { challengeId, content: { text: "hola amiga buenos días" }, requestFeedback: false },
        ana.token,
      );
    const bonuses = async () =>
      (
        await env.DB.prepare(
          "SELECT source_id AS day, amount FROM xp_entries WHERE user_id = ? AND reason = 'daily_bonus' ORDER BY seq",
        )
          .bind(ana.id)
          .all()
      ).results;

    await Promise.all(challenges.slice(0, 3).flatMap((one) => [hand(one.id), hand(one.id)]));
    expect(await bonuses()).toEqual([{ day: "2027-03-10", amount: 5 }]);

    await patch("/api/v1/users/me", { timezone: "Pacific/Kiritimati" }, ana.token);
    await hand(challenges[3]?.id);
    expect(await bonuses()).toEqual([
      { day: "2027-03-10", amount: 5 },
      { day: "2027-03-11", amount: 10 },
    ]);
    await call("POST", "/dev/clock", { body: { now: "2027-03-11T11:00:00.000Z" } });
    await patch("/api/v1/users/me", { timezone: "UTC" }, ana.token);
    await hand(challenges[4]?.id);
    expect(await bonuses()).toHaveLength(2);
    expect((await get("/api/v1/users/me/streak", ana.token)).data).toMatchObject({ current: 2, atRisk: false });
  });
});
