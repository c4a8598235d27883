import type { ServiceContext } from "../../context.ts";
import type { UserActor } from "../../platform/actor.ts";
import { notFound } from "../../platform/errors.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { sealCursor, startOf } from "../../platform/paging.ts";
import type { Window } from "../../platform/seasons.ts";
import { seasonEnd, seasonOf, windowOf } from "../../platform/seasons.ts";
import { finalStanding, finalStandings, finalSubset } from "./finals.ts";
import { findKnownGoal, findPeople, isShown } from "./people.ts";
import type { BoardScope } from "./rules.ts";
import { isForgotten, percentileOf, scopeName } from "./rules.ts";
import type { BoardMeta, BoardQuery, ListQuery, RankedUser, StandingQuery, UserStanding } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "config" | "boards">;

interface Board {
  scope: BoardScope;
  name: string;
  window: Window;
  season: string;
  /** Over for so long that the board has forgotten it. */
  isEnded: boolean;
}

type Shown = Paged<RankedUser> & { meta: BoardMeta };

/** A page of a board, or those of `users` who are on it. The board holds only who is shown, with their names. */
export async function showBoard(ctx: Ctx, actor: UserActor, query: ListQuery & PageQuery): Promise<Shown> {
  const board = boardOf(ctx, query);
  await assertKnown(ctx, actor, board);
  if (query.users !== undefined) return await showPeople(ctx, board, query.users);
  const { name: scope, season, isEnded } = board;
  const list = { name: "leaderboard", filters: { scope, season, ...(isEnded && { isEnded }) } };
  const start = await startOf(ctx, list, query);
  const { total, entries, next } = isEnded
    ? await finalPage(ctx, board, start, query.limit)
    : await livePage(ctx, board, start, query.limit);
  const nextCursor = next === null ? null : await sealCursor(ctx, list, next);
  return {
    items: entries,
    pagination: { limit: query.limit, nextCursor, hasMore: nextCursor !== null },
    meta: metaOf(board, total),
  };
}

type Start = Awaited<ReturnType<typeof startOf>>;

async function livePage(ctx: Ctx, { name, season }: Board, { after, offset }: Start, limit: number) {
  const place = after === null ? { offset } : { after: positionOf(after) };
  const { total, entries, next } = await ctx.boards(name).page({ season, limit, ...place });
  return { total, entries, next: next && `${next.score},${next.seq}` };
}

async function finalPage(ctx: Ctx, board: Board, { after, offset }: Start, limit: number) {
  const place = after === null ? -1 : Number(after);
  const { total, entries } = await finalStandings(ctx, board, { after: place, offset, limit: limit + 1 });
  const shown = entries.slice(0, limit);
  return { total, entries: shown, next: entries.length > limit ? String(shown.at(-1)?.place) : null };
}

async function showPeople(ctx: Ctx, board: Board, userIds: string[]): Promise<Shown> {
  const { total, entries } = board.isEnded
    ? await finalSubset(ctx, board, userIds)
    : await ctx.boards(board.name).subset({ season: board.season, userIds });
  return {
    items: entries,
    pagination: { limit: userIds.length, nextCursor: null, hasMore: false },
    meta: metaOf(board, total),
  };
}

/** Where somebody stands. Who is hidden stands somewhere for themselves only, who is suspended nowhere. */
export async function showStanding(
  ctx: Ctx,
  actor: UserActor,
  userId: string,
  query: StandingQuery,
): Promise<UserStanding> {
  const board = boardOf(ctx, query);
  const { season } = board;
  const own = userId === actor.id;
  const asked = { userId, around: query.around };
  const [{ standing, person }] = await Promise.all([
    board.isEnded ? finalStanding(ctx, board, asked) : liveStanding(ctx, board, { ...asked, own }),
    assertKnown(ctx, actor, board),
  ]);
  if (person === undefined) throw notFound("user");
  const { rank, score, total, neighbours } = standing;
  if (rank === null || !(own || isShown(person)))
    return { rank: null, score: 0, total, percentile: null, season, neighbours: [] };
  return { rank, score, total, percentile: percentileOf(rank, total), season, neighbours };
}

interface Asked {
  userId: string;
  around: number;
  own: boolean;
}

async function liveStanding(ctx: Ctx, { name, season }: Board, asked: Asked) {
  const [standing, [person]] = await Promise.all([
    ctx.boards(name).standing({ season, ...asked }),
    findPeople(ctx, [asked.userId]),
  ]);
  return { standing, person };
}

function boardOf(ctx: Pick<Ctx, "clock">, query: BoardQuery): Board {
  const window = query.window ?? (query.season === undefined ? undefined : windowOf(query.season)) ?? "all";
  const season = query.season ?? seasonOf(window, ctx.clock.now());
  const isEnded = isForgotten(season, ctx.clock.now());
  return { scope: query.scope, name: scopeName(query.scope), window, season, isEnded };
}

const metaOf = ({ name, window, season }: Board, total: number): BoardMeta => ({
  scope: name,
  window,
  season,
  total,
  resetsAt: seasonEnd(season)?.toISOString() ?? null,
});

function positionOf(text: string): { score: number; seq: number } {
  const [score = 0, seq = 0] = text.split(",").map(Number);
  return { score, seq };
}

/** A goal's board is for those who may know of the goal. */
async function assertKnown(ctx: Ctx, actor: UserActor, { scope }: Board): Promise<void> {
  if (scope.kind === "project") throw notFound("project");
  if (scope.kind === "goal" && (await findKnownGoal(ctx, actor.id, scope.id)).length === 0) throw notFound("goal");
}
