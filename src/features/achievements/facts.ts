import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { levelOf } from "../xp/rules.ts";
import { streakOf } from "../xp/streak.ts";

/** What badges may ask of somebody; each is a number that only deeds move. */
export const FACTS = [
  "challenges",
  "milestones",
  "goals",
  "longestStreak",
  "activeDays",
  "level",
  "reviews",
  "helpfulReviews",
  "perfectScores",
  "quizzes",
  "code",
  "categories",
  "circles",
  "referrals",
  "promotions",
  "emailVerified",
] as const;
export type Fact = (typeof FACTS)[number];
export type Facts = Record<Fact, number>;

interface FactRow extends Omit<Facts, "level" | "longestStreak" | "activeDays"> {
  userId: string;
  xp: number;
  timezone: string;
  /** JSON: the days of learning; the badges by code, each with when it was earned. */
  days: string;
  earned: string;
}

export interface Standing {
  userId: string;
  facts: Facts;
  /** When each badge was earned, in milliseconds, by code. */
  earned: ReadonlyMap<string, number>;
}

const accepted = (extra: string) =>
  sql.raw(`(SELECT count(DISTINCT s.challenge_id) FROM submissions s JOIN challenges c ON c.id = s.challenge_id
    WHERE s.author_id = u.id AND s.status = 'accepted' ${extra})`);
const paid = (reason: string) =>
  sql.raw(`(SELECT count(*) FROM xp_entries x WHERE x.user_id = u.id AND x.reason = '${reason}')`);

/** The facts of up to 100 people, and what they have earned, in one statement. */
export const selectFacts = (ctx: Pick<ServiceContext, "db">, userIds: readonly string[]) =>
  ctx.db.all<FactRow>(sql`
    SELECT u.id AS userId, u.xp AS xp, u.timezone AS timezone, u.email_verified_at IS NOT NULL AS emailVerified,
      ${accepted("")} AS challenges,
      ${accepted("AND s.score = 100")} AS perfectScores,
      ${accepted("AND c.kind = 'quiz'")} AS quizzes,
      ${accepted("AND c.kind = 'code'")} AS code,
      (SELECT count(DISTINCT g.category) FROM submissions s JOIN challenges c ON c.id = s.challenge_id JOIN goals g ON g.id = c.goal_id
        WHERE s.author_id = u.id AND s.status = 'accepted') AS categories,
      ${paid("milestone")} AS milestones,
      ${paid("review")} AS reviews,
      (SELECT count(*) FROM goals g WHERE g.owner_id = u.id AND g.status = 'completed') AS goals,
      (SELECT count(*) FROM reviews r WHERE r.reviewer_id = u.id AND r.helpful >= 4) AS helpfulReviews,
      (SELECT count(*) FROM goal_members m JOIN goals g ON g.id = m.goal_id WHERE m.user_id = u.id AND g.owner_id <> u.id) AS circles,
      (SELECT count(*) FROM xp_entries x WHERE x.user_id = u.id AND x.reason = 'referral' AND x.source_id <> u.id) AS referrals,
      (SELECT count(*) FROM league_entries l WHERE l.user_id = u.id AND l.outcome = 'promoted') AS promotions,
      (SELECT json_group_array(json_array(d.day, d.timezone, d.at)) FROM activity_days d WHERE d.user_id = u.id) AS days,
      (SELECT json_group_object(b.code, b.earned_at) FROM user_badges b WHERE b.user_id = u.id) AS earned
    FROM users u WHERE u.id IN (SELECT value FROM json_each(${JSON.stringify(userIds)})) AND u.deleted_at IS NULL`);

export function toStanding({ userId, xp, timezone, days, earned, ...counted }: FactRow, now: Date): Standing {
  const active = (JSON.parse(days) as [string, string, number][]).map(([activeDay, zone, at]) => ({
    activeDay,
    timezone: zone,
    at: new Date(at),
  }));
  const { longest } = streakOf(active, now, timezone);
  return {
    userId,
    earned: new Map(Object.entries(JSON.parse(earned) as Record<string, number>)),
    facts: { ...counted, level: levelOf(xp).level, activeDays: active.length, longestStreak: longest },
  };
}
