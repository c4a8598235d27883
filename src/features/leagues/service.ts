import { and, eq, isNull } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { leagueEntries, leagueMembers } from "../../db/schema/leagues.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { notFound } from "../../platform/errors.ts";
import type { Paged, PageQuery } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { parseSeason, seasonEnd, seasonOf } from "../../platform/seasons.ts";
import { toPublicUser } from "../users/schema.ts";
import { myCohort, selectFrozen, selectMembership, selectResults, selectScores } from "./queries.ts";
import { movesOf, settle, TIERS } from "./rules.ts";
import type { CurrentLeague, League, LeagueMembership, LeagueResult } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "config" | "riders" | "relayLater">;

const tierOf = (tier: number) => TIERS[tier] ?? TIERS[0];
const endOf = (week: string) => (seasonEnd(week) ?? new Date(0)).toISOString();

/** Opts in; doing it again changes nothing. Play begins with the next week, so that everybody has the whole of one. */
export async function joinLeagues(ctx: Ctx, actor: UserActor): Promise<LeagueMembership> {
  await commit(ctx, [
    ctx.db.insert(leagueMembers).values({ userId: actor.id, joinedAt: ctx.clock.now() }).onConflictDoNothing(),
  ]);
  const { membership } = await currentLeague(ctx, actor);
  if (!membership) throw new Error("a membership was written and is not there");
  return membership;
}

/** Opts out: of the running week too. Weeks that are over stay in the history, the tier does not. */
export async function leaveLeagues(ctx: Ctx, actor: UserActor): Promise<void> {
  await commit(ctx, [
    ctx.db.delete(leagueMembers).where(eq(leagueMembers.userId, actor.id)),
    ctx.db.delete(leagueEntries).where(and(eq(leagueEntries.userId, actor.id), isNull(leagueEntries.outcome))),
  ]);
}

export async function currentLeague(ctx: Ctx, actor: UserActor): Promise<CurrentLeague> {
  const week = seasonOf("week", ctx.clock.now());
  const [members, scores] = await ctx.db.batch([
    selectMembership(ctx, actor.id),
    selectScores(ctx, week, myCohort(actor.id, week)),
  ]);
  const [member] = members;
  if (!member) return { membership: null, league: null };
  const [first] = scores;
  const membership = {
    tier: tierOf(member.tier),
    joinedAt: member.joinedAt.toISOString(),
    startsAt: first ? null : endOf(week),
  };
  if (!first) return { membership, league: null };

  const standings = settle(
    first.tier,
    scores.map((row) => ({ ...row, userId: row.id })),
  ).map((row) => {
    const me = row.userId === actor.id;
    const user = me || row.privacy.showOnLeaderboards ? toPublicUser(row) : null;
    return { rank: row.rank, user, score: row.score, outcome: row.outcome, me };
  });
  const league = {
    week,
    tier: tierOf(first.tier),
    endsAt: endOf(week),
    ...movesOf(first.tier, scores.length),
    standings,
  };
  return { membership, league };
}

/** A week of mine that is over, as it was frozen. Who does not show themselves today keeps their place without a name. */
export async function pastLeague(ctx: Ctx, actor: UserActor, week: string): Promise<League> {
  const rows = parseSeason("week", week) === undefined ? [] : await selectFrozen(ctx, actor.id, week);
  const [first] = rows;
  if (!first || !rows.some(({ id }) => id === actor.id)) throw notFound("league");
  const standings = rows.map((row) => {
    const me = row.id === actor.id;
    const isShown = me || (row.status === "active" && row.privacy.showOnLeaderboards);
    const { rank, score, outcome } = row;
    return { rank, user: isShown ? toPublicUser(row) : null, score, outcome, me };
  });
  const size = Math.max(...rows.map(({ rank }) => rank));
  return { week, tier: tierOf(first.tier), endsAt: endOf(week), ...movesOf(first.tier, size), standings };
}

export async function leagueHistory(ctx: Ctx, actor: UserActor, query: PageQuery): Promise<Paged<LeagueResult>> {
  const list = { name: "league-history", filters: { user: actor.id } };
  const { after, offset } = await startOf(ctx, list, query);
  const rows = await selectResults(ctx, actor.id, after, query.limit + 1, offset);
  const { items, pagination } = await toPage(ctx, list, query, rows, (row) => row.week);
  return {
    pagination,
    items: items.map(({ week, tier, rank, score, size, outcome }) => ({
      week,
      tier: tierOf(tier),
      rank: rank ?? size,
      score: score ?? 0,
      size,
      outcome: outcome ?? "stayed",
    })),
  };
}
