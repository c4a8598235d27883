import { z } from "@hono/zod-openapi";
import { Person } from "../users/schema.ts";
import { parseScope } from "./rules.ts";
import { WINDOWS, windowOf } from "../../platform/seasons.ts";

const Scope = z
  .string()
  .max(200)
  .transform((text, issues) => {
    const scope = parseScope(text.normalize("NFC").trim());
    if (scope) return scope;
    issues.addIssue({ code: "custom", message: "global, category:<name>, goal:<id> or project:<id>" });
    return z.NEVER;
  })
  .default({ kind: "global" })
  .openapi({
    type: "string",
    default: "global",
    example: "global",
    description: "`global`, `category:<name>`, `goal:<id>` or `project:<id>`.",
  });

const BoardParams = z.object({
  scope: Scope,
  window: z.enum(WINDOWS).optional().openapi({
    description: "Days, ISO weeks and months are UTC. Without it: the window that `season` is one of, else `all`.",
  }),
  season: z.string().max(10).optional().openapi({
    example: "2026-W47",
    description:
      "A closed or running season of the window: `2026-11-21`, `2026-W47`, `2026-11`, `all`. The running one by default.",
  }),
});

const fitsWindow = ({ window, season }: { window?: string | undefined; season?: string | undefined }) =>
  season === undefined || (windowOf(season) !== undefined && (window === undefined || window === windowOf(season)));

const NO_SEASON = { error: "is not a season of this window", path: ["season"] };

export type BoardQuery = z.infer<typeof BoardParams>;

const Users = z
  .string()
  .max(8_000)
  .transform((text) => [...new Set(text.split(",").map((id) => id.trim().toLowerCase()))])
  .refine((ids) => ids.length <= 200, { error: "at most 200 ids" })
  .refine((ids) => ids.every((id) => z.uuid().safeParse(id).success), { error: "ids, separated by commas" })
  .optional()
  .openapi({
    type: "string",
    example: "0199aa11-2233-7444-8555-66778899aabb,0199aa11-2233-7444-8555-66778899aacc",
    description:
      "Only these people (at most 200 ids, separated by commas), with their ranks on the whole board. All of them come in one page: `limit`, `cursor` and `page` do not count.",
  });

/** The board's own list: a page, or the people asked for. */
export const ListParams = { users: Users };
export interface ListQuery extends BoardQuery {
  users?: string[] | undefined;
}

export const LiveQuery = z.object({
  scope: Scope,
  window: z.enum(WINDOWS).default("all"),
});
export type LiveQuery = z.infer<typeof LiveQuery>;

export const NewRebuild = z.object({ scope: Scope }).openapi("NewRebuild", { example: { scope: "global" } });
export type NewRebuild = z.infer<typeof NewRebuild>;

export const Rebuild = z
  .object({ scope: z.string(), status: z.literal("queued") })
  .openapi("Rebuild", { example: { scope: "global", status: "queued" } });
export type Rebuild = z.infer<typeof Rebuild>;

/** The query of a board, with the paging parameters of the list. */
export const boardQuery = <P extends z.ZodRawShape>(paging: P) =>
  BoardParams.extend(paging).refine(fitsWindow, NO_SEASON);

export const StandingQuery = BoardParams.extend({
  around: z
    .string()
    .regex(/^\d{1,2}$/u, { error: "a whole number from 0 to 50" })
    .default("5")
    .transform(Number)
    .refine((n) => n <= 50, { error: "a whole number from 0 to 50" })
    .openapi({
      type: "integer",
      minimum: 0,
      maximum: 50,
      default: 5,
      description: "How many neighbours on each side.",
    }),
}).refine(fitsWindow, NO_SEASON);
export type StandingQuery = z.infer<typeof StandingQuery>;

export const RankedUser = z.object({ rank: z.int(), user: Person, score: z.int() }).openapi("RankedUser", {
  description: "Exact competition rank (1, 2, 2, 4); among equals whoever reached the score first is listed first.",
  example: {
    rank: 1,
    user: { id: "0199aa11-2233-7444-8555-66778899aabb", username: "ana", displayName: "Ana", avatarUrl: null },
    score: 130,
  },
});
export type RankedUser = z.infer<typeof RankedUser>;

/** What the `meta` of a board tells beside the page. */
export const BoardMeta = z.object({
  scope: z.string().openapi({ example: "global" }),
  window: z.enum(WINDOWS).openapi({ example: "week" }),
  season: z.string().openapi({ example: "2026-W47" }),
  total: z.int().openapi({ description: "People on the board.", example: 3 }),
  resetsAt: z.iso
    .datetime()
    .nullable()
    .openapi({ description: "When the season ends; null for `all`.", example: "2026-11-23T00:00:00.000Z" }),
});
export type BoardMeta = z.infer<typeof BoardMeta>;

export const UserStanding = z
  .object({
    rank: z
      .int()
      .nullable()
      .openapi({ description: "Null for somebody who is not on the board, or does not show themselves there." }),
    score: z.int(),
    total: z.int(),
    percentile: z
      .int()
      .nullable()
      .openapi({ description: "floor(100 · (total − rank) / max(1, total − 1)); null without a rank." }),
    season: z.string(),
    neighbours: z.array(RankedUser).openapi({
      description:
        "In order, oneself included. Of a season that is over for more than 90 days, only those of its first hundred.",
    }),
  })
  .openapi("UserStanding", {
    example: {
      rank: 2,
      score: 120,
      total: 3,
      percentile: 50,
      season: "2026-W47",
      neighbours: [
        {
          rank: 2,
          user: { id: "0199aa11-2233-7444-8555-66778899aabb", username: "ana", displayName: "Ana", avatarUrl: null },
          score: 120,
        },
      ],
    },
  });
export type UserStanding = z.infer<typeof UserStanding>;
