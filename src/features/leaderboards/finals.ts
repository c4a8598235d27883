import { and, asc, count, eq, gt, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { boardFinals } from "../../db/schema/leaderboards.ts";
import { users } from "../../db/schema/users.ts";
import type { RankedUser } from "./schema.ts";
import { toBoardPerson } from "./people.ts";

/** The final standings of a season that the board itself no longer has: its first hundred, without who is not shown today. */
export async function finalStandings(
  ctx: Pick<ServiceContext, "db">,
  { scope, season }: { scope: string; season: string },
  { after, limit }: { after: number; limit: number },
): Promise<{ total: number; entries: (RankedUser & { place: number })[] }> {
  const shown = and(
    eq(boardFinals.scope, scope),
    eq(boardFinals.season, season),
    eq(users.status, "active"),
    sql`${users.privacy} ->> 'showOnLeaderboards' = 1`,
    sql`${users.deletedAt} IS NULL`,
  );
  const [rows, [counted]] = await ctx.db.batch([
    ctx.db
      .select({
        place: boardFinals.place,
        rank: boardFinals.rank,
        score: boardFinals.score,
        personId: users.id,
        username: users.username,
        displayName: users.displayName,
        avatarUrl: users.avatarUrl,
        status: users.status,
        privacy: users.privacy,
        version: users.version,
      })
      .from(boardFinals)
      .innerJoin(users, eq(users.id, boardFinals.userId))
      .where(and(shown, gt(boardFinals.place, after)))
      .orderBy(asc(boardFinals.place))
      .limit(limit),
    ctx.db.select({ total: count() }).from(boardFinals).innerJoin(users, eq(users.id, boardFinals.userId)).where(shown),
  ]);
  return {
    total: counted?.total ?? 0,
    entries: rows.map((row) => ({ place: row.place, rank: row.rank, user: toBoardPerson(row), score: row.score })),
  };
}
