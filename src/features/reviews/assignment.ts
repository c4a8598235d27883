import type { SQL } from "drizzle-orm";
import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { batch } from "../../db/client.ts";
import { ensure } from "../../db/guard.ts";
import { event } from "../../events/outbox.ts";
import { newId } from "../../platform/ids.ts";
import type { Change } from "../submissions/decision.ts";
import { blocked, hadIt, reciprocal, slotsTaken, slotsWanted } from "./eligibility.ts";
import { LEASE_MS } from "./rules.ts";

type Ctx = Pick<ServiceContext, "db" | "clock">;

/** So many of a circle are looked at on either side of the author: those who joined the platform about when they did. */
const NEIGHBOURS = 100;

const NOTHING: Change = { statements: [], messages: [] };

/** Gives each free slot of a piece of work to the learner who has least to do. What a claim takes meanwhile aborts the batch. */
export async function pushToLearners(ctx: Ctx, submissionId: string): Promise<Change> {
  const now = ctx.clock.now();
  const [[work], people] = (await batch(ctx.db, [
    ctx.db.all(sql`
      SELECT author_id AS authorId, ${slotsTaken(now)} AS taken, ${slotsWanted(now)} AS wanted
      FROM submissions s WHERE s.id = ${submissionId} AND s.status = 'in_review'`),
    learnersFor(ctx, submissionId),
  ])) as [{ authorId: string; taken: number; wanted: number }[], { reviewerId: string }[]];
  if (!work || work.taken >= work.wanted) return NOTHING;
  const chosen = people.slice(0, work.wanted - work.taken).map(({ reviewerId }) => reviewerId);
  if (chosen.length === 0) return NOTHING;
  const asRead = sql`EXISTS (SELECT 1 FROM submissions s WHERE s.id = ${submissionId} AND s.status = 'in_review' AND ${slotsTaken(now)} = ${work.taken})`;
  return assign(ctx, { submissionId, authorId: work.authorId, kind: "peer", chosen, asRead });
}

/** Asks a teacher about work that peers have left alone: the goal's owner, else one of the circle, else who has least to do. */
export async function askTeacher(ctx: Ctx, submissionId: string): Promise<Change> {
  const [teacher] = await ctx.db.all<{ reviewerId: string; authorId: string }>(
    teachersFor(submissionId, ctx.clock.now()),
  );
  if (!teacher) return NOTHING;
  const { authorId, reviewerId } = teacher;
  const asRead = sql`EXISTS (SELECT 1 FROM submissions s WHERE s.id = ${submissionId} AND s.status = 'in_review')`;
  return assign(ctx, { submissionId, authorId, kind: "verdict", chosen: [reviewerId], asRead });
}

interface Order {
  submissionId: string;
  authorId: string;
  kind: "peer" | "verdict";
  chosen: readonly string[];
  asRead: SQL;
}

function assign(ctx: Ctx, { submissionId, authorId, kind, chosen, asRead }: Order): Change {
  const now = ctx.clock.now().getTime();
  const leases = chosen.map((reviewerId) => ({ id: newId(), reviewerId }));
  return {
    statements: [
      ensure(ctx.db, asRead),
      ctx.db.run(sql`
        INSERT INTO review_assignments (id, submission_id, reviewer_id, author_id, kind, pushed, state, claimed_at, expires_at)
        SELECT value ->> 'id', ${submissionId}, value ->> 'reviewerId', ${authorId}, ${kind}, 1, 'open', ${now}, ${now + LEASE_MS}
        FROM json_each(${JSON.stringify(leases)}) WHERE TRUE
        ON CONFLICT (submission_id, reviewer_id) DO UPDATE SET id = excluded.id, kind = excluded.kind, pushed = 1, state = 'open',
          claimed_at = excluded.claimed_at, expires_at = excluded.expires_at, extended_at = NULL WHERE state IN ('open', 'expired')`),
    ],
    messages: leases.map(({ id, reviewerId }) =>
      event({ type: "review.assigned", assignmentId: id, submissionId, reviewerId }),
    ),
  };
}

const load = sql`(SELECT count(*) FROM review_assignments busy WHERE busy.reviewer_id = u.id AND busy.state = 'open')`;
const given = sql`COALESCE((SELECT given FROM reviewers WHERE user_id = u.id), 0)`;

/** Learners who may review it and never had it, best first. */
function learnersFor(ctx: Ctx, submissionId: string): Statement {
  const circle = (side: SQL) => sql`
    SELECT * FROM (SELECT m.user_id FROM s JOIN goal_members m ON m.goal_id = s.goal_id
      WHERE s.visibility = 'public' AND m.user_id ${side} LIMIT ${NEIGHBOURS})`;
  return ctx.db.all(sql`
    WITH s AS MATERIALIZED (
      SELECT w.id, w.author_id, w.challenge_id, c.goal_id, g.owner_id, g.visibility
      FROM submissions w JOIN challenges c ON c.id = w.challenge_id JOIN goals g ON g.id = c.goal_id
      WHERE w.id = ${submissionId} AND w.status = 'in_review'
    ), pool AS (
      ${circle(sql`> s.author_id ORDER BY m.user_id`)}
      UNION ${circle(sql`< s.author_id ORDER BY m.user_id DESC`)}
      UNION SELECT owner_id FROM s
      UNION SELECT * FROM (SELECT mastered.author_id FROM s JOIN submissions mastered ON mastered.challenge_id = s.challenge_id
        WHERE mastered.status = 'accepted' LIMIT ${NEIGHBOURS})
    )
    SELECT u.id AS reviewerId FROM s CROSS JOIN pool CROSS JOIN users u ON u.id = pool.user_id
    WHERE u.role = 'student' AND u.status = 'active' AND u.id <> s.author_id
      AND NOT EXISTS (SELECT 1 FROM review_assignments late WHERE late.submission_id = s.id AND late.reviewer_id = u.id)
      AND NOT ${blocked(sql`u.id`, sql`s.author_id`)}
    ORDER BY ${reciprocal(sql`u.id`)}, ${load}, ${given}, u.id LIMIT 5`);
}

const teachersFor = (submissionId: string, now: Date): SQL => sql`
  SELECT u.id AS reviewerId, s.author_id AS authorId
  FROM submissions s JOIN challenges c ON c.id = s.challenge_id JOIN goals g ON g.id = c.goal_id
  CROSS JOIN users u INDEXED BY users_by_role_and_status ON u.role IN ('teacher', 'admin', 'superadmin') AND u.status = 'active' AND u.deleted_at IS NULL
  WHERE s.id = ${submissionId} AND s.status = 'in_review' AND u.id <> s.author_id
    AND NOT ${hadIt(sql`u.id`, now)} AND NOT ${blocked(sql`u.id`, sql`s.author_id`)}
  ORDER BY EXISTS (SELECT 1 FROM review_assignments late WHERE late.submission_id = s.id AND late.reviewer_id = u.id),
    u.role <> 'teacher', u.id <> g.owner_id, NOT EXISTS (SELECT 1 FROM goal_members m WHERE m.goal_id = g.id AND m.user_id = u.id),
    ${load}, u.id LIMIT 1`;
