import { eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { ensure } from "../../db/guard.ts";
import { userLevels } from "../../db/schema/ledger.ts";
import { users } from "../../db/schema/users.ts";
import { event } from "../../events/outbox.ts";
import { levelOf } from "./rules.ts";

/** Tells of a level that nobody was told of yet: of several in one award only the highest, and of none twice. */
export async function newLevel(ctx: Pick<ServiceContext, "db" | "clock">, userId: string) {
  const [row] = await ctx.db
    .select({ xp: users.xp, told: userLevels.level })
    .from(users)
    .leftJoin(userLevels, eq(userLevels.userId, users.id))
    .where(eq(users.id, userId));
  const { level } = levelOf(row?.xp ?? 0);
  if (level <= (row?.told ?? 1)) return {};
  return {
    statements: [
      ensure(ctx.db, sql`NOT EXISTS (SELECT 1 FROM user_levels WHERE user_id = ${userId} AND level >= ${level})`),
      ctx.db
        .insert(userLevels)
        .values({ userId, level })
        .onConflictDoUpdate({ target: userLevels.userId, set: { level } }),
    ],
    messages: [event({ type: "level.reached", userId, level })],
  };
}
