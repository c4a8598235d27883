import { desc, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { ensure } from "../../db/guard.ts";
import { userBadges } from "../../db/schema/achievements.ts";
import { users } from "../../db/schema/users.ts";
import type { OutboxMessage } from "../../events/outbox.ts";
import { event } from "../../events/outbox.ts";
import type { Actor, UserActor } from "../../platform/actor.ts";
import { notFound } from "../../platform/errors.ts";
import type { Badge } from "./catalogue.ts";
import { BADGES } from "./catalogue.ts";
import type { Standing } from "./facts.ts";
import { selectFacts, toStanding } from "./facts.ts";
import { newlyEarned, progressOf } from "./rules.ts";
import type { Achievement, EarnedAchievement } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock">;

const about = ({ code, name, description, tier }: Badge) => ({ code, name, description, tier });

/** All there is to earn; for somebody signed in, how far they are with each. */
export async function listAchievements(ctx: Ctx, actor: Actor): Promise<Achievement[]> {
  if (actor.kind !== "user") return BADGES.map(about);
  const [standing] = await standingsOf(ctx, [actor.id]);
  if (!standing) return BADGES.map(about);
  const { facts, earned } = standing;
  return BADGES.map((badge) => {
    const at = earned.get(badge.code);
    if (at === undefined) return { ...about(badge), progress: progressOf(badge, facts) };
    const { target } = badge.rule;
    return { ...about(badge), earnedAt: new Date(at).toISOString(), progress: { current: target, target } };
  });
}

/** What somebody has earned, newest first. Who hides their profile or their activity hides this too, but not from themselves. */
export async function achievementsOf(ctx: Ctx, actor: UserActor, username: string): Promise<EarnedAchievement[]> {
  const [people, earned] = await ctx.db.batch([
    ctx.db
      .select({ id: users.id, status: users.status, privacy: users.privacy, deletedAt: users.deletedAt })
      .from(users)
      .where(eq(users.username, username)),
    selectEarnedBy(ctx, username),
  ]);
  const [person] = people;
  const self = actor.id === person?.id;
  const shown = person?.status === "active" && person.privacy.showProfile;
  if (!person || person.deletedAt !== null || !(self || shown)) throw notFound("user");
  return self || person.privacy.showActivity ? toEarned(earned) : [];
}

/** The badges of a username, newest first: a statement, and what its rows say on the wire. */
export const selectEarnedBy = (ctx: Pick<Ctx, "db">, username: string) =>
  ctx.db
    .select({ code: userBadges.code, earnedAt: userBadges.earnedAt })
    .from(userBadges)
    .innerJoin(users, eq(users.id, userBadges.userId))
    .where(eq(users.username, username))
    .orderBy(desc(userBadges.earnedAt), userBadges.code);

export const toEarned = (rows: readonly { code: string; earnedAt: Date }[]): EarnedAchievement[] =>
  rows.flatMap(({ code, earnedAt }) => {
    const badge = BADGES.find((one) => one.code === code);
    return badge ? [{ ...about(badge), earnedAt: earnedAt.toISOString() }] : [];
  });

/** Facts and badges of up to 100 people. */
export const standingsOf = async (ctx: Ctx, userIds: readonly string[]): Promise<Standing[]> =>
  (await selectFacts(ctx, userIds)).map((row) => toStanding(row, ctx.clock.now()));

/** The statements and events that give people what they have earned; refused as a whole when another run was faster. */
export function give(
  ctx: Ctx,
  standings: readonly Standing[],
): { statements: Statement[]; messages: OutboxMessage[]; given: number } {
  const earnedAt = ctx.clock.now().getTime();
  const badges = standings.flatMap(({ userId, facts, earned }) =>
    newlyEarned(BADGES, facts, earned).map(({ code }) => ({ userId, code })),
  );
  if (badges.length === 0) return { statements: [], messages: [], given: 0 };
  const given = sql`json_each(${JSON.stringify(badges)}) AS given`;
  return {
    given: badges.length,
    statements: [
      ensure(
        ctx.db,
        sql`NOT EXISTS (SELECT 1 FROM ${given} JOIN user_badges b ON b.user_id = given.value ->> 'userId' AND b.code = given.value ->> 'code')`,
      ),
      ctx.db.run(sql`INSERT INTO user_badges (user_id, code, earned_at)
        SELECT given.value ->> 'userId', given.value ->> 'code', ${earnedAt} FROM ${given}`),
    ],
    messages: badges.map((badge) => event({ type: "badge.earned", ...badge })),
  };
}
