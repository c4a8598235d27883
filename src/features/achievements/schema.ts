import { z } from "@hono/zod-openapi";
import { TIERS } from "./catalogue.ts";

const about = { code: z.string(), name: z.string(), description: z.string(), tier: z.enum(TIERS) };

export const EarnedAchievement = z.object({ ...about, earnedAt: z.iso.datetime() }).openapi("EarnedAchievement", {
  example: {
    code: "streak-bronze",
    name: "Warming Up",
    description: "Days learned in a row: 3",
    tier: "bronze",
    earnedAt: "2026-11-21T10:00:00.000Z",
  },
});
export type EarnedAchievement = z.infer<typeof EarnedAchievement>;

export const Achievement = z
  .object({
    ...about,
    earnedAt: z.iso
      .datetime()
      .optional()
      .openapi({ description: "Absent when it is not earned, or nobody is signed in." }),
    progress: z.object({ current: z.int(), target: z.int() }).optional().openapi({
      description: "How far I am, and all the way once it is earned. Absent when nobody is signed in.",
    }),
  })
  .openapi("Achievement", {
    example: {
      code: "streak-bronze",
      name: "Warming Up",
      description: "Days learned in a row: 3",
      tier: "bronze",
      progress: { current: 2, target: 3 },
    },
  });
export type Achievement = z.infer<typeof Achievement>;
