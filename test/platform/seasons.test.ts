import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSeason, seasonEnd, seasonOf, seasonsAt, WINDOWS } from "../../src/platform/seasons.ts";

const DAY_MS = 86_400_000;
const instants = fc.date({
  min: new Date("1970-01-01T00:00:00Z"),
  max: new Date("2200-01-01T00:00:00Z"),
  noInvalidDate: true,
});

/** The plain reading of ISO 8601: count the Thursdays of the year up to the one of this week. */
function plainIsoWeek(at: Date): string {
  const thursday = new Date(at.getTime());
  while (thursday.getUTCDay() !== 4)
    thursday.setTime(thursday.getTime() + (at.getUTCDay() === 0 || at.getUTCDay() > 4 ? -DAY_MS : DAY_MS));
  const year = thursday.getUTCFullYear();
  let week = 0;
  for (let day = Date.UTC(year, 0, 1); day <= thursday.getTime(); day += DAY_MS)
    if (new Date(day).getUTCDay() === 4) week++;
  return `${year}-W${String(week).padStart(2, "0")}`;
}

describe("seasons", () => {
  it.each([
    ["2026-11-21T12:00:00Z", ["2026-11-21", "2026-W47", "2026-11", "all"]],
    ["2026-12-31T23:59:59.999Z", ["2026-12-31", "2026-W53", "2026-12", "all"]],
    ["2027-01-03T23:59:59.999Z", ["2027-01-03", "2026-W53", "2027-01", "all"]],
    ["2027-01-04T00:00:00Z", ["2027-01-04", "2027-W01", "2027-01", "all"]],
    ["2024-12-30T00:00:00Z", ["2024-12-30", "2025-W01", "2024-12", "all"]],
    ["2024-02-29T00:00:00Z", ["2024-02-29", "2024-W09", "2024-02", "all"]],
  ])("names those of %s", (at, seasons) => {
    expect(seasonsAt(new Date(at))).toEqual(seasons);
  });

  it("agrees with the plain reading of ISO weeks", () => {
    fc.assert(
      fc.property(instants, (at) => seasonOf("week", at) === plainIsoWeek(at)),
      { numRuns: 2000 },
    );
  });

  it("reads back what it names, for its own window only", () => {
    fc.assert(
      fc.property(instants, fc.constantFrom(...WINDOWS), fc.constantFrom(...WINDOWS), (at, window, other) => {
        const season = seasonOf(window, at);
        expect(parseSeason(other, season)).toBe(other === window ? season : undefined);
      }),
    );
  });

  it("ends at the first instant of the next season", () => {
    fc.assert(
      fc.property(instants, fc.constantFrom("day" as const, "week" as const, "month" as const), (at, window) => {
        const season = seasonOf(window, at);
        const end = seasonEnd(season);
        if (end === null) throw new Error(`${season} has no end`);
        expect(at.getTime()).toBeLessThan(end.getTime());
        expect(seasonOf(window, new Date(end.getTime() - 1))).toBe(season);
        expect(seasonOf(window, end)).not.toBe(season);
      }),
      { numRuns: 1000 },
    );
    expect(seasonEnd("all")).toBeNull();
  });

  it.each([
    ["week", "2026-W54"],
    ["week", "2025-W53"],
    ["week", "2026-W00"],
    ["week", "2026-W47-01"],
    ["week", "2026-w47"],
    ["day", "2026-02-30"],
    ["day", "2026-02-29"],
    ["day", "2026-13-01"],
    ["day", "2026-00-01"],
    ["day", "2026-11-00"],
    ["day", "2026-1-1"],
    ["day", "0050-01-01"],
    ["day", "9999-12-31"],
    ["week", "9999-W52"],
    ["month", "2026-13"],
    ["month", "2026-00"],
    ["month", "26-01"],
    ["day", " 2026-11-21"],
    ["all", "2026"],
    ["all", ""],
    ["day", ""],
  ] as const)("has no %s season %s", (window, text) => {
    expect(parseSeason(window, text)).toBeUndefined();
    expect(seasonEnd(text)).toBeNull();
  });
});
