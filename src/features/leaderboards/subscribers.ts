import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import type { EventOf } from "../../events/catalogue.ts";
import { subscriber } from "../../events/dispatch.ts";
import { dayTotals, scopesOf } from "./ledger.ts";
import { closeWatchers } from "./live.ts";
import type { PersonRow } from "./people.ts";
import { findPeople, toBoardPerson } from "./people.ts";
import { rebuildSome } from "./rebuild.ts";
import type { DayTotal } from "./rules.ts";
import { seasonTotals, seasonsBehind } from "./rules.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "boards">;

/**
 * Tells the boards of somebody's scopes their totals. These are absolute and bear their ledger sequence,
 * so events may come twice, late or in any order.
 */
async function tellBoards(ctx: Ctx, { userId, scopes }: EventOf<"xp.changed">): Promise<void> {
  const { seasons, since } = seasonsBehind(ctx.clock.now());
  const [days, [row]] = (await batch(ctx.db, [dayTotals(ctx, userId, scopes, since), findPeople(ctx, [userId])])) as [
    DayTotal[],
    PersonRow[],
  ];
  if (row === undefined) return;
  const person = toBoardPerson(row);
  await Promise.all(
    [...Map.groupBy(days, (entry) => entry.scope)].map(([scope, ofScope]) =>
      ctx.boards(scope).submit([{ person, totals: seasonTotals(ofScope, seasons) }]),
    ),
  );
}

/** A new name, picture, wish to hide, or suspension: each board that knows the person is told how they are now. */
async function tellPerson(ctx: Ctx, userId: string): Promise<void> {
  const [row] = await findPeople(ctx, [userId]);
  if (row === undefined) return;
  const entry = { person: toBoardPerson(row), totals: [] };
  const scopes = await scopesOf(ctx, userId);
  await Promise.all(scopes.map((scope) => ctx.boards(scope).submit([entry])));
}

async function forget(ctx: Ctx, userId: string): Promise<void> {
  const scopes = await scopesOf(ctx, userId);
  await Promise.all(scopes.map((scope) => ctx.boards(scope).remove(userId)));
}

export const leaderboardSubscribers = [
  subscriber({
    name: "leaderboard",
    on: ["xp.changed"],
    react: async (ctx, event) => {
      await tellBoards(ctx, event);
      return {};
    },
  }),
  subscriber({
    name: "leaderboard-people",
    on: ["user.changed", "user.deleted"],
    react: async (ctx, event) => {
      if (event.type === "user.deleted") await forget(ctx, event.userId);
      else if (event.what !== "role") await tellPerson(ctx, event.userId);
      return {};
    },
  }),
  subscriber({
    name: "leaderboard-sockets",
    on: ["session.ended"],
    react: async (ctx, event) => {
      await closeWatchers(ctx, event);
      return {};
    },
  }),
  subscriber({
    name: "leaderboard-rebuild",
    on: ["board.behind"],
    react: async (ctx, event) => ({ messages: await rebuildSome(ctx, event) }),
  }),
];
