import { ne, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { outbox } from "../../db/schema/events.ts";
import { users } from "../../db/schema/users.ts";
import type { OutboxMessage } from "../../events/outbox.ts";
import { ensureSuperadmin } from "../admin/superadmin.ts";
import { block } from "../blocks/service.ts";
import { addItem } from "../dashboard/items.ts";
import { joinLeagues } from "../leagues/service.ts";
import { turnLeagueWeeks } from "../leagues/weeks.ts";
import { claimNext } from "../reviews/claims.ts";
import { setReference } from "../reviews/references.ts";
import { act } from "./seed/act.ts";
import { DEEDS } from "./seed/deeds.ts";
import { GUITAR } from "./seed/guitar.ts";
import { OWN_GOALS } from "./seed/own-goals.ts";
import { PEOPLE } from "./seed/people.ts";
import { talk } from "./seed/rooms.ts";
import { SPANISH } from "./seed/spanish.ts";
import type { Stage } from "./seed/stage.ts";
import { arrive, daysAgo, known, setGoal } from "./seed/stage.ts";
import { ITEMS } from "./seed/talk.ts";
import { TYPESCRIPT } from "./seed/typescript.ts";

/**
 * Makes the superadmin and fills a database without other people through the same services that serve people: twelve of
 * them, on three courses, over the last four weeks. Returns false when there are others already.
 */
export async function seed(ctx: ServiceContext, which: "none" | "demo"): Promise<boolean> {
  await ensureSuperadmin(ctx);
  const [somebody] = await ctx.db.select({ id: users.id }).from(users).where(ne(users.role, "superadmin")).limit(1);
  if (somebody) return false;
  if (which === "demo") await demo(ctx);
  return true;
}

/** Whoever reacts to events is told when all has happened, and so finds the demo as it is meant to be. */
async function demo(ctx: ServiceContext): Promise<void> {
  const told: OutboxMessage[] = [];
  const held: ServiceContext = { ...ctx, relayLater: (messages) => void told.push(...messages) };
  const stage: Stage = { ctx: held, people: new Map(), goals: new Map(), challenges: new Map(), works: new Map() };
  try {
    await arrive(stage);
    for (const goal of [SPANISH, ...OWN_GOALS.slice(0, 1), TYPESCRIPT, GUITAR, ...OWN_GOALS.slice(1)])
      await setGoal(stage, goal);
    for (const deed of DEEDS) await act(stage, deed);
    await finish(stage);
    await talk(stage);
    await leagues(stage);
  } finally {
    ctx.relayLater(await withoutEchoes(ctx, told));
  }
}

/** Who is told that a ledger moved looks at all of it: of a hundred such events one for each ledger and board is enough. */
async function withoutEchoes(ctx: ServiceContext, told: readonly OutboxMessage[]): Promise<OutboxMessage[]> {
  const last = new Map(told.map((one) => [JSON.stringify(one.envelope.body), one]));
  const echoes = told
    .filter((one) => last.get(JSON.stringify(one.envelope.body)) !== one)
    .map((one) => one.envelope.id);
  const ids = sql`(SELECT value FROM json_each(${JSON.stringify(echoes)}))`;
  await ctx.db.delete(outbox).where(sql`${outbox.id} IN ${ids}`);
  return told.filter((one) => !echoes.includes(one.envelope.id));
}

/** What is so today: a reference, work on three desks, notes on dashboards, and two people who go separate ways. */
async function finish({ ctx, people, works }: Stage): Promise<void> {
  await setReference(ctx, known(people, "thea"), known(works, "freya/story"), {
    scores: [
      { criterion: "Grammar", score: 5 },
      { criterion: "Vocabulary", score: 4 },
      { criterion: "Story", score: 5 },
    ],
  });
  for (const name of ["elif", "kirsi", "ben"]) await claimNext(ctx, known(people, name));
  for (const [name, title, content] of ITEMS) await addItem(ctx, known(people, name), { title, content });
  await block(ctx, known(people, "kirsi"), "goran");
}

const LEAGUE_WEEKS = 3;

async function leagues({ ctx, people }: Stage): Promise<void> {
  for (const name of Object.keys(PEOPLE).filter((one) => one !== "thea"))
    await joinLeagues(daysAgo(ctx, 7 * LEAGUE_WEEKS), known(people, name));
  for (let week = LEAGUE_WEEKS - 1; week >= 0; week -= 1) await turnLeagueWeeks(daysAgo(ctx, 7 * week));
}
