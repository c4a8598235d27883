import { z } from "@hono/zod-openapi";
import { XP_REASONS } from "../../db/schema/xp.ts";
import type { xpEntries } from "../../db/schema/xp.ts";
import { localDay } from "./days.ts";
import type { ActiveDay } from "./streak.ts";
import { endOfStreak, endsWith, streakOf } from "./streak.ts";

export const XpEntry = z
  .object({
    id: z.uuid(),
    amount: z.int(),
    reason: z.enum(XP_REASONS),
    sourceType: z.string(),
    sourceId: z.string(),
    createdAt: z.iso.datetime(),
    balance: z.int(),
  })
  .openapi("XpEntry", {
    example: {
      id: "0199aa11-2233-7444-8555-66778899aabb",
      amount: 25,
      reason: "challenge",
      sourceType: "challenge",
      sourceId: "0199aa11-2233-7444-8555-66778899aacc",
      createdAt: "2026-11-21T10:00:00.000Z",
      balance: 30,
    },
  });
export type XpEntry = z.infer<typeof XpEntry>;

export const toXpEntry = (row: typeof xpEntries.$inferSelect): XpEntry => ({
  id: row.id,
  amount: row.amount,
  reason: row.reason,
  sourceType: row.sourceType,
  sourceId: row.sourceId,
  createdAt: row.createdAt.toISOString(),
  balance: row.balance,
});

export const LedgerDifference = z
  .object({
    userId: z.uuid(),
    balance: z.int().openapi({ description: "What the user's row says." }),
    sum: z.int().openapi({ description: "What the entries add up to." }),
    brokenSeq: z.int().nullable().openapi({ description: "The first entry whose balance does not follow." }),
    foundAt: z.iso.datetime(),
  })
  .openapi("LedgerDifference", {
    example: {
      userId: "0199aa11-2233-7444-8555-66778899aabb",
      balance: 130,
      sum: 125,
      brokenSeq: null,
      foundAt: "2026-11-21T03:00:00.000Z",
    },
  });
export type LedgerDifference = z.infer<typeof LedgerDifference>;

export const Streak = z
  .object({
    current: z.int(),
    longest: z.int(),
    freezes: z.int(),
    atRisk: z
      .boolean()
      .openapi({ description: "Nothing learned today yet and no freeze held: the streak ends with the day." }),
    expiresAt: z.iso.datetime().nullable(),
  })
  .openapi("Streak", {
    example: { current: 4, longest: 11, freezes: 1, atRisk: false, expiresAt: "2026-11-23T00:00:00.000Z" },
  });
export type Streak = z.infer<typeof Streak>;

export const Level = z.object({ level: z.int(), xp: z.int(), intoLevel: z.int(), forNext: z.int() }).openapi("Level", {
  example: { level: 2, xp: 130, intoLevel: 30, forNext: 200 },
});

/** The streak as it stands in the user's zone. `expiresAt` is the instant until which learning still saves it. */
export function toStreak(days: readonly ActiveDay[], timezone: string, now: Date): Streak {
  const { current, longest, freezes } = streakOf(days, now, timezone);
  const end = current > 0 ? endOfStreak(days, timezone) : null;
  const atRisk = end !== null && endsWith(localDay(now, timezone), end, timezone);
  return { current, longest, freezes, atRisk, expiresAt: end?.toISOString() ?? null };
}
