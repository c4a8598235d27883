import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isQuiet, minuteOfDay, nextDigest, quietUntil } from "../../../src/features/notifications/rules.ts";
import { localDay } from "../../../src/features/xp/days.ts";

const NIGHT = { from: "22:00", to: "07:00" };
const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/St_Johns",
  "Asia/Kathmandu",
  "Pacific/Chatham",
  "Pacific/Kiritimati",
  "Pacific/Pago_Pago",
  "Australia/Lord_Howe",
  "Africa/Casablanca",
];
const MINUTE = 60_000;

const until = (now: string, zone: string, quiet = NIGHT) =>
  quietUntil(new Date(now), zone, quiet)?.toISOString() ?? null;

describe("quiet hours", () => {
  it.each([
    ["a minute before", "2026-11-21T20:59:59.999Z", "Europe/Berlin", null],
    ["their first instant", "2026-11-21T21:00:00.000Z", "Europe/Berlin", "2026-11-22T06:00:00.000Z"],
    ["after midnight", "2026-11-22T02:30:15.500Z", "Europe/Berlin", "2026-11-22T06:00:00.000Z"],
    ["their last instant", "2026-11-22T05:59:59.999Z", "Europe/Berlin", "2026-11-22T06:00:00.000Z"],
    ["their end", "2026-11-22T06:00:00.000Z", "Europe/Berlin", null],
    ["the night that lacks an hour", "2026-03-28T22:00:00.000Z", "Europe/Berlin", "2026-03-29T05:00:00.000Z"],
    ["the night that has one twice", "2026-10-24T21:00:00.000Z", "Europe/Berlin", "2026-10-25T06:00:00.000Z"],
    ["a zone of three quarters", "2026-11-21T17:00:00.000Z", "Asia/Kathmandu", "2026-11-22T01:15:00.000Z"],
    ["the far side of the date line", "2026-11-21T10:00:00.000Z", "Pacific/Kiritimati", "2026-11-21T17:00:00.000Z"],
  ])("at %s", (_, now, zone, expected) => {
    expect(until(now, zone)).toBe(expected);
  });

  it("may be within a day, and end in the hour that a spring night lacks", () => {
    expect(until("2026-11-21T12:30:00.000Z", "UTC", { from: "12:00", to: "13:00" })).toBe("2026-11-21T13:00:00.000Z");
    expect(until("2026-11-21T13:00:00.000Z", "UTC", { from: "12:00", to: "13:00" })).toBeNull();
    const ending = { from: "23:00", to: "02:30" };
    expect(until("2026-03-28T23:00:00.000Z", "Europe/Berlin", ending)).toBe("2026-03-29T01:00:00.000Z");
  });

  it("end at the first instant that is not quiet, in every zone at every time", () => {
    const time = fc
      .integer({ min: 0, max: 1439 })
      .map((minute) => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`);
    const instant = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 11, 31) });
    fc.assert(
      fc.property(instant, fc.constantFrom(...ZONES), time, time, (now, zone, from, to) => {
        const quiet = { from, to };
        const end = quietUntil(new Date(now), zone, quiet);
        expect(end !== null).toBe(isQuiet(new Date(now), zone, quiet));
        if (end === null) return;
        expect(isQuiet(end, zone, quiet)).toBe(false);
        for (let at = now; at < end.getTime(); at += 7 * MINUTE) expect(isQuiet(new Date(at), zone, quiet)).toBe(true);
        expect(isQuiet(new Date(end.getTime() - 1), zone, quiet)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe("the digest", () => {
  it.each([
    ["daily", "2026-11-21T06:00:00.000Z", "Europe/Berlin", "2026-11-22T07:00:00.000Z"],
    ["daily", "2026-11-21T23:30:00.000Z", "Europe/Berlin", "2026-11-23T07:00:00.000Z"],
    ["weekly", "2026-11-21T12:00:00.000Z", "UTC", "2026-11-23T08:00:00.000Z"],
    ["weekly", "2026-11-23T07:00:00.000Z", "UTC", "2026-11-30T08:00:00.000Z"],
    ["daily", "2026-03-28T12:00:00.000Z", "Europe/Berlin", "2026-03-29T06:00:00.000Z"],
    ["daily", "2026-11-21T12:00:00.000Z", "Asia/Kathmandu", "2026-11-22T02:15:00.000Z"],
  ] as const)("is due %s after %s in %s", (digest, now, zone, expected) => {
    expect(nextDigest(new Date(now), zone, digest).toISOString()).toBe(expected);
  });

  it("comes at eight of a later local day, within a day or a week and a day", () => {
    const instant = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 11, 31) }).map((at) => new Date(at));
    fc.assert(
      fc.property(
        instant,
        fc.constantFrom(...ZONES),
        fc.constantFrom("daily" as const, "weekly" as const),
        (now, zone, digest) => {
          const at = nextDigest(now, zone, digest);
          expect(minuteOfDay(at, zone)).toBe(480);
          expect(localDay(at, zone) > localDay(now, zone)).toBe(true);
          expect(at.getTime() - now.getTime()).toBeLessThan((digest === "daily" ? 34 : 24 * 7 + 10) * 60 * MINUTE);
        },
      ),
      { numRuns: 200 },
    );
  });
});
