import { z } from "@hono/zod-openapi";
import type { studyLog } from "../../db/schema/progress.ts";
import { GOAL_STATUSES } from "../../db/schema/goals.ts";
import { Id } from "../../platform/ids.ts";
import { maybe } from "../../platform/optional.ts";
import { Text } from "../../platform/text.ts";
import { Goal, Milestone } from "../goals/schema.ts";
import { Streak } from "../xp/schema.ts";
import { FACT_TYPES } from "./facts.ts";

const ID = "0199aa11-2233-7444-8555-66778899aabb";

export const GoalIdParam = z.object({
  goalId: Id.openapi({ param: { name: "goalId", in: "path" }, example: ID }),
});

export const NewStudyEntry = z
  .object({
    goalId: Id,
    minutes: maybe(z.int().min(1).max(1440)),
    note: Text(0, 2000).default(""),
    milestoneId: maybe(Id).openapi({ description: "What was worked on: one of the goal's milestones." }),
    completed: z
      .boolean()
      .default(false)
      .openapi({ description: "Marks the milestone done, with its XP, in the same step; only the goal's owner may." }),
  })
  .refine(({ milestoneId, completed }) => !completed || milestoneId !== undefined, {
    error: "needs a milestoneId",
    path: ["completed"],
  })
  .openapi("NewStudyEntry", {
    example: { goalId: ID, minutes: 25, note: "Ten cards with irregular verbs, then a podcast." },
  });
export type NewStudyEntry = z.output<typeof NewStudyEntry>;

const studyEntry = {
  id: z.uuid(),
  goalId: z.uuid().nullable(),
  milestoneId: z.uuid().nullable(),
  minutes: z.int().nullable(),
  note: z.string(),
  completed: z.boolean().openapi({ description: "The milestone was marked done with this entry." }),
  day: z.iso.date().openapi({ description: "The learner's local day." }),
  createdAt: z.iso.datetime(),
};
const STUDY_ENTRY = {
  id: "0199aa11-2233-7444-8555-66778899aacc",
  goalId: ID,
  milestoneId: null,
  minutes: 25,
  note: "Ten cards with irregular verbs, then a podcast.",
  completed: false,
  day: "2026-11-21",
  createdAt: "2026-11-21T10:00:00.000Z",
};
const PROGRESS = { percent: 40, milestonesDone: 1, milestonesTotal: 3, challengesDone: 1, challengesTotal: 2 };

export const StudyEntry = z.object(studyEntry).openapi("StudyEntry", { example: STUDY_ENTRY });
export type StudyEntry = z.infer<typeof StudyEntry>;

export const LoggedStudy = z
  .object({ ...studyEntry, progress: Goal.shape.progress, streak: Streak })
  .openapi("LoggedStudy", {
    description: "The entry, with the goal's progress and the learner's streak as they are now.",
    example: {
      ...STUDY_ENTRY,
      progress: PROGRESS,
      streak: { current: 4, longest: 11, freezes: 1, atRisk: false, expiresAt: "2026-11-23T00:00:00.000Z" },
    },
  });
export type LoggedStudy = z.infer<typeof LoggedStudy>;

export const toStudyEntry = (row: typeof studyLog.$inferSelect): StudyEntry => ({
  id: row.id,
  goalId: row.goalId,
  milestoneId: row.milestoneId,
  minutes: row.minutes,
  note: row.note,
  completed: row.completed,
  day: row.day,
  createdAt: row.createdAt.toISOString(),
});

export const GoalProgress = z
  .object({
    goalId: z.uuid(),
    title: z.string(),
    status: z.enum(GOAL_STATUSES),
    ...Goal.shape.progress.shape,
    milestones: z.array(Milestone),
    studied: z
      .object({ minutes: z.int(), entries: z.int(), lastAt: z.iso.datetime().nullable() })
      .openapi({ description: "What the caller logged on it." }),
    accepted: z.int().openapi({ description: "Challenges of it that the caller mastered." }),
    xp: z.int().openapi({ description: "What the caller earned on it." }),
    recent: z.array(StudyEntry).openapi({ description: "The caller's last ten entries, newest first." }),
  })
  .openapi("GoalProgress", {
    description: "Percent and milestones are the owner's; for a member of the circle, the rest is their own.",
    example: {
      goalId: ID,
      title: "Speak Spanish on my trip",
      status: "active",
      ...PROGRESS,
      milestones: [
        {
          id: "0199aa11-2233-7444-8555-66778899aadd",
          title: "Order a meal without English",
          dueDate: null,
          weight: 2,
          position: 0,
          completedAt: "2026-11-20T18:00:00.000Z",
        },
      ],
      studied: { minutes: 340, entries: 14, lastAt: "2026-11-21T10:00:00.000Z" },
      accepted: 1,
      xp: 49,
      recent: [STUDY_ENTRY],
    },
  });
export type GoalProgress = z.infer<typeof GoalProgress>;

const When = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error: "a day or an instant, as in ISO 8601",
});

export const TimelineFilters = z.object({
  from: When.optional().openapi({
    example: "2026-11-01",
    description: "A day in my zone, or an instant: nothing before it.",
  }),
  to: When.optional().openapi({
    example: "2026-11-30",
    description: "A day in my zone, which is included, or an instant, which is not: nothing after it.",
  }),
});
export type TimelineFilters = z.output<typeof TimelineFilters>;

export const TimelineEntry = z
  .object({
    id: z.uuid(),
    type: z.enum(FACT_TYPES).openapi({
      description:
        "`study`: an entry of my study log · `submission`, `decision`: work of mine handed in, decided · `milestone`: done · `goal`, `goal_completed`: set, completed · `review`: of others' work, by me · `badge`, `xp`: earned.",
    }),
    at: z.iso.datetime(),
    day: z.iso.date().openapi({ description: "In my zone." }),
    title: z.string().openapi({ description: "Of the goal, milestone, challenge or badge; what the XP was for." }),
    amount: z
      .int()
      .optional()
      .openapi({ description: "XP of `xp`, minutes of `study`, the score (0–100) of `decision`." }),
    status: z.string().optional().openapi({ description: "What a `decision` was." }),
    note: z.string().optional().openapi({ description: "Of `study`." }),
    goalId: z.uuid().optional(),
    challengeId: z.uuid().optional(),
    submissionId: z.uuid().optional(),
    reviewId: z.uuid().optional(),
  })
  .openapi("TimelineEntry", {
    example: {
      id: "0199aa11-2233-7444-8555-66778899aaee",
      type: "study",
      at: "2026-11-21T10:00:00.000Z",
      day: "2026-11-21",
      title: "Speak Spanish on my trip",
      amount: 25,
      goalId: ID,
    },
  });
export type TimelineEntry = z.infer<typeof TimelineEntry>;
