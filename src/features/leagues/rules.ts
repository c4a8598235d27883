/** The tiers, lowest first. */
export const TIERS = ["bronze", "silver", "gold", "sapphire", "diamond"] as const;
export type Tier = (typeof TIERS)[number];

export const COHORT_SIZE = 30;
const PROMOTED = 7;
const RELEGATED = 5;

export interface Entrant {
  userId: string;
  tier: number;
  /** XP of the last four weeks: people of similar activity play each other. */
  activity: number;
}

/** Cohorts of one tier each and at most 30 people, as even in size as can be, next to each other in activity. */
export function formCohorts(entrants: readonly Entrant[]): { tier: number; userIds: string[] }[] {
  const tiers = [...Map.groupBy(entrants, ({ tier }) => tier)].sort(([a], [b]) => a - b);
  return tiers.flatMap(([tier, people]) => {
    const ordered = people.toSorted((a, b) => b.activity - a.activity || (a.userId < b.userId ? -1 : 1));
    const cohorts = Math.ceil(ordered.length / COHORT_SIZE);
    const start = (n: number) => Math.round((n * ordered.length) / cohorts);
    return Array.from({ length: cohorts }, (_, n) => ({
      tier,
      userIds: ordered.slice(start(n), start(n + 1)).map(({ userId }) => userId),
    }));
  });
}

export interface Scored {
  userId: string;
  score: number;
  /** Position in the ledger of the last gain; null without one. Of two with one score, who was there first leads. */
  reachedSeq: number | null;
}

export type Outcome = "promoted" | "stayed" | "relegated";
export type Settled<T extends Scored> = T & { rank: number; outcome: Outcome };

/** How many of a cohort move: 7 up and 5 down of 30, fewer of fewer, and never out of the ends. */
export const movesOf = (tier: number, size: number) => ({
  promotes: tier === TIERS.length - 1 ? 0 : Math.min(PROMOTED, Math.floor(size / 3)),
  relegates: tier === 0 ? 0 : Math.min(RELEGATED, Math.floor(size / 6)),
});

/** The cohort in order, with what would become of everybody if the week ended now. Nobody is promoted without a point. */
export function settle<T extends Scored>(tier: number, cohort: readonly T[]): Settled<T>[] {
  const { promotes, relegates } = movesOf(tier, cohort.length);
  const reached = ({ reachedSeq }: T) => reachedSeq ?? Number.POSITIVE_INFINITY;
  return cohort
    .toSorted((a, b) => b.score - a.score || compare(reached(a), reached(b)) || (a.userId < b.userId ? -1 : 1))
    .map((person, i) => {
      const up = i < promotes && person.score > 0;
      const down = !up && i >= cohort.length - relegates;
      return { ...person, rank: i + 1, outcome: up ? "promoted" : down ? "relegated" : "stayed" };
    });
}

const compare = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1);

export const MOVE = { promoted: 1, stayed: 0, relegated: -1 } as const satisfies Record<Outcome, number>;
