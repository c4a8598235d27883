import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { ledgerDifferences } from "../../db/schema/ledger.ts";
import type { Actor } from "../../platform/actor.ts";
import { requirePermission } from "../../platform/actor.ts";
import type { LedgerDifference } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "logger">;

/** A million people are two hundred steps: a run has a thousand statements. */
const PEOPLE_A_STEP = 5_000;

interface Found {
  userId: string;
  balance: number;
  sum: number;
  brokenSeq: number | null;
}

/**
 * Proves that everybody's XP is the sum of their entries, and that each entry's balance follows from the one before.
 * What does not add up is logged and kept for admins until a later proof finds it mended.
 */
export async function proveLedger(ctx: Ctx): Promise<{ people: number; differences: number }> {
  const proof = { people: 0, differences: 0 };
  const began = ctx.clock.now().getTime();
  for (let after = ""; ;) {
    const step = await proveSome(ctx, after);
    const [{ people, last } = { people: 0, last: null }] = step.walked;
    if (last === null) break;
    if (step.found.length > 0) await keep(ctx, began, step.found);
    proof.people += people;
    proof.differences += step.found.length;
    after = last;
  }
  await batch(ctx.db, [ctx.db.run(sql`DELETE FROM ledger_differences WHERE found_at < ${began}`)]);
  return proof;
}

async function proveSome(ctx: Ctx, after: string) {
  const some = sql`some AS (SELECT id, xp FROM users WHERE id > ${after} ORDER BY id LIMIT ${PEOPLE_A_STEP})`;
  const [walked, found] = await batch(ctx.db, [
    ctx.db.all(sql`WITH ${some} SELECT count(*) AS people, max(id) AS last FROM some`),
    ctx.db.all(sql`WITH ${some}, entries AS (
        SELECT x.user_id, x.seq, x.amount, x.balance, sum(x.amount) OVER (PARTITION BY x.user_id ORDER BY x.seq) AS running
        FROM some JOIN xp_entries x ON x.user_id = some.id)
      SELECT some.id AS userId, some.xp AS balance, coalesce(sum(e.amount), 0) AS sum,
        min(CASE WHEN e.balance <> e.running THEN e.seq END) AS brokenSeq
      FROM some LEFT JOIN entries e ON e.user_id = some.id GROUP BY some.id
      HAVING some.xp <> coalesce(sum(e.amount), 0) OR brokenSeq IS NOT NULL`),
  ]);
  return { walked: walked as { people: number; last: string | null }[], found: found as Found[] };
}

async function keep(ctx: Ctx, foundAt: number, found: readonly Found[]): Promise<void> {
  for (const { userId, balance, sum, brokenSeq } of found)
    ctx.logger.error("the ledger does not add up", new Error("ledger difference"), { userId, balance, sum, brokenSeq });
  await batch(ctx.db, [
    ctx.db.run(sql`INSERT INTO ledger_differences (user_id, balance, sum, broken_seq, found_at)
      SELECT value ->> 'userId', value ->> 'balance', value ->> 'sum', value ->> 'brokenSeq', ${foundAt}
      FROM json_each(${JSON.stringify(found)}) WHERE TRUE
      ON CONFLICT (user_id) DO UPDATE SET balance = excluded.balance, sum = excluded.sum, broken_seq = excluded.broken_seq, found_at = excluded.found_at`),
  ]);
}

/** What the last proof found, at most 100; empty when all is well. */
export async function listLedgerDifferences(ctx: Ctx, actor: Actor): Promise<LedgerDifference[]> {
  requirePermission(actor, "audit:read");
  const rows = await ctx.db.select().from(ledgerDifferences).orderBy(ledgerDifferences.userId).limit(100);
  return rows.map(({ foundAt, ...row }) => ({ ...row, foundAt: foundAt.toISOString() }));
}
