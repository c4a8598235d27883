import type { SQL } from "drizzle-orm";
import { sql } from "drizzle-orm";
import { PATIENCE_MS } from "./rules.ts";

/** Conditions that claims, pushes and rescues share. They speak of a submission `s`. */

/** Leases that take one of the reviews the work asks for: handed in, or alive. */
export const slotsTaken = (now: Date): SQL =>
  sql`(SELECT count(*) FROM review_assignments taken WHERE taken.submission_id = s.id AND taken.kind = 'peer'
    AND (taken.state = 'done' OR (taken.state = 'open' AND taken.expires_at > ${now.getTime()})))`;

/** Reviews the work asks for; one when it has waited too long. */
export const slotsWanted = (now: Date): SQL =>
  sql`(CASE WHEN s.created_at <= ${now.getTime() - PATIENCE_MS} THEN min(1, s.peer_reviews) ELSE s.peer_reviews END)`;

/** A teacher is wanted and nobody was asked, or who was asked let the lease end. */
export const verdictWanted = (now: Date): SQL =>
  sql`(s.requires_verdict AND NOT EXISTS (SELECT 1 FROM review_assignments asked WHERE asked.submission_id = s.id AND asked.kind = 'verdict'
    AND (asked.state = 'done' OR (asked.state = 'open' AND asked.expires_at > ${now.getTime()}))))`;

/** Either of the two wants nothing to do with the other. */
export const blocked = (one: SQL, other: SQL): SQL =>
  sql`EXISTS (SELECT 1 FROM blocks b WHERE (b.blocker_id = ${one} AND b.blocked_id = ${other}) OR (b.blocker_id = ${other} AND b.blocked_id = ${one}))`;

/** The author reviews, or reviewed, work of the reviewer. */
export const reciprocal = (reviewer: SQL): SQL =>
  sql`EXISTS (SELECT 1 FROM review_assignments pair WHERE pair.author_id = ${reviewer} AND pair.reviewer_id = s.author_id
    AND pair.kind = 'peer' AND pair.state IN ('open', 'done'))`;

/** Reviewed, given back, or on the desk already. A lease that ran out may be claimed again. */
export const hadIt = (reviewer: SQL, now: Date): SQL =>
  sql`EXISTS (SELECT 1 FROM review_assignments had WHERE had.submission_id = s.id AND had.reviewer_id = ${reviewer}
    AND (had.state IN ('done', 'returned') OR (had.state = 'open' AND had.expires_at > ${now.getTime()})))`;

/** Challenges whose work somebody may review as a learner: of their circles, and those they have mastered. */
export const reach = (reviewer: SQL): SQL =>
  sql`SELECT c.id FROM goal_members m CROSS JOIN goals g ON g.id = m.goal_id AND g.visibility = 'public' CROSS JOIN challenges c ON c.goal_id = g.id WHERE m.user_id = ${reviewer}
    UNION SELECT c.id FROM goals g CROSS JOIN challenges c ON c.goal_id = g.id WHERE g.owner_id = ${reviewer}
    UNION SELECT mastered.challenge_id FROM submissions mastered WHERE mastered.author_id = ${reviewer} AND mastered.status = 'accepted'`;
