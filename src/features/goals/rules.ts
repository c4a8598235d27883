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

/** How tags and categories are compared and kept: NFC, lower case, white space as single spaces, no # in front. */
export const foldName = (name: string): string =>
  name
    .toLowerCase()
    .normalize("NFC")
    .replace(/^[#\s]+/u, "")
    .replaceAll(/\s+/gu, " ")
    .trim();

/** Folded, each once, in the order in which they were first named. */
export const foldNames = (names: readonly string[]): string[] => [...new Set(names.map(foldName))];

/** Whether `ids` name every one of `known`, each once. */
export const isOrderOf = (ids: readonly string[], known: readonly string[]): boolean =>
  ids.length === known.length && new Set(ids).size === ids.length && known.every((id) => ids.includes(id));
