/** Deterministic, so that a Redis beside the board gets the same members and scores. */
export const memberOf = (n: number): string => `0199aa11-2233-7444-8555-${n.toString(16).padStart(12, "0")}`;

/** From 1 to 200,003: about five people share a score among a million. */
export const scoreOf = (n: number): number => 1 + ((n * 7_919) % 200_003);
