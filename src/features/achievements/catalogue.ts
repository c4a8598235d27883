import type { Fact } from "./facts.ts";

export const TIERS = ["bronze", "silver", "gold"] as const;
export type Tier = (typeof TIERS)[number];

/** Earned when the fact reaches the target. */
export interface Badge {
  code: string;
  name: string;
  description: string;
  tier: Tier;
  rule: { fact: Fact; target: number };
}

interface Ladder {
  code: string;
  names: readonly [string, string, string];
  /** `{n}` is the target. */
  description: string;
  fact: Fact;
  targets: readonly [number, number, number];
}

const LADDERS: readonly Ladder[] = [
  {
    code: "challenger",
    names: ["First Steps", "Challenger", "Unstoppable"],
    description: "Challenges accepted: {n}",
    fact: "challenges",
    targets: [1, 10, 50],
  },
  {
    code: "pathfinder",
    names: ["On the Way", "Pathfinder", "Trailblazer"],
    description: "Milestones reached: {n}",
    fact: "milestones",
    targets: [1, 10, 50],
  },
  {
    code: "achiever",
    names: ["Goal!", "Hat Trick", "Serial Finisher"],
    description: "Goals completed at 100 %: {n}",
    fact: "goals",
    targets: [1, 3, 10],
  },
  {
    code: "streak",
    names: ["Warming Up", "On Fire", "Eternal Flame"],
    description: "Days learned in a row: {n}",
    fact: "longestStreak",
    targets: [3, 14, 60],
  },
  {
    code: "regular",
    names: ["Regular", "Habit", "Way of Life"],
    description: "Days learned in all: {n}",
    fact: "activeDays",
    targets: [7, 30, 100],
  },
  {
    code: "level",
    names: ["Apprentice", "Journeyman", "Master"],
    description: "Level reached: {n}",
    fact: "level",
    targets: [3, 8, 15],
  },
  {
    code: "reviewer",
    names: ["Second Pair of Eyes", "Reviewer", "Examiner"],
    description: "Reviews given: {n}",
    fact: "reviews",
    targets: [1, 10, 50],
  },
  {
    code: "mentor",
    names: ["Kind Word", "Mentor", "Guiding Star"],
    description: "Reviews rated 4 or better: {n}",
    fact: "helpfulReviews",
    targets: [1, 10, 40],
  },
  {
    code: "perfectionist",
    names: ["Flawless", "Perfectionist", "Virtuoso"],
    description: "Work accepted with a score of 100: {n}",
    fact: "perfectScores",
    targets: [1, 5, 20],
  },
  {
    code: "quizzer",
    names: ["Quick Answer", "Quizzer", "Walking Encyclopaedia"],
    description: "Quizzes passed: {n}",
    fact: "quizzes",
    targets: [1, 10, 30],
  },
  {
    code: "coder",
    names: ["Hello, World", "Coder", "Architect"],
    description: "Code challenges accepted: {n}",
    fact: "code",
    targets: [1, 10, 30],
  },
  {
    code: "explorer",
    names: ["Curious", "Explorer", "Polymath"],
    description: "Categories with accepted work: {n}",
    fact: "categories",
    targets: [2, 4, 8],
  },
  {
    code: "companion",
    names: ["Good Company", "Companion", "Pillar of the Community"],
    description: "Circles of other people's goals joined: {n}",
    fact: "circles",
    targets: [1, 3, 10],
  },
  {
    code: "recruiter",
    names: ["Bring a Friend", "Recruiter", "Ambassador"],
    description: "Invited people who have work accepted: {n}",
    fact: "referrals",
    targets: [1, 3, 10],
  },
  {
    code: "climber",
    names: ["Promoted", "Climber", "Summit"],
    description: "Promotions in the weekly leagues: {n}",
    fact: "promotions",
    targets: [1, 3, 10],
  },
];

/** The catalogue: what there is to earn, in the order in which it is shown. */
export const BADGES: readonly Badge[] = [
  {
    code: "verified",
    name: "It's Me",
    description: "E-mail address confirmed",
    tier: "bronze",
    rule: { fact: "emailVerified", target: 1 },
  },
  ...LADDERS.flatMap(({ code, names, description, fact, targets }) =>
    TIERS.map((tier, i) => ({
      code: `${code}-${tier}`,
      name: names[i] ?? code,
      description: description.replace("{n}", String(targets[i])),
      tier,
      rule: { fact, target: targets[i] ?? 0 },
    })),
  ),
];
