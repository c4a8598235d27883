import fc from "fast-check";
import { expect, test } from "vitest";
import { chunks } from "../../src/events/relay.ts";
import type { OutboxMessage } from "../../src/events/outbox.ts";
import { addDays, endOfDay, isTimezone, localDay } from "../../src/features/xp/days.ts";
import { challengeXp, levelOf, xpForLevel } from "../../src/features/xp/rules.ts";
import { countWords } from "../../src/features/submissions/rules.ts";
import { backOff } from "../../src/queues/consume.ts";
import { openCursor, sealCursor } from "../../src/platform/paging.ts";

const zones = fc.constantFrom(
  "UTC",
  "Europe/Lisbon",
  "America/New_York",
  "Asia/Tokyo",
  "Pacific/Kiritimati",
  "Pacific/Niue",
  "Australia/Lord_Howe",
);
const instants = fc.date({ min: new Date("2020-01-01"), max: new Date("2032-01-01"), noInvalidDate: true });

test("the level is the highest whose need is met", () => {
  fc.assert(
    fc.property(fc.nat(100_000_000), (xp) => {
      const { level, intoLevel, forNext } = levelOf(xp);
      expect(xpForLevel(level)).toBeLessThanOrEqual(xp);
      expect(xpForLevel(level + 1)).toBeGreaterThan(xp);
      expect(xpForLevel(level) + intoLevel).toBe(xp);
      expect(intoLevel).toBeLessThan(forNext);
    }),
  );
});

test("a score adds at most a fifth", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 100 }), (points, score) => {
      expect(challengeXp(points, score)).toBeGreaterThanOrEqual(points);
      expect(challengeXp(points, score)).toBeLessThanOrEqual(points * 1.2);
    }),
  );
});

test("a local day ends where the next one begins, on days of 23, 24 and 25 hours", () => {
  fc.assert(
    fc.property(instants, zones, (at, zone) => {
      const day = localDay(at, zone);
      const end = endOfDay(day, zone);
      expect(end.getTime()).toBeGreaterThan(at.getTime());
      expect(localDay(new Date(end.getTime() - 1), zone)).toBe(day);
      expect(localDay(end, zone) > day).toBe(true);
    }),
    { numRuns: 300 },
  );
  expect(endOfDay("2026-03-29", "Europe/Lisbon").toISOString()).toBe("2026-03-29T23:00:00.000Z");
  expect(endOfDay("2026-10-25", "Europe/Lisbon").toISOString()).toBe("2026-10-26T00:00:00.000Z");
  expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
  expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
  expect([isTimezone("Asia/Tokyo"), isTimezone("Mars/Olympus"), isTimezone("+02:00")]).toEqual([true, false, false]);
});

test("words are counted where no spaces are written", () => {
  expect(countWords("one two, three")).toBe(3);
  expect(countWords("私は学生です")).toBeGreaterThan(2);
  expect(countWords("ฉันชอบอ่านหนังสือ")).toBeGreaterThan(2);
  expect(countWords("… — !")).toBe(0);
});

test("the relay's batches fit the queue's limits, keep the order and lose nothing", () => {
  const entry = fc.record({ queue: fc.constantFrom("events" as const, "email" as const), size: fc.nat(100_000) });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 250 }), (entries) => {
      const messages = entries.map(({ queue, size }, i): OutboxMessage => ({
        queue,
        envelope: { id: String(i), version: 1, body: "x".repeat(size) },
      }));
      const sent = chunks(messages);
      for (const run of sent) {
        expect(run.messages.length).toBeLessThanOrEqual(100);
        expect(JSON.stringify(run.messages.map(({ envelope }) => envelope)).length).toBeLessThan(256_000);
      }
      for (const queue of ["events", "email"] as const) {
        const ids = sent
          .filter((run) => run.queue === queue)
          .flatMap((run) => run.messages.map(({ envelope }) => envelope.id));
        expect(ids).toEqual(messages.filter((one) => one.queue === queue).map(({ envelope }) => envelope.id));
      }
    }),
    { numRuns: 30 },
  );
});

test("back-off grows, is capped and never zero", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const seconds = backOff(attempt, random);
      expect(seconds).toBeGreaterThanOrEqual(1);
      expect(seconds).toBeLessThanOrEqual(Math.min(600, 2 ** attempt));
    }),
  );
});

test("a cursor opens its own list, undamaged, and nothing else", async () => {
  const ctx = { config: { TOKEN_SECRET: "a secret of at least 32 characters" } };
  const list = { name: "goals", filters: { ownerId: "1" } };
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 60 }), async (position) => {
      const cursor = await sealCursor(ctx, list, position);
      expect(await openCursor(ctx, list, cursor)).toBe(position);
      const foreign = { ...list, filters: { ownerId: "2" } };
      await expect(openCursor(ctx, foreign, cursor)).rejects.toMatchObject({ code: "INVALID_CURSOR" });
      await expect(openCursor(ctx, list, `${cursor}x`)).rejects.toMatchObject({ code: "INVALID_CURSOR" });
    }),
    { numRuns: 30 },
  );
});
