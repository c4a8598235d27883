import { z } from "@hono/zod-openapi";
import { CHALLENGE_KINDS, DIFFICULTIES } from "../../db/schema/challenges.ts";
import type { dashboardItems } from "../../db/schema/progress.ts";
import { Text } from "../../platform/text.ts";
import { Goal } from "../goals/schema.ts";
import type { GoalFacts } from "../goals/schema.ts";
import { TimelineEntry } from "../progress/schema.ts";
import { Assignment } from "../reviews/schema.ts";
import { Level, Streak } from "../xp/schema.ts";

const ID = "0199aa11-2233-7444-8555-66778899aabb";
export const MAX_ITEMS = 100;

const fields = { title: Text(1, 120), content: Text(0, 10_000) };

export const NewDashboardItem = z
  .object({ ...fields, content: fields.content.default("") })
  .openapi("NewDashboardItem", { example: { title: "This week", content: "Three podcasts, one story." } });
export type NewDashboardItem = z.output<typeof NewDashboardItem>;

export const DashboardItemPatch = z
  .object(fields)
  .partial()
  .openapi("DashboardItemPatch", { example: { content: "Two podcasts to go." } });
export type DashboardItemPatch = z.output<typeof DashboardItemPatch>;

const ITEM = {
  id: ID,
  title: "This week",
  content: "Three podcasts, one story.",
  createdAt: "2026-11-21T10:00:00.000Z",
  updatedAt: "2026-11-21T10:00:00.000Z",
};

export const DashboardItem = z
  .object({
    id: z.uuid(),
    title: z.string(),
    content: z.string(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi("DashboardItem", { example: ITEM });
export type DashboardItem = z.infer<typeof DashboardItem>;

export type ItemRow = typeof dashboardItems.$inferSelect;

export const toItem = (row: ItemRow): DashboardItem => ({
  id: row.id,
  title: row.title,
  content: row.content,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});

const DashboardGoal = Goal.pick({ id: true, title: true, category: true, status: true, targetDate: true })
  .extend({ percent: z.int(), progress: Goal.shape.progress })
  .openapi("DashboardGoal");
export type DashboardGoal = z.infer<typeof DashboardGoal>;

export const toDashboardGoal = ({ goal, progress }: GoalFacts): DashboardGoal => ({
  id: goal.id,
  title: goal.title,
  category: goal.category,
  status: goal.status,
  targetDate: goal.targetDate,
  percent: progress.percent,
  progress,
});

const DueChallenge = z
  .object({
    id: z.uuid(),
    goalId: z.uuid(),
    goalTitle: z.string(),
    title: z.string(),
    kind: z.enum(CHALLENGE_KINDS),
    difficulty: z.enum(DIFFICULTIES),
    points: z.int(),
    dueAt: z.iso.datetime(),
  })
  .openapi("DueChallenge");
export type DueChallenge = z.infer<typeof DueChallenge>;

const Rank = z.object({ window: z.literal("week"), rank: z.int(), score: z.int(), total: z.int() });
export type Rank = z.infer<typeof Rank>;

export const Dashboard = z
  .object({
    level: Level,
    streak: Streak,
    goals: z.array(DashboardGoal).openapi({ description: "My active goals, newest first, at most 20." }),
    dueChallenges: z.array(DueChallenge).openapi({
      description:
        "What my active goals and circles want by a date that is still to come and that I have not mastered; the most urgent first, at most 10.",
    }),
    assignments: z.array(Assignment).openapi({ description: "Work that waits for my review, at most 10." }),
    unreadNotifications: z.int(),
    rank: Rank.nullable().openapi({
      description: "On the global board of this week; null without XP this week, or while the board does not answer.",
    }),
    recentActivity: z.array(TimelineEntry).openapi({ description: "The first ten of my timeline." }),
    heatMap: z
      .array(z.object({ day: z.iso.date(), count: z.int() }))
      .openapi({ description: "How often I learned on each of my own days, for twelve weeks, oldest first." }),
    items: z.array(DashboardItem).openapi({ description: "What I pinned here, oldest first." }),
  })
  .openapi("Dashboard", {
    example: {
      level: { level: 2, xp: 130, intoLevel: 30, forNext: 200 },
      streak: { current: 4, longest: 11, freezes: 1, atRisk: false, expiresAt: "2026-11-23T00:00:00.000Z" },
      goals: [
        {
          id: ID,
          title: "Speak Spanish on my trip",
          category: "languages",
          status: "active",
          targetDate: "2027-03-01",
          percent: 40,
          progress: { percent: 40, milestonesDone: 1, milestonesTotal: 3, challengesDone: 1, challengesTotal: 2 },
        },
      ],
      dueChallenges: [
        {
          id: "0199aa11-2233-7444-8555-66778899aacc",
          goalId: ID,
          goalTitle: "Speak Spanish on my trip",
          title: "Introduce yourself",
          kind: "text",
          difficulty: "beginner",
          points: 20,
          dueAt: "2026-11-28T18:00:00.000Z",
        },
      ],
      assignments: [],
      unreadNotifications: 3,
      rank: { window: "week", rank: 2, score: 120, total: 9 },
      recentActivity: [
        {
          id: "0199aa11-2233-7444-8555-66778899aaee",
          type: "study",
          at: "2026-11-21T10:00:00.000Z",
          day: "2026-11-21",
          title: "Speak Spanish on my trip",
          amount: 25,
          goalId: ID,
        },
      ],
      heatMap: [{ day: "2026-11-21", count: 2 }],
      items: [ITEM],
    },
  });
export type Dashboard = z.infer<typeof Dashboard>;
