import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { instant } from "./columns.ts";
import { users } from "./users.ts";

/** The boards that the ledger tells of. `finals_at` is when their ended seasons were last copied here. */
export const boards = sqliteTable(
  "leaderboard_boards",
  {
    scope: text("scope").primaryKey(),
    movedAt: instant("moved_at").notNull(),
    finalsAt: instant("finals_at").notNull(),
  },
  (t) => [index("leaderboard_boards_finals").on(t.finalsAt)],
);

/** The first hundred of each season that is over for good; the board itself forgets it after 90 days. */
export const boardFinals = sqliteTable(
  "leaderboard_finals",
  {
    scope: text("scope").notNull(),
    season: text("season").notNull(),
    place: integer("place").notNull(),
    rank: integer("rank").notNull(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    score: integer("score").notNull(),
  },
  (t) => [primaryKey({ columns: [t.scope, t.season, t.place] }), index("leaderboard_finals_user").on(t.userId)],
);

/** How the scores of a season that is over for good were spread: with it everybody's own score says their final rank. */
export const boardSpreads = sqliteTable(
  "leaderboard_spreads",
  {
    scope: text("scope").notNull(),
    season: text("season").notNull(),
    /** How many people had each score, best first. */
    scores: text("scores", { mode: "json" }).$type<[score: number, people: number][]>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.scope, t.season] })],
);

/** How far the ledger has been compared with the boards. */
export const boardMarks = sqliteTable("leaderboard_marks", {
  name: text("name").primaryKey(),
  seq: integer("seq").notNull(),
  at: instant("at").notNull(),
});

/** Which boards a login watches live, so that its sockets can be closed when it ends. */
export const boardWatchers = sqliteTable(
  "leaderboard_watchers",
  {
    sessionId: text("session_id").notNull(),
    scope: text("scope").notNull(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    expiresAt: instant("expires_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.sessionId, t.scope] }),
    index("leaderboard_watchers_user").on(t.userId),
    index("leaderboard_watchers_expires").on(t.expiresAt),
  ],
);
