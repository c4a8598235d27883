import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { DomainEvent } from "../../events/catalogue.ts";
import { subscriber } from "../../events/dispatch.ts";
import { commit } from "../../events/outbox.ts";
import { give, standingsOf } from "./service.ts";

/** Whose facts an event may have moved. */
function whoseFacts(event: DomainEvent): string | undefined {
  if ("userId" in event) return event.userId;
  if ("authorId" in event) return event.authorId;
  return "reviewerId" in event ? event.reviewerId : undefined;
}

export const achievementSubscribers = [
  subscriber({
    name: "achievements",
    on: ["xp.changed", "submission.decided", "review.rated", "goal.completed", "user.email_verified"],
    react: async (ctx, event) => {
      const userId = whoseFacts(event);
      if (userId === undefined) return {};
      const { statements, messages } = give(ctx, await standingsOf(ctx, [userId]));
      return { statements, messages };
    },
  }),
];

const ENTRIES_A_STEP = 500;
const PEOPLE_A_STEP = 100;
const STEPS = 20;
const WALK = "badges";

/** Looks again at everybody whose ledger has moved since the last run: no badge hangs on a job that died. */
export async function reconcileBadges(
  ctx: Pick<ServiceContext, "db" | "clock" | "riders" | "relayLater">,
): Promise<{ people: number; given: number }> {
  const sum = { people: 0, given: 0 };
  for (let step = 0; step < STEPS; step += 1) {
    const { position, userIds } = await nextPeople(ctx);
    if (userIds.length === 0) return sum;
    const { statements, messages, given } = give(ctx, await standingsOf(ctx, userIds));
    const advance = ctx.db.run(sql`INSERT INTO walks (name, position) VALUES (${WALK}, ${position})
      ON CONFLICT DO UPDATE SET position = max(position, excluded.position)`);
    await commit(ctx, [...statements, advance], messages);
    sum.people += userIds.length;
    sum.given += given;
  }
  return sum;
}

async function nextPeople(ctx: Pick<ServiceContext, "db">): Promise<{ position: number; userIds: string[] }> {
  const entries = await ctx.db.all<{ seq: number; userId: string }>(sql`
    SELECT seq, user_id AS userId FROM xp_entries
    WHERE seq > coalesce((SELECT position FROM walks WHERE name = ${WALK}), 0) ORDER BY seq LIMIT ${ENTRIES_A_STEP}`);
  const people = new Set<string>();
  let position = 0;
  for (const { seq, userId } of entries) {
    if (people.size === PEOPLE_A_STEP && !people.has(userId)) break;
    people.add(userId);
    position = seq;
  }
  return { position, userIds: [...people] };
}
