import { z } from "@hono/zod-openapi";
import { LEAGUE_OUTCOMES } from "../../db/schema/leagues.ts";
import { Person } from "../users/schema.ts";
import { TIERS } from "./rules.ts";

const Outcome = z.enum(LEAGUE_OUTCOMES);
const Week = z.string().openapi({ example: "2026-W47", description: "An ISO week, UTC for everybody." });

export const LeagueMembership = z
  .object({
    tier: z.enum(TIERS),
    joinedAt: z.iso.datetime(),
    startsAt: z.iso.datetime().nullable().openapi({
      description: "When the first week begins for somebody who joined in the middle of one; null while playing.",
    }),
  })
  .openapi("LeagueMembership", {
    example: { tier: "bronze", joinedAt: "2026-11-21T10:00:00.000Z", startsAt: "2026-11-23T00:00:00.000Z" },
  });
export type LeagueMembership = z.infer<typeof LeagueMembership>;

const LeagueStanding = z.object({
  rank: z.int().min(1),
  user: Person.nullable().openapi({ description: "Null for somebody who hides from leaderboards." }),
  score: z.int().min(0).openapi({ description: "XP of the week." }),
  outcome: Outcome.openapi({ description: "What became of them, or would if the week ended now." }),
  me: z.boolean(),
});

export const League = z
  .object({
    week: Week,
    tier: z.enum(TIERS),
    endsAt: z.iso.datetime(),
    promotes: z.int().min(0),
    relegates: z.int().min(0),
    standings: z.array(LeagueStanding),
  })
  .openapi("League");
export type League = z.infer<typeof League>;

export const CurrentLeague = z
  .object({ membership: LeagueMembership.nullable(), league: League.nullable() })
  .openapi("CurrentLeague", {
    example: {
      membership: { tier: "bronze", joinedAt: "2026-11-14T10:00:00.000Z", startsAt: null },
      league: {
        week: "2026-W47",
        tier: "bronze",
        endsAt: "2026-11-23T00:00:00.000Z",
        promotes: 7,
        relegates: 0,
        standings: [
          {
            rank: 1,
            user: { id: "0199aa11-2233-7444-8555-66778899aabb", username: "ana", displayName: "Ana", avatarUrl: null },
            score: 120,
            outcome: "promoted",
            me: true,
          },
        ],
      },
    },
  });
export type CurrentLeague = z.infer<typeof CurrentLeague>;

export const LeagueResult = z
  .object({ week: Week, tier: z.enum(TIERS), rank: z.int(), score: z.int(), size: z.int(), outcome: Outcome })
  .openapi("LeagueResult", {
    example: { week: "2026-W46", tier: "bronze", rank: 3, score: 210, size: 30, outcome: "promoted" },
  });
export type LeagueResult = z.infer<typeof LeagueResult>;
