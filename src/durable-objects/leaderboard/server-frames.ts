import { z } from "zod";
import { WINDOWS } from "../../platform/seasons.ts";

const User = z.object({
  id: z.string(),
  username: z.string(),
  displayName: z.string(),
  avatarUrl: z.string().nullable(),
});
const Entry = z.object({ rank: z.int().min(1), user: User, score: z.int() });
const Me = z.object({ rank: z.int().nullable(), score: z.int() });
const Gone = z.object({ user: z.object({ id: z.string() }), removed: z.literal(true) });

/** What a live board tells, by the type of the frame. */
export const BOARD_FRAMES = {
  leaderboard_snapshot: z.object({
    scope: z.string(),
    window: z.enum(WINDOWS),
    season: z.string(),
    total: z.int(),
    entries: z.array(Entry).max(100),
    me: Me,
  }),
  leaderboard_update: z.object({ total: z.int(), changes: z.array(z.union([Gone, Entry])), me: Me }),
};
