import type { SQL } from "drizzle-orm";
import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { can, requirePermission } from "../../platform/actor.ts";
import { newId } from "../../platform/ids.ts";
import { blocked, hadIt, reach, reciprocal, slotsTaken, slotsWanted, verdictWanted } from "./eligibility.ts";
import { LEASE_MS, calibrationPhase } from "./rules.ts";
import type { Assignment } from "./schema.ts";
import { toAssignment } from "./schema.ts";
import { leaseColumns, leaseOf } from "./leases.ts";

/** Needy work that is weighed against each other; more would only be read, not chosen. */
const WEIGHED = 50;

/**
 * The neediest work that the actor may review, under a lease: what waits on their desk already, else what is claimed
 * here and now. Null when there is none. One statement picks and takes, so that of many only one gets the last slot.
 */
export async function claimNext(ctx: ServiceContext, actor: UserActor): Promise<Assignment | null> {
  requirePermission(actor, "reviews:write");
  const id = newId();
  const now = ctx.clock.now();
  const results = await commit(ctx, [claim(ctx, actor, id, now), takeUp(ctx, actor, id, now), counted(ctx, actor, id)]);
  const [row] = (results as unknown[][]).slice(0, 2).flat();
  return row ? toAssignment(leaseOf(row), now) : null;
}

/** What was pushed and not looked at yet; in SQL of `a`. */
const waiting = (actor: UserActor, now: Date): SQL =>
  sql`a.reviewer_id = ${actor.id} AND a.state = 'open' AND a.pushed AND a.expires_at > ${now.getTime()}
    AND EXISTS (SELECT 1 FROM submissions s WHERE s.id = a.submission_id AND s.status = 'in_review')`;

/** Picks and takes in one statement; it reads a bounded number of rows, however much waits. */
export function claim(ctx: Pick<ServiceContext, "db">, actor: UserActor, id: string, now: Date) {
  return ctx.db.all(sql`
    INSERT INTO review_assignments (id, submission_id, reviewer_id, author_id, kind, pushed, state, claimed_at, expires_at)
    SELECT ${id}, pick.submission_id, ${actor.id}, pick.author_id, pick.kind, 0, 'open', ${now.getTime()}, ${now.getTime() + LEASE_MS}
    FROM (SELECT * FROM (${aReference(actor, now)}) UNION ALL SELECT * FROM (${theNeediest(actor, now)})) pick
    WHERE EXISTS (SELECT 1 FROM users WHERE id = ${actor.id} AND status = 'active')
      AND NOT EXISTS (SELECT 1 FROM review_assignments a WHERE ${waiting(actor, now)})
    ORDER BY pick.place LIMIT 1
    ON CONFLICT (submission_id, reviewer_id) DO UPDATE SET id = excluded.id, kind = excluded.kind, pushed = 0, state = 'open',
      claimed_at = excluded.claimed_at, expires_at = excluded.expires_at, extended_at = NULL
    RETURNING ${leaseColumns}`);
}

/** What needs it among the oldest of each challenge in reach (for teachers: of all), without reading the whole of what waits. */
function theNeediest(actor: UserActor, now: Date): SQL {
  const me = sql`${actor.id}`;
  const teaches = can(actor, "submissions:judge");
  const free = sql`${slotsTaken(now)} < ${slotsWanted(now)}`;
  const fits = sql`s.status = 'in_review' AND s.author_id <> ${me} AND (${free}${teaches ? sql` OR ${verdictWanted(now)}` : sql``})
    AND NOT ${hadIt(me, now)} AND NOT ${blocked(me, sql`s.author_id`)}`;
  const oldest = teaches
    ? sql`SELECT s.id FROM submissions s INDEXED BY submissions_in_review_age WHERE ${fits} ORDER BY s.created_at, s.id LIMIT ${WEIGHED}`
    : sql`SELECT s.id FROM submissions s INDEXED BY submissions_in_review WHERE s.challenge_id = mine.id AND ${fits} ORDER BY s.id LIMIT ${WEIGHED}`;
  const pool = teaches ? sql`(SELECT 1)` : sql`(${reach(me)})`;
  return sql`
    SELECT 1 AS place, s.id AS submission_id, s.author_id, CASE WHEN ${free} THEN 'peer' ELSE 'verdict' END AS kind
    FROM ${pool} mine CROSS JOIN submissions s ON s.id IN (${oldest})
    ORDER BY ${reciprocal(me)}, ${slotsTaken(now)}, s.id LIMIT 1`;
}

/** Now and then: decided work whose right scores a teacher has set, handed out like any other. */
function aReference(actor: UserActor, now: Date): SQL {
  const me = sql`${actor.id}`;
  const { every, at } = calibrationPhase(actor.id);
  const mine = can(actor, "submissions:judge") ? sql`` : sql` AND s.challenge_id IN (${reach(me)})`;
  return sql`
    SELECT 0 AS place, s.id AS submission_id, s.author_id, 'calibration' AS kind
    FROM review_references r CROSS JOIN submissions s ON s.id = r.submission_id
    WHERE COALESCE((SELECT claims FROM reviewers WHERE user_id = ${me}), 0) % ${every} = ${at}
      AND s.status IN ('accepted', 'needs_work') AND s.author_id <> ${me} AND r.set_by IS NOT ${me}${mine}
      AND NOT ${hadIt(me, now)} AND NOT ${blocked(me, sql`s.author_id`)}
    LIMIT 1`;
}

/** Takes up the oldest of what was pushed, unless something was claimed, and lets its time begin anew. */
const takeUp = (ctx: ServiceContext, actor: UserActor, id: string, now: Date): Statement =>
  ctx.db.all(sql`
    UPDATE review_assignments SET pushed = 0, claimed_at = ${now.getTime()}, expires_at = ${now.getTime() + LEASE_MS}
    WHERE id = (SELECT a.id FROM review_assignments a WHERE ${waiting(actor, now)} ORDER BY a.id LIMIT 1)
      AND NOT EXISTS (SELECT 1 FROM review_assignments b WHERE b.id = ${id})
    RETURNING ${leaseColumns}`);

const counted = (ctx: ServiceContext, actor: UserActor, id: string): Statement =>
  ctx.db.run(sql`
    INSERT INTO reviewers (user_id, claims) SELECT ${actor.id}, 1 WHERE EXISTS (SELECT 1 FROM review_assignments WHERE id = ${id})
    ON CONFLICT (user_id) DO UPDATE SET claims = claims + 1`);
