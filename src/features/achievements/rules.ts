import type { Badge } from "./catalogue.ts";
import type { Facts } from "./facts.ts";

export const isMet = ({ rule }: Badge, facts: Facts): boolean => facts[rule.fact] >= rule.target;

/** How far somebody is, never more than the target. */
export const progressOf = ({ rule }: Badge, facts: Facts) => ({
  current: Math.min(facts[rule.fact], rule.target),
  target: rule.target,
});

/** What the facts earn and is not there yet. What is there stays, whatever becomes of the facts. */
export const newlyEarned = (
  badges: readonly Badge[],
  facts: Facts,
  earned: Pick<ReadonlyMap<string, unknown>, "has">,
): Badge[] => badges.filter((badge) => !earned.has(badge.code) && isMet(badge, facts));
