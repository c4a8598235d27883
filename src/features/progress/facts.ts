import type { SQL } from "drizzle-orm";
import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";

/** In the order in which facts of the same thing at the same instant are listed: what came last is first. */
export const FACT_TYPES = [
  "badge",
  "xp",
  "goal_completed",
  "decision",
  "review",
  "milestone",
  "submission",
  "study",
  "goal",
] as const;
export type FactType = (typeof FACT_TYPES)[number];

/** Where the facts of a type are, by which columns they are somebody's, dated and known, and what they tell. */
interface Source {
  table: string;
  owner: string;
  at: string;
  id: string;
  /** Implies the condition of the partial index that orders them. */
  where?: string;
  /** JSON of `Told` without nulls, for the fact `page.id`. */
  told: string;
}

const WORK = `'title', c.title, 'goalId', c.goal_id, 'challengeId', c.id, 'submissionId', s.id`;
const SUBMISSION = `submissions s JOIN challenges c ON c.id = s.challenge_id`;

const SOURCES: Record<FactType, Source> = {
  badge: {
    table: "user_badges",
    owner: "user_id",
    at: "earned_at",
    id: "code",
    told: `json_object('title', page.id)`,
  },
  xp: {
    table: "xp_entries",
    owner: "user_id",
    at: "created_at",
    id: "id",
    told: `(SELECT json_object('title', reason, 'amount', amount, 'goalId', goal_id,
      'challengeId', iif(source_type = 'challenge', source_id, NULL), 'reviewId', iif(source_type = 'review', source_id, NULL))
      FROM xp_entries WHERE id = page.id)`,
  },
  goal_completed: {
    table: "goals",
    owner: "owner_id",
    at: "completed_at",
    id: "id",
    where: "completed_at IS NOT NULL",
    told: `(SELECT json_object('title', title, 'goalId', id) FROM goals WHERE id = page.id)`,
  },
  decision: {
    table: "submissions",
    owner: "author_id",
    at: "decided_at",
    id: "id",
    where: "decided_at IS NOT NULL",
    told: `(SELECT json_object(${WORK}, 'amount', s.score, 'status', s.status) FROM ${SUBMISSION} WHERE s.id = page.id)`,
  },
  review: {
    table: "reviews",
    owner: "reviewer_id",
    at: "created_at",
    id: "id",
    told: `(SELECT json_object(${WORK}, 'reviewId', r.id) FROM reviews r JOIN ${SUBMISSION} WHERE r.id = page.id AND s.id = r.submission_id)`,
  },
  milestone: {
    table: "milestones",
    owner: "completed_by",
    at: "completed_at",
    id: "id",
    told: `(SELECT json_object('title', title, 'goalId', goal_id) FROM milestones WHERE id = page.id)`,
  },
  submission: {
    table: "submissions",
    owner: "author_id",
    at: "created_at",
    id: "id",
    told: `(SELECT json_object(${WORK}) FROM ${SUBMISSION} WHERE s.id = page.id)`,
  },
  study: {
    table: "study_log",
    owner: "user_id",
    at: "created_at",
    id: "id",
    told: `(SELECT json_object('title', g.title, 'amount', l.minutes, 'note', nullif(l.note, ''), 'goalId', l.goal_id)
      FROM study_log l LEFT JOIN goals g ON g.id = l.goal_id WHERE l.id = page.id)`,
  },
  goal: {
    table: "goals",
    owner: "owner_id",
    at: "created_at",
    id: "id",
    told: `(SELECT json_object('title', title, 'goalId', id) FROM goals WHERE id = page.id)`,
  },
};

/** A place in the timeline. The same thing may be handed in and decided in one instant, so its id alone is none. */
export interface Place {
  at: number;
  key: string;
  type: FactType;
}

export interface Span {
  /** Behind this place. */
  after?: Place | undefined;
  /** Milliseconds; from the first on, before the second. */
  from?: number | undefined;
  to?: number | undefined;
  limit: number;
  offset?: number | undefined;
}

export interface Fact extends Place {
  /** JSON; null when what it told of is gone. */
  told: string | null;
}

/** D1 takes five terms in a compound SELECT; SQLite makes one merge of the tree, which reads no row it does not return. */
const HALF = 5;

/** Somebody's facts, newest first; rows of one instant and id come in any order. Read with `sortFacts`. */
export function selectFacts(ctx: Pick<ServiceContext, "db">, userId: string, span: Span) {
  const terms = FACT_TYPES.map((type) => term(type, userId, span));
  const union = (some: readonly SQL[]) => sql`SELECT * FROM (${sql.join([...some], sql` UNION ALL `)})`;
  const told = FACT_TYPES.map((type) => sql.raw(`WHEN '${type}' THEN ${SOURCES[type].told}`));
  return ctx.db.all<Fact>(sql`
    WITH page AS (
      ${union(terms.slice(0, HALF))} UNION ALL ${union(terms.slice(HALF))}
      ORDER BY at DESC, id DESC LIMIT ${span.limit} OFFSET ${span.offset ?? 0}
    )
    SELECT page.at AS at, page.id AS "key", page.type AS type, CASE page.type ${sql.join(told, sql` `)} END AS told FROM page`);
}

function term(type: FactType, userId: string, { after, from, to }: Span): SQL {
  const { table, owner, at, id, where } = SOURCES[type];
  const conditions = [sql`${sql.raw(owner)} = ${userId}`];
  if (where !== undefined) conditions.push(sql.raw(where));
  if (from !== undefined) conditions.push(sql`${sql.raw(at)} >= ${from}`);
  if (to !== undefined) conditions.push(sql`${sql.raw(at)} < ${to}`);
  if (after !== undefined) {
    const than = sql.raw(rankOf(type) > rankOf(after.type) ? "<=" : "<");
    conditions.push(sql`(${sql.raw(`${at}, ${id}`)}) ${than} (${after.at}, ${after.key})`);
  }
  const columns = sql.raw(`${at} AS at, ${id} AS id, '${type}' AS type`);
  return sql`SELECT ${columns} FROM ${sql.raw(table)} WHERE ${sql.join(conditions, sql` AND `)}`;
}

const rankOf = (type: FactType): number => FACT_TYPES.indexOf(type);

/** The one order of the timeline. */
export const sortFacts = <T extends Place>(facts: readonly T[]): T[] =>
  facts.toSorted((a, b) => b.at - a.at || compare(b.key, a.key) || rankOf(a.type) - rankOf(b.type));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
