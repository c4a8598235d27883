/** Raised when an amount below changes; each ledger row keeps the version it was paid under. */
export const RULES_VERSION = 1;

export const XP = {
  milestone: 25,
  goal: 100,
  review: 10,
  reviewPerHelpfulPoint: 2,
  dailyBonusPerStreakDay: 5,
  /** To each of the two. */
  referral: 100,
} as const;
/** Awards a local day. `challenge` bounds what learners write for themselves and each other, so that nobody mints XP. */
export const DAILY_CAPS = { milestone: 5, goal: 1, review: 10, challenge: 50 } as const;
const DAILY_BONUS_MAX_STREAK = 7;
const SCORE_BONUS_SHARE = 0.2;

export interface Level {
  level: number;
  xp: number;
  /** XP gathered since this level began. */
  intoLevel: number;
  /** XP from the beginning of this level to the next. */
  forNext: number;
}

/** XP needed in all for a level: 50·L·(L−1). */
export const xpForLevel = (level: number): number => 50 * level * (level - 1);

/** The highest level whose need is met; the root of the curve, corrected where floating point is off by one. */
export function levelOf(xp: number): Level {
  let level = Math.max(1, Math.floor((1 + Math.sqrt(1 + (4 * Math.max(0, xp)) / 50)) / 2));
  while (xpForLevel(level + 1) <= xp) level += 1;
  while (level > 1 && xpForLevel(level) > xp) level -= 1;
  return { level, xp, intoLevel: xp - xpForLevel(level), forNext: xpForLevel(level + 1) - xpForLevel(level) };
}

/** The points of an accepted challenge, and up to 20 % more for its score (0–100). */
export const challengeXp = (points: number, score: number | null): number =>
  points + (score === null ? 0 : Math.floor((points * SCORE_BONUS_SHARE * score) / 100));

export const dailyBonusXp = (streak: number): number =>
  XP.dailyBonusPerStreakDay * Math.min(streak, DAILY_BONUS_MAX_STREAK);
