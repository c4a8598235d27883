import { AppError } from "../../platform/errors.ts";

export type GoalStatus = "active" | "paused" | "completed" | "archived";

const MOVES: Record<GoalStatus, readonly GoalStatus[]> = {
  active: ["paused", "completed", "archived"],
  paused: ["active", "archived"],
  completed: ["active", "archived"],
  archived: ["active"],
};

/** Refuses a move the status machine does not have; staying where one is is no move. */
export function assertMove(from: GoalStatus, to: GoalStatus): void {
  const allowed = MOVES[from];
  if (from === to || allowed.includes(to)) return;
  throw new AppError("ILLEGAL_TRANSITION", `A goal that is ${from} cannot become ${to}.`, { details: { allowed } });
}

/** Floor of the weighted share that is done: milestones by their weight, challenges by one each. 0 for an empty goal. */
export function percentOf(
  milestones: readonly { weight: number; completedAt: Date | null }[],
  challengesDone: number,
  challengesTotal: number,
): number {
  const total = milestones.reduce((sum, milestone) => sum + milestone.weight, challengesTotal);
  const done = milestones.reduce(
    (sum, milestone) => sum + (milestone.completedAt ? milestone.weight : 0),
    challengesDone,
  );
  return total === 0 ? 0 : Math.floor((100 * done) / total);
}
