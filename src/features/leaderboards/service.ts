import type { ServiceContext } from "../../context.ts";
import type { UserActor } from "../../platform/actor.ts";
import { notFound } from "../../platform/errors.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { sealCursor, startOf } from "../../platform/paging.ts";
import type { PersonRow } from "./queries.ts";
import { findPeopleOnBoard } from "./queries.ts";
import type { BoardScope } from "./rules.ts";
import { isShownTo, percentileOf, scopeName } from "./rules.ts";
import type { BoardMeta, BoardQuery, RankedUser, StandingQuery, UserStanding } from "./schema.ts";
import type { Window } from "./seasons.ts";
import { seasonEnd, seasonOf, windowOf } from "./seasons.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "config" | "boards">;

interface Board {
  scope: BoardScope;
  name: string;
  window: Window;
  season: string;
}

/** A page of a board. Who is hidden or suspended keeps their rank but is left out, so a page may hold fewer than `limit`. */
export async function showBoard(
  ctx: Ctx,
  actor: UserActor,
  query: BoardQuery & PageQuery,
): Promise<Paged<RankedUser> & { meta: BoardMeta }> {
  const board = boardOf(ctx, query);
  const list = { name: "leaderboard", filters: { scope: board.name, season: board.season } };
  const { after, offset } = await startOf(ctx, list, query);
  const place = after === null ? { offset } : { after: positionOf(after) };
  const { total, entries, next } = await ctx
    .boards(board.name)
    .page({ season: board.season, limit: query.limit, ...place });
  const people = await peopleOn(
    ctx,
    actor,
    board,
    entries.map((entry) => entry.userId),
  );
  const nextCursor = next && (await sealCursor(ctx, list, `${next.score},${next.seq}`));
  return {
    items: rankedUsers(entries, people, actor),
    pagination: { limit: query.limit, nextCursor, hasMore: nextCursor !== null },
    meta: {
      scope: board.name,
      window: board.window,
      season: board.season,
      total,
      resetsAt: seasonEnd(board.season)?.toISOString() ?? null,
    },
  };
}

/** Where somebody stands. Who is suspended, or hidden from the caller, stands nowhere. */
export async function showStanding(
  ctx: Ctx,
  actor: UserActor,
  userId: string,
  query: StandingQuery,
): Promise<UserStanding> {
  const board = boardOf(ctx, query);
  const standing = await ctx.boards(board.name).standing({ season: board.season, userId, around: query.around });
  const people = await peopleOn(ctx, actor, board, [userId, ...standing.neighbours.map((entry) => entry.userId)]);
  const person = people.get(userId);
  if (!person) throw notFound("user");
  const { rank, total } = standing;
  const { season } = board;
  if (rank === null || !isShownTo(actor.id, person))
    return { rank: null, score: 0, total, percentile: null, season, neighbours: [] };
  return {
    rank,
    score: standing.score,
    total,
    percentile: percentileOf(rank, total),
    season,
    neighbours: rankedUsers(standing.neighbours, people, actor),
  };
}

function boardOf(ctx: Ctx, query: BoardQuery): Board {
  const window = query.window ?? (query.season === undefined ? undefined : windowOf(query.season)) ?? "all";
  return {
    scope: query.scope,
    name: scopeName(query.scope),
    window,
    season: query.season ?? seasonOf(window, ctx.clock.now()),
  };
}

function positionOf(text: string): { score: number; seq: number } {
  const [score = 0, seq = 0] = text.split(",").map(Number);
  return { score, seq };
}

/** In one round trip: the people, and whether the caller may know of what the board belongs to. */
async function peopleOn(
  ctx: Ctx,
  actor: UserActor,
  { scope }: Board,
  ids: readonly string[],
): Promise<Map<string, PersonRow>> {
  if (scope.kind === "project") throw notFound("project");
  const { people, mayKnow } = await findPeopleOnBoard(ctx, actor.id, ids, scope.kind === "goal" ? scope.id : null);
  if (!mayKnow) throw notFound("goal");
  return new Map(people.map((person) => [person.id, person]));
}

function rankedUsers(
  entries: readonly { rank: number; userId: string; score: number }[],
  people: ReadonlyMap<string, PersonRow>,
  actor: UserActor,
): RankedUser[] {
  return entries.flatMap(({ rank, userId, score }) => {
    const person = people.get(userId);
    return person && isShownTo(actor.id, person) ? [{ rank, user: toPerson(person), score }] : [];
  });
}

const toPerson = ({ id, username, displayName, avatarUrl, privacy }: PersonRow): RankedUser["user"] => ({
  id,
  username,
  displayName: privacy.showName ? displayName : username,
  avatarUrl,
});
