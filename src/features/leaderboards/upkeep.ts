import { asc, lt, lte, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { boardMarks, boardWatchers, boards } from "../../db/schema/leaderboards.ts";
import { commit, event } from "../../events/outbox.ts";
import { batch } from "../../db/client.ts";
import { tokenClock } from "../../platform/clock.ts";
import { arrivals } from "./ledger.ts";
import { finalSeasons } from "./rules.ts";

const DAY_MS = 86_400_000;
const LEDGER_ROWS_A_RUN = 2_000;
/** What is younger may still be on its way through the queue. */
const ON_ITS_WAY_MS = 2 * 60_000;
const BOARDS_A_RUN = 50;
const FINAL_PLACES = 100;
const MARK = "compared";

type SeasonFinals = Awaited<ReturnType<ReturnType<ServiceContext["boards"]>["finals"]>>[number];

/**
 * Compares the next stretch of the ledger with the boards, from the start again each day: every row is asked after.
 * A board that lacks one has a rebuild coming. Returns how many were compared and which are behind.
 */
export async function compareBoards(ctx: ServiceContext): Promise<{ boards: number; behind: string[] }> {
  const now = ctx.clock.now();
  const [mark] = await ctx.db
    .select()
    .from(boardMarks)
    .where(sql`${boardMarks.name} = ${MARK}`);
  const rows = await arrivals(ctx, mark?.seq ?? 0, LEDGER_ROWS_A_RUN, new Date(now.getTime() - ON_ITS_WAY_MS));
  if (rows.length === 0) {
    if (mark !== undefined && mark.seq > 0 && now.getTime() - mark.at.getTime() > DAY_MS)
      await batch(ctx.db, [ctx.db.update(boardMarks).set({ seq: 0, at: now })]);
    return { boards: 0, behind: [] };
  }
  const byScope = [...Map.groupBy(rows, ({ scope }) => scope)];
  const asked = await Promise.all(
    byScope.map(async ([scope, people]) => ({ scope, missing: await ctx.boards(scope).behind(people) })),
  );
  const behind = asked.filter(({ missing }) => missing.length > 0).map(({ scope }) => scope);
  const seq = Math.max(...rows.map(({ end }) => end));
  const scopes = JSON.stringify(byScope.map(([scope]) => scope));
  await commit(
    ctx,
    [
      ctx.db.run(sql`INSERT INTO leaderboard_boards (scope, moved_at, finals_at)
        SELECT value, ${now.getTime()}, 0 FROM json_each(${scopes}) WHERE TRUE
        ON CONFLICT (scope) DO UPDATE SET moved_at = excluded.moved_at`),
      ctx.db
        .insert(boardMarks)
        .values({ name: MARK, seq, at: mark?.at ?? now })
        .onConflictDoUpdate({ target: boardMarks.name, set: { seq } }),
    ],
    behind.map((scope) => event({ type: "board.behind", scope })),
  );
  return { boards: asked.length, behind };
}

/** Copies the first hundred of each season that is over for good, and how its scores were spread; a few boards a run, each once a day. */
export async function keepFinals(ctx: ServiceContext): Promise<{ boards: number; seasons: number }> {
  const now = ctx.clock.now();
  const due = await ctx.db
    .select()
    .from(boards)
    .where(lte(boards.finalsAt, new Date(now.getTime() - DAY_MS)))
    .orderBy(asc(boards.finalsAt))
    .limit(BOARDS_A_RUN);
  const copies = await Promise.all(
    due.map(async ({ scope, finalsAt }) => {
      const seasons = finalSeasons(finalsAt, now);
      const standings = seasons.length === 0 ? [] : await ctx.boards(scope).finals(seasons, FINAL_PLACES);
      return { scope, seasons: standings.filter(({ entries }) => entries.length > 0) };
    }),
  );
  if (due.length > 0)
    await batch(ctx.db, [
      ...copies.flatMap((copy) => keepCopy(ctx, copy)),
      ctx.db
        .update(boards)
        .set({ finalsAt: now })
        .where(sql`${boards.scope} IN (SELECT value FROM json_each(${JSON.stringify(due.map(({ scope }) => scope))}))`),
    ]);
  return { boards: due.length, seasons: copies.reduce((sum, { seasons }) => sum + seasons.length, 0) };
}

/** A statement a board, so that none bears more than D1 takes. */
function keepCopy(ctx: ServiceContext, { scope, seasons }: { scope: string; seasons: readonly SeasonFinals[] }) {
  if (seasons.length === 0) return [];
  const places = seasons.flatMap(({ season, entries }) =>
    entries.map(({ rank, user, score }, place) => ({ season, place, rank, userId: user.id, score })),
  );
  const spreads = seasons.map(({ season, scores }) => ({ season, scores }));
  return [
    ctx.db.run(sql`INSERT INTO leaderboard_finals (scope, season, place, rank, user_id, score)
      SELECT ${scope}, final.value ->> 'season', final.value ->> 'place', final.value ->> 'rank', users.id, final.value ->> 'score'
      FROM json_each(${JSON.stringify(places)}) AS final JOIN users ON users.id = final.value ->> 'userId'
      WHERE TRUE ON CONFLICT DO NOTHING`),
    ctx.db.run(sql`INSERT INTO leaderboard_spreads (scope, season, scores)
      SELECT ${scope}, value ->> 'season', value -> 'scores' FROM json_each(${JSON.stringify(spreads)})
      WHERE TRUE ON CONFLICT DO NOTHING`),
  ];
}

/** Wakes the boards that somebody watches, so that a new season is told even where an alarm was lost; forgets what is over. */
export async function wakeBoards(ctx: ServiceContext): Promise<number> {
  const now = tokenClock.now();
  const [, watched] = await ctx.db.batch([
    ctx.db.delete(boardWatchers).where(lt(boardWatchers.expiresAt, now)),
    ctx.db.selectDistinct({ watchedScope: boardWatchers.scope }).from(boardWatchers).limit(BOARDS_A_RUN),
  ]);
  await Promise.all(watched.map(({ watchedScope }) => ctx.boards(watchedScope).wake()));
  return watched.length;
}
