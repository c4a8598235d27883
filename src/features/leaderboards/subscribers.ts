import type { ServiceContext } from "../../context.ts";
import type { EventOf } from "../../events/catalogue.ts";
import { subscriber } from "../../events/dispatch.ts";
import { dayTotals } from "./queries.ts";
import { seasonTotals, seasonsBehind } from "./rules.ts";

/**
 * Tells the boards of somebody's scopes their totals. These are absolute and bear their ledger sequence,
 * so events may come twice, late or in any order.
 */
async function tellBoards(
  ctx: Pick<ServiceContext, "db" | "clock" | "boards">,
  { userId, scopes }: EventOf<"xp.changed">,
): Promise<void> {
  const { seasons, since } = seasonsBehind(ctx.clock.now());
  const days = await dayTotals(ctx, userId, scopes, since);
  await Promise.all(
    [...Map.groupBy(days, (entry) => entry.scope)].map(([scope, ofScope]) =>
      ctx.boards(scope).submit(
        seasonTotals(ofScope, seasons).map(({ season, score, seq }) => ({
          userId,
          seq,
          scores: [{ season, score }],
        })),
      ),
    ),
  );
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
];
