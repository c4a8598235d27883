import { z } from "@hono/zod-openapi";
import type { goals, milestones } from "../../db/schema/goals.ts";
import { GOAL_STATUSES, VISIBILITIES } from "../../db/schema/goals.ts";
import { Text } from "../../platform/text.ts";
import { percentOf } from "./rules.ts";

const Day = z.iso.date().openapi({ example: "2027-03-01" });
const fold = (value: string): string => value.toLowerCase();

const Tag = Text(1, 30).transform(fold).openapi({ type: "string", minLength: 1, maxLength: 30 });

export const NewMilestone = z
  .object({ title: Text(1, 120), dueDate: Day.nullish(), weight: z.int().min(1).max(10).default(1) })
  .openapi("NewMilestone", { example: { title: "Order a meal without English", weight: 2 } });
export type NewMilestone = z.output<typeof NewMilestone>;

const fields = {
  title: Text(1, 120),
  description: Text(0, 5000),
  category: Text(1, 40).transform(fold),
  tags: z
    .array(Tag)
    .max(10)
    .transform((list) => [...new Set(list)]),
  visibility: z.enum(VISIBILITIES),
  startsAt: z.iso.datetime().nullable(),
  targetDate: Day.nullable(),
};

export const NewGoal = z
  .object({
    title: fields.title,
    description: fields.description.default(""),
    category: fields.category.default("general"),
    tags: fields.tags.default([]),
    visibility: fields.visibility.default("private"),
    startsAt: fields.startsAt.default(null),
    targetDate: fields.targetDate.default(null),
    milestones: z.array(NewMilestone).max(50).default([]),
  })
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

export const GoalPatch = z
  .object({ ...fields, status: z.enum(GOAL_STATUSES) })
  .partial()
  .openapi("GoalPatch", { example: { status: "paused" } });
export type GoalPatch = z.output<typeof GoalPatch>;

export const Milestone = z
  .object({
    id: z.uuid(),
    title: z.string(),
    dueDate: z.string().nullable(),
    weight: z.int(),
    position: z.int(),
    completedAt: z.iso.datetime().nullable(),
  })
  .openapi("Milestone");
export type Milestone = z.infer<typeof Milestone>;

export const Goal = z
  .object({
    id: z.uuid(),
    ownerId: z.uuid(),
    title: z.string(),
    description: z.string(),
    category: z.string(),
    tags: z.array(z.string()),
    status: z.enum(GOAL_STATUSES),
    visibility: z.enum(VISIBILITIES),
    startsAt: z.iso.datetime().nullable(),
    targetDate: z.string().nullable(),
    milestones: z.array(Milestone),
    progress: z.object({
      percent: z.int(),
      milestonesDone: z.int(),
      milestonesTotal: z.int(),
      challengesDone: z.int(),
      challengesTotal: z.int(),
    }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi("Goal");
export type Goal = z.infer<typeof Goal>;

export const GoalFilters = z.object({
  status: z.enum(GOAL_STATUSES).optional(),
  category: fields.category.optional(),
});
export type GoalFilters = z.output<typeof GoalFilters>;

export type GoalRow = typeof goals.$inferSelect;
export type MilestoneRow = typeof milestones.$inferSelect;

/** A goal with what its progress is derived from. */
export interface GoalFacts {
  goal: GoalRow;
  milestones: readonly MilestoneRow[];
  challengesDone: number;
  challengesTotal: number;
}

export const toMilestone = (row: MilestoneRow): Milestone => ({
  id: row.id,
  title: row.title,
  dueDate: row.dueDate,
  weight: row.weight,
  position: row.position,
  completedAt: row.completedAt?.toISOString() ?? null,
});

export const toGoal = ({ goal, milestones, challengesDone, challengesTotal }: GoalFacts): Goal => ({
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
  progress: {
    percent: percentOf(milestones, challengesDone, challengesTotal),
    milestonesDone: milestones.filter((milestone) => milestone.completedAt !== null).length,
    milestonesTotal: milestones.length,
    challengesDone,
    challengesTotal,
  },
  createdAt: goal.createdAt.toISOString(),
  updatedAt: goal.updatedAt.toISOString(),
});
