import { and, eq, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { users } from "../../db/schema/users.ts";
import type { XP_REASONS } from "../../db/schema/xp.ts";
import { newId } from "../../platform/ids.ts";
import { RULES_VERSION } from "./rules.ts";

export interface Reversal {
  userId: string;
  /** Which award: the key it was paid once by. */
  reason: (typeof XP_REASONS)[number];
  sourceId: string;
  /** The user's local day. */
  day: string;
  /** Takes nothing back unless this holds. */
  onlyIf: SQL;
}

/**
 * Takes an award back by the exact inverse of the amount its row recorded, once, naming that row as its source.
 * An adjustment may have taken the XP before: a balance never falls below 0.
 */
export function reverse(ctx: Pick<ServiceContext, "db" | "clock">, of: Reversal): Statement[] {
  const id = newId();
  return [
    ctx.db.run(sql`
      INSERT INTO xp_entries (id, user_id, amount, reason, source_type, source_id, goal_id, category, rules_version, balance, day, created_at)
      SELECT ${id}, u.id, -min(e.amount, u.xp), 'reversal', 'xp_entry', e.id, e.goal_id, e.category,
        ${RULES_VERSION}, u.xp - min(e.amount, u.xp), ${of.day}, ${ctx.clock.now().getTime()}
      FROM xp_entries e JOIN users u ON u.id = e.user_id
      WHERE e.user_id = ${of.userId} AND e.reason = ${of.reason} AND e.source_id = ${of.sourceId} AND ${of.onlyIf}
      ON CONFLICT DO NOTHING`),
    ctx.db
      .update(users)
      .set({ xp: sql`${users.xp} + (SELECT amount FROM xp_entries WHERE id = ${id})` })
      .where(and(eq(users.id, of.userId), sql`EXISTS (SELECT 1 FROM xp_entries WHERE id = ${id})`)),
  ];
}
