import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError } from "../../platform/errors.ts";
import { seasonOf } from "../../platform/seasons.ts";
import { toFacts } from "../goals/queries.ts";
import { selectUnread } from "../notifications/service.ts";
import { toTimelineEntry } from "../progress/entries.ts";
import type { Fact } from "../progress/facts.ts";
import { selectFacts, sortFacts } from "../progress/facts.ts";
import { toAssignment } from "../reviews/schema.ts";
import { recentDays } from "../xp/awards.ts";
import { localDay } from "../xp/days.ts";
import { levelOf } from "../xp/rules.ts";
import { toStreak } from "../xp/schema.ts";
import type { DueRow } from "./queries.ts";
import { selectActiveGoals, selectDue, selectItems, selectLearner, selectOpenLeases } from "./queries.ts";
import { heatMapOf } from "./rules.ts";
import type { Dashboard, DueChallenge, Rank } from "./schema.ts";
import { toDashboardGoal, toItem } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "boards" | "logger">;

const RECENT = 10;

/** Everything at a glance: one D1 batch, and beside it one question to the board. */
export async function getDashboard(ctx: Ctx, actor: UserActor): Promise<Dashboard> {
  const [read, rank] = await Promise.all([readAll(ctx, actor.id), rankOf(ctx, actor.id)]);
  const { learner, days, facts } = read;
  const now = ctx.clock.now();
  const { timezone } = learner;
  const recent = sortFacts(facts).slice(0, RECENT);
  return {
    level: levelOf(learner.xp),
    streak: toStreak(days, timezone, now),
    goals: read.goals.map((goal) => toDashboardGoal(toFacts(goal))),
    dueChallenges: read.due.map(toDue),
    assignments: read.leases.map((lease) => toAssignment(lease, now)).filter(({ state }) => state === "open"),
    unreadNotifications: read.unread,
    rank,
    recentActivity: await Promise.all(recent.map((fact) => toTimelineEntry(fact, timezone, actor.id))),
    heatMap: heatMapOf(days, localDay(now, timezone)),
    items: read.items.map(toItem),
  };
}

async function readAll(ctx: Ctx, userId: string) {
  const [[learner], days, goals, due, leases, [unread], facts, items] = (await batch(ctx.db, [
    selectLearner(ctx, userId),
    recentDays(ctx, userId),
    selectActiveGoals(ctx, userId),
    selectDue(ctx, userId),
    selectOpenLeases(ctx, userId),
    selectUnread(ctx, userId),
    selectFacts(ctx, userId, { limit: RECENT + 1 }),
    selectItems(ctx, userId),
    // A batch answers each statement with its own rows.
  ])) as [
    Awaited<ReturnType<typeof selectLearner>>,
    Awaited<ReturnType<typeof recentDays>>,
    Awaited<ReturnType<typeof selectActiveGoals>>,
    DueRow[],
    Awaited<ReturnType<typeof selectOpenLeases>>,
    Awaited<ReturnType<typeof selectUnread>>,
    Fact[],
    Awaited<ReturnType<typeof selectItems>>,
  ];
  if (!learner) throw new AppError("TOKEN_REVOKED", "This account was deleted.");
  return { learner, days, goals, due, leases, unread: unread?.unread ?? 0, facts, items };
}

const toDue = (row: DueRow): DueChallenge => ({ ...row, dueAt: new Date(row.dueAt).toISOString() });

/** A board that is down takes the rank with it, not the dashboard. */
async function rankOf(ctx: Ctx, userId: string): Promise<Rank | null> {
  const season = seasonOf("week", ctx.clock.now());
  try {
    const { rank, score, total } = await ctx.boards("global").standing({ season, userId, around: 0, own: true });
    return rank === null ? null : { window: "week", rank, score, total };
  } catch (error) {
    ctx.logger.error("the board did not answer the dashboard", error);
    return null;
  }
}
