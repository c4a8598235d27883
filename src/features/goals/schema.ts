import { z } from "@hono/zod-openapi";
import type { goals, milestones } from "../../db/schema/goals.ts";
import { GOAL_STATUSES, VISIBILITIES } from "../../db/schema/goals.ts";
import { Id } from "../../platform/ids.ts";
import { Day, Instant } from "../../platform/moments.ts";
import { orElse } from "../../platform/optional.ts";
import { Text } from "../../platform/text.ts";
import { foldName, foldNames } from "./rules.ts";

export const MAX_MILESTONES = 50;

const Name = (max: number) =>
  Text(1, max)
    .refine((value) => foldName(value) !== "", { error: "must not be empty" })
    .transform(foldName)
    .openapi({ type: "string", minLength: 1, maxLength: max, description: "Kept in lower case." });

const milestone = { title: Text(1, 120), dueDate: Day.nullable(), weight: z.int().min(1).max(10) };

export const NewMilestone = z
  .object({ ...milestone, dueDate: milestone.dueDate.default(null), weight: orElse(milestone.weight, 1) })
  .openapi("NewMilestone", { example: { title: "Order a meal without English", weight: 2 } });
export type NewMilestone = z.output<typeof NewMilestone>;

export const MilestonePatch = z
  .object(milestone)
  .partial()
  .openapi("MilestonePatch", { example: { dueDate: "2027-03-01" } });
export type MilestonePatch = z.output<typeof MilestonePatch>;

export const MilestoneOrder = z
  .object({ ids: z.array(Id).max(MAX_MILESTONES) })
  .openapi("MilestoneOrder", { example: { ids: ["0199aa11-2233-7444-8555-66778899aabb"] } });
export type MilestoneOrder = z.output<typeof MilestoneOrder>;

const fields = {
  title: Text(1, 120),
  description: Text(0, 5000),
  category: Name(40),
  tags: z.array(Name(30)).max(10).transform(foldNames),
  visibility: z.enum(VISIBILITIES),
  startsAt: Instant.nullable(),
  targetDate: Day.nullable(),
};

const whole = {
  title: fields.title,
  description: orElse(fields.description, ""),
  category: orElse(fields.category, "general"),
  tags: orElse(fields.tags, []),
  visibility: fields.visibility.default("private"),
  startsAt: fields.startsAt.default(null),
  targetDate: fields.targetDate.default(null),
};

export const NewGoal = z
  .object({ ...whole, milestones: orElse(z.array(NewMilestone).max(MAX_MILESTONES), []) })
  .openapi("NewGoal", {
    example: {
      title: "Speak Spanish on my trip",
      category: "languages",
      tags: ["spanish"],
      visibility: "public",
      milestones: [{ title: "Order a meal without English", weight: 2 }, { title: "Tell a story in the past tense" }],
    },
  });
export type NewGoal = z.output<typeof NewGoal>;

/** Milestones have calls of their own, and stay. */
export const WholeGoal = z
  .object({ ...whole, status: z.enum(GOAL_STATUSES).optional() })
  .openapi("WholeGoal", { example: { title: "Speak Spanish on my trip", category: "languages", tags: ["spanish"] } });

export const GoalPatch = z
  .object({ ...fields, status: z.enum(GOAL_STATUSES) })
  .partial()
  .openapi("GoalPatch", { example: { status: "paused" } });
export type GoalPatch = z.output<typeof GoalPatch>;

export const Milestone = z
  .object({
    id: z.uuid(),
    title: z.string().openapi({ example: "First words" }),
    dueDate: z.string().nullable().openapi({ example: "2026-12-31" }),
    weight: z.int().openapi({ example: 1 }),
    position: z.int().openapi({ example: 0 }),
    completedAt: z.iso.datetime().nullable().openapi({ example: null }),
  })
  .openapi("Milestone");
export type Milestone = z.infer<typeof Milestone>;

export const Goal = z
  .object({
    id: z.uuid(),
    ownerId: z.uuid(),
    title: z.string().openapi({ example: "Speak Spanish" }),
    description: z.string().openapi({ example: "Hold a conversation of ten minutes." }),
    category: z.string().openapi({ example: "languages" }),
    tags: z.array(z.string()).openapi({ example: ["spanish"] }),
    status: z.enum(GOAL_STATUSES),
    visibility: z.enum(VISIBILITIES),
    startsAt: z.iso.datetime().nullable().openapi({ example: null }),
    targetDate: z.string().nullable().openapi({ example: "2026-12-31" }),
    milestones: z.array(Milestone),
    progress: z
      .object({
        percent: z.int(),
        milestonesDone: z.int(),
        milestonesTotal: z.int(),
        challengesDone: z.int(),
        challengesTotal: z.int(),
      })
      .openapi({
        example: { percent: 50, milestonesDone: 1, milestonesTotal: 2, challengesDone: 3, challengesTotal: 6 },
      }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi("Goal");
export type Goal = z.infer<typeof Goal>;

const search = {
  category: fields.category.optional(),
  tag: Name(30).optional(),
  q: Text(0, 200).optional().openapi({ description: "Beginnings of words, all of which must be there." }),
};

export const GoalFilters = z.object({ status: z.enum(GOAL_STATUSES).optional(), ...search });
export type GoalFilters = z.output<typeof GoalFilters>;

export const ExploreFilters = z.object(search);
export type ExploreFilters = z.output<typeof ExploreFilters>;

export type GoalRow = typeof goals.$inferSelect;
export type MilestoneRow = Omit<typeof milestones.$inferSelect, "completedBy">;

/** A goal as it is read: with its milestones, in order, and the progress that D1 derived. */
export interface GoalFacts {
  goal: GoalRow;
  milestones: readonly MilestoneRow[];
  progress: Goal["progress"];
}

export const toMilestone = (row: MilestoneRow): Milestone => ({
  id: row.id,
  title: row.title,
  dueDate: row.dueDate,
  weight: row.weight,
  position: row.position,
  completedAt: row.completedAt?.toISOString() ?? null,
});

export const toGoal = ({ goal, milestones, progress }: GoalFacts): Goal => ({
  id: goal.id,
  ownerId: goal.ownerId,
  title: goal.title,
  description: goal.description,
  category: goal.category,
  tags: goal.tags,
  status: goal.status,
  visibility: goal.visibility,
  startsAt: goal.startsAt?.toISOString() ?? null,
  targetDate: goal.targetDate,
  milestones: milestones.map(toMilestone),
  progress,
  createdAt: goal.createdAt.toISOString(),
  updatedAt: goal.updatedAt.toISOString(),
});
