import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { instant, oneOf } from "./columns.ts";
import { users } from "./users.ts";

export const LEAGUE_OUTCOMES = ["promoted", "stayed", "relegated"] as const;

/** Who takes part, and in which tier: 0 is the lowest. */
export const leagueMembers = sqliteTable(
  "league_members",
  {
    userId: text("user_id")
      .primaryKey()
      .references(() => users.id, { onDelete: "cascade" }),
    tier: integer("tier").notNull().default(0),
    joinedAt: instant("joined_at").notNull(),
  },
  (t) => [index("league_members_tier").on(t.tier, t.userId)],
);

/** Up to 30 people who play one ISO week (UTC) against each other. */
export const leagueCohorts = sqliteTable(
  "league_cohorts",
  {
    id: text("id").primaryKey(),
    week: text("week").notNull(),
    tier: integer("tier").notNull(),
    closedAt: instant("closed_at"),
  },
  (t) => [
    index("league_cohorts_week").on(t.week, t.id),
    index("league_cohorts_open")
      .on(t.week, t.id)
      .where(sql`${t.closedAt} IS NULL`),
  ],
);

/** Somebody's week. Score, rank and outcome are frozen when the week is closed; until then the ledger says them. */
export const leagueEntries = sqliteTable(
  "league_entries",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    week: text("week").notNull(),
    cohortId: text("cohort_id")
      .notNull()
      .references(() => leagueCohorts.id, { onDelete: "cascade" }),
    score: integer("score"),
    rank: integer("rank"),
    outcome: text("outcome", { enum: LEAGUE_OUTCOMES }),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.week] }),
    index("league_entries_cohort").on(t.cohortId, t.userId),
    oneOf("league_entries_outcome_known", t.outcome, LEAGUE_OUTCOMES),
  ],
);
