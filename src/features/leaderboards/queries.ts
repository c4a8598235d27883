import { and, eq, or, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { goals } from "../../db/schema/goals.ts";
import { users } from "../../db/schema/users.ts";
import type { DayTotal } from "./rules.ts";
import { SCOPED_REASONS } from "./rules.ts";

type Ctx = Pick<ServiceContext, "db">;

const findPeople = (ctx: Ctx, ids: readonly string[]) =>
  ctx.db
    .select({
      id: users.id,
      username: users.username,
      displayName: users.displayName,
      avatarUrl: users.avatarUrl,
      status: users.status,
      privacy: users.privacy,
    })
    .from(users)
    .where(sql`${users.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);

export type PersonRow = Awaited<ReturnType<typeof findPeople>>[number];

/** Those of `ids` that exist, and, for the board of a goal, whether `userId` may know of it. */
export async function findPeopleOnBoard(
  ctx: Ctx,
  userId: string,
  ids: readonly string[],
  goalId: string | null,
): Promise<{ people: PersonRow[]; mayKnow: boolean }> {
  if (goalId === null) return { people: await findPeople(ctx, ids), mayKnow: true };
  const [people, found] = await ctx.db.batch([
    findPeople(ctx, ids),
    ctx.db
      .select({ goalId: goals.id })
      .from(goals)
      .where(and(eq(goals.id, goalId), or(eq(goals.visibility, "public"), eq(goals.ownerId, userId)))),
  ]);
  return { people, mayKnow: found.length > 0 };
}

/** What somebody earned in each of `scopes`, by UTC day from `since` on, and all before it in one. */
export const dayTotals = async (
  ctx: Ctx,
  userId: string,
  scopes: readonly string[],
  since: Date,
): Promise<DayTotal[]> =>
  await ctx.db.all<DayTotal>(sql`
    SELECT scope.value AS scope,
      CASE WHEN entry.created_at >= ${since.getTime()} THEN date(entry.created_at / 1000, 'unixepoch') END AS day,
      SUM(entry.amount) AS total,
      MAX(entry.seq) AS lastSeq
    FROM xp_entries AS entry
    JOIN json_each(${JSON.stringify(scopes)}) AS scope ON scope.value = 'global' OR (
      entry.reason IN (SELECT value FROM json_each(${JSON.stringify(SCOPED_REASONS)}))
      AND scope.value IN ('goal:' || entry.goal_id, 'category:' || entry.category)
    )
    WHERE entry.user_id = ${userId}
    GROUP BY 1, 2`);
