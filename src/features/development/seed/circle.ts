import type { z } from "zod";
import type { NewGoal } from "../../goals/schema.ts";
import type { Name } from "./people.ts";

export interface SeedChallenge {
  /** Its name within the demo, such as `spanish/story`. */
  key: string;
  by: Name;
  /** Which of the goal's milestones, from 0. */
  milestone?: number;
  dueInDays?: number;
  /** The rest of a `NewChallenge`. */
  fields: Record<string, unknown>;
}

/** A goal, who sets it and who joins it, and what there is to do. */
export interface SeedGoal {
  key: string;
  owner: Name;
  daysAgo: number;
  goal: z.input<typeof NewGoal>;
  members: readonly Name[];
  challenges: readonly SeedChallenge[];
}
