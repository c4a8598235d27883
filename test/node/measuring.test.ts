import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { activeMillis } from "../../scripts/bench/profile.ts";
import { interval, median, quantile, ratio } from "../../scripts/bench/statistics.ts";
import { loadTable } from "../../scripts/load-report.ts";
import { replaceTable } from "../../scripts/markdown.ts";

const values = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 });

describe("statistics", () => {
  it("takes quantiles from the values themselves, in any order", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(quantile([10, 40, 20, 30], 0)).toBe(10);
    expect(quantile([10, 40, 20, 30], 0.99)).toBe(40);
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) =>
        all.includes(quantile(all, share)),
      ),
    );
  });

  it("puts the interval between the extremes and around nothing but a constant", () => {
    fc.assert(
      fc.property(values, (all) => {
        const [low, high] = interval(all, 50);
        return Math.min(...all) <= low && low <= high && high <= Math.max(...all);
      }),
    );
    expect(interval(Array<number>(12).fill(1.4))).toEqual([1.4, 1.4]);
    expect(ratio(Array<number>(12).fill(1.4))).toBe("1.40 [1.40, 1.40]");
  });

  it("tells two things apart that differ, and not one from itself", () => {
    const noise = (n: number) => 1 + 0.05 * Math.sin(n * 12.9898);
    const same = Array.from({ length: 40 }, (_, n) => noise(n) / noise(n + 7));
    const [low, high] = interval(same);
    expect(low).toBeLessThanOrEqual(1);
    expect(high).toBeGreaterThanOrEqual(1);
    expect(interval(same.map((value) => value * 1.2))[0]).toBeGreaterThan(1.1);
  });
});

it("counts the start-up in which code ran, not the waiting", () => {
  const nodes = ["(root)", "(idle)", "parse"].map((functionName, id) => ({ id, callFrame: { functionName } }));
  expect(activeMillis({ nodes, samples: [1, 2, 0, 2], timeDeltas: [5_000, 1_500, 9_000, 500] })).toBe(2);
});

describe("the load table", () => {
  const all = { count: 10, p50: 5, p95: 9, p99: 12, max: 14 };

  it("counts whatever is no 2xx as an error, answered or not", () => {
    const counters = {
      "http.requests": 10,
      "vusers.created": 4,
      "http.codes.200": 6,
      "http.codes.201": 2,
      "http.codes.429": 1,
      "errors.ETIMEDOUT": 1,
    };
    const table = loadTable({ counters, summaries: { "http.response_time": all } });
    expect(table).toContain("10 requests by 4 virtual users; error rate 20.00 % (status 429: 1, errors.ETIMEDOUT: 1)");
    expect(table).toContain("| all | 10 | 5 | 9 | 12 | 14 |");
  });
});

describe("a table in a page", () => {
  const page = "# Page\n\n<!-- a -->\n\nold\n\n<!-- /a -->\n\nwords\n\n<!-- b -->\n<!-- /b -->\n";

  it("takes the place of the last one and leaves the rest", () => {
    const once = replaceTable(page, "a", "| new |");
    expect(once).toBe(page.replace("old", "| new |"));
    expect(replaceTable(once, "a", "old")).toBe(page);
    expect(replaceTable(page, "b", "x")).toContain("<!-- b -->\n\nx\n\n<!-- /b -->");
  });

  it("says when there is no place for it", () => {
    expect(() => replaceTable(page, "c", "x")).toThrow("no place for c");
  });
});
