import type { SQL } from "drizzle-orm";
import { sql } from "drizzle-orm";
import { blocked, hadIt, reciprocal } from "./eligibility.ts";

/** So many of a circle are looked at on either side of the author: those who joined the platform about when they did. */
const NEIGHBOURS = 100;
/** Submissions of the challenge among which people who have mastered it are looked for. */
const LOOKED_THROUGH = 500;

const load = sql`(SELECT count(*) FROM review_assignments busy WHERE busy.reviewer_id = u.id AND busy.state = 'open')`;
const given = sql`COALESCE((SELECT given FROM reviewers WHERE user_id = u.id), 0)`;

/** Learners who may review it and never had it, best first. */
export function learnersFor(submissionId: string): SQL {
  const circle = (side: SQL) => sql`
    SELECT * FROM (SELECT m.user_id FROM goal_members m WHERE m.goal_id = (SELECT goal_id FROM s WHERE visibility = 'public')
      AND m.user_id ${side} LIMIT ${NEIGHBOURS})`;
  return sql`
    WITH s AS MATERIALIZED (
      SELECT w.id, w.author_id, w.challenge_id, c.goal_id, g.owner_id, g.visibility
      FROM submissions w JOIN challenges c ON c.id = w.challenge_id JOIN goals g ON g.id = c.goal_id
      WHERE w.id = ${submissionId} AND w.status = 'in_review'
    ), pool AS (
      ${circle(sql`> (SELECT author_id FROM s) ORDER BY m.user_id`)}
      UNION ${circle(sql`< (SELECT author_id FROM s) ORDER BY m.user_id DESC`)}
      UNION SELECT owner_id FROM s
      UNION SELECT * FROM (SELECT early.author_id FROM (
        SELECT done.author_id, done.status FROM submissions done WHERE done.challenge_id = (SELECT challenge_id FROM s) LIMIT ${LOOKED_THROUGH}
      ) early WHERE early.status = 'accepted' LIMIT ${NEIGHBOURS})
    )
    SELECT u.id AS reviewerId FROM s CROSS JOIN pool CROSS JOIN users u ON u.id = pool.user_id
    WHERE u.role = 'student' AND u.status = 'active' AND u.id <> s.author_id
      AND NOT EXISTS (SELECT 1 FROM review_assignments late WHERE late.submission_id = s.id AND late.reviewer_id = u.id)
      AND NOT ${blocked(sql`u.id`, sql`s.author_id`)}
    ORDER BY ${reciprocal(sql`u.id`)}, ${load}, ${given}, u.id LIMIT 5`;
}

/** The one teacher to ask: who never had it, the goal's owner, one of its circle, who has least to do; best first. */
export const teachersFor = (submissionId: string, now: Date): SQL => sql`
  SELECT u.id AS reviewerId, s.author_id AS authorId
  FROM submissions s JOIN challenges c ON c.id = s.challenge_id JOIN goals g ON g.id = c.goal_id
  CROSS JOIN users u INDEXED BY users_by_role_and_status ON u.role IN ('teacher', 'admin', 'superadmin') AND u.status = 'active' AND u.deleted_at IS NULL
  WHERE s.id = ${submissionId} AND s.status = 'in_review' AND u.id <> s.author_id
    AND NOT ${hadIt(sql`u.id`, now)} AND NOT ${blocked(sql`u.id`, sql`s.author_id`)}
  ORDER BY EXISTS (SELECT 1 FROM review_assignments late WHERE late.submission_id = s.id AND late.reviewer_id = u.id),
    u.role <> 'teacher', u.id <> g.owner_id, NOT EXISTS (SELECT 1 FROM goal_members m WHERE m.goal_id = g.id AND m.user_id = u.id),
    ${load}, u.id LIMIT 1`;
