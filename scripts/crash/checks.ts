import { setTimeout as delay } from "node:timers/promises";
import type { Json } from "../demo-client.ts";
import type { Server } from "../served/serve.ts";
import type { Journal } from "./journal.ts";
import type { Person } from "./person.ts";

const DRAIN_MS = 90_000;
const RESEND_EVERY_MS = 4_000;
const SENT_AGAIN_AFTER_MS = 61_000;

type Database = Pick<Server, "query">;

/** Acknowledged and not there any more. */
export async function lostWrites(db: Database, journal: Journal): Promise<string[]> {
  const missing = async (what: string, ids: string[], table: string, condition = "") => {
    const sql = `SELECT j.value AS id FROM json_each(?) j LEFT JOIN ${table} t ON t.id = j.value ${condition} WHERE t.id IS NULL`;
    const rows = await db.query<{ id: string }>(sql, JSON.stringify(ids));
    return rows.map(({ id }) => `${what} ${id} is lost`);
  };
  const people = journal.people.map(({ id }) => id);
  const found = await Promise.all([
    missing("person", people, "users"),
    missing("goal", journal.goals, "goals"),
    missing("milestone", journal.milestones, "milestones", "AND t.completed_at IS NOT NULL"),
    missing("submission", journal.submissions, "submissions", "AND t.status = 'accepted'"),
  ]);
  return [...found.flat(), ...journal.rotationsForgotten.map((name) => `a refresh token of ${name} is lost`)];
}

const TWICE = {
  goal: "SELECT title AS id FROM goals WHERE title LIKE 'Goal %' GROUP BY title HAVING count(*) > 1",
  challenge: "SELECT title AS id FROM challenges WHERE title LIKE 'Challenge %' GROUP BY title HAVING count(*) > 1",
  "accepted submission":
    "SELECT challenge_id AS id FROM submissions WHERE status = 'accepted' GROUP BY challenge_id, author_id HAVING count(*) > 1",
};

/** Repeated with their key after a crash, and written twice. */
export const doubles = (db: Database): Promise<string[]> => violations(db, TWICE);

const BALANCES = {
  "XP is not the sum of the ledger": `SELECT id FROM users u
    WHERE xp <> (SELECT coalesce(sum(amount), 0) FROM xp_entries WHERE user_id = u.id)`,
  "a balance does not follow from the entry before": `SELECT user_id AS id FROM (
    SELECT user_id, balance, sum(amount) OVER (PARTITION BY user_id ORDER BY seq) AS sum FROM xp_entries) WHERE balance <> sum`,
  "accepted work was not paid": `SELECT id FROM submissions s WHERE status = 'accepted'
    AND NOT EXISTS (SELECT 1 FROM xp_entries WHERE user_id = s.author_id AND reason = 'challenge' AND source_id = s.challenge_id)`,
  "paid without accepted work": `SELECT id FROM xp_entries x WHERE reason = 'challenge'
    AND NOT EXISTS (SELECT 1 FROM submissions WHERE author_id = x.user_id AND challenge_id = x.source_id AND status = 'accepted')`,
};

export const unbalanced = (db: Database): Promise<string[]> => violations(db, BALANCES);

/** Each query gives the ids of what breaks the rule of its name. */
async function violations(db: Database, rules: Record<string, string>): Promise<string[]> {
  const found = Object.entries(rules).map(async ([rule, sql]) => {
    const rows = await db.query<{ id: string }>(sql);
    return rows.map(({ id }) => `${rule}: ${id}`);
  });
  return (await Promise.all(found)).flat();
}

const WAITING = "SELECT count(*) AS waiting FROM outbox WHERE dead_at IS NULL";

/** Lets a minute pass on the server's clock, as often as it takes, so that the sweep sends again what the crash took. Seconds it took. */
export async function drain(server: Server): Promise<{ waited: number; seconds: number; faults: string[] }> {
  const start = performance.now();
  const count = async () => (await server.query<{ waiting: number }>(WAITING))[0]?.waiting ?? 0;
  const waited = await count();
  let swept = Number.NEGATIVE_INFINITY;
  let left = waited;
  while (left > 0 && performance.now() - start < DRAIN_MS) {
    if (performance.now() - swept > RESEND_EVERY_MS) {
      await develop(server, "clock", { advanceMs: SENT_AGAIN_AFTER_MS });
      await develop(server, "cron", { name: "relay-outbox" });
      swept = performance.now();
    }
    await delay(200);
    left = await count();
  }
  const seconds = (performance.now() - start) / 1000;
  const stuck = left === 0 ? [] : [`${left} messages of the outbox are not done`];
  return { waited, seconds, faults: [...stuck, ...(await violations(server, UNFINISHED))] };
}

const UNFINISHED = {
  "dead letter": "SELECT id FROM dead_letters",
  "AI job not done": "SELECT id FROM ai_jobs WHERE status NOT IN ('succeeded', 'failed')",
  "mail not sent": "SELECT id FROM mails WHERE status = 'queued'",
  "mail sent and not in the mailbox":
    "SELECT id FROM mails WHERE status = 'sent' AND id NOT IN (SELECT id FROM mailbox)",
  "mail in the mailbox that nobody ordered": "SELECT id FROM mailbox WHERE id NOT IN (SELECT id FROM mails)",
  "not exactly one welcome": `SELECT id FROM users u WHERE role = 'student'
    AND 1 <> (SELECT count(*) FROM mails m JOIN mailbox b ON b.id = m.id WHERE m.user_id = u.id AND m.template = 'welcome')`,
};

async function develop(server: Server, path: string, body: unknown): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${server.url}/dev/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`/dev/${path}: ${answer.status} ${await answer.text()}`);
}

/** Every score of the global board is its owner's XP. */
export async function wrongScores(db: Database, viewer: Person): Promise<string[]> {
  const people = await db.query<{ id: string; xp: number }>("SELECT id, xp FROM users WHERE xp > 0");
  const faults: string[] = [];
  for (let from = 0; from < people.length; from += 100) {
    const some = people.slice(from, from + 100);
    const users = some.map(({ id }) => id).join(",");
    const { data } = await viewer.get(`/leaderboard?scope=global&window=all&users=${users}`);
    const scores = new Map<string, number>(data.map((entry: Json) => [entry.user.id, entry.score]));
    for (const { id, xp } of some)
      if (scores.get(id) !== xp) faults.push(`${id} has ${xp} XP and ${scores.get(id)} on the board`);
  }
  return faults;
}
