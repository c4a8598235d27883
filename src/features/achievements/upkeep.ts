import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { commit } from "../../events/outbox.ts";
import { give, standingsOf } from "./service.ts";

const ENTRIES_A_STEP = 500;
const PEOPLE_A_STEP = 100;
const STEPS = 20;

type Ctx = Pick<ServiceContext, "db" | "clock" | "riders" | "relayLater">;
type Sum = { people: number; given: number };

/** The next people to look at, at most 100, where the walk stands after them, and whether there is nobody behind them. */
interface Stretch {
  userIds: string[];
  position: number;
  isEnd: boolean;
}

interface Walk {
  name: string;
  next(ctx: Ctx): Promise<Stretch>;
  /** From the end it goes back to the start; others never go back, also when two runs overlap. */
  isRound: boolean;
}

const LEDGER: Walk = { name: "badges", next: peopleOfLedger, isRound: false };
const EVERYBODY: Walk = { name: "badges-round", next: everybody, isRound: true };

/** Looks again at everybody whose ledger has moved since the last run: no badge hangs on a job that died. */
export const reconcileBadges = (ctx: Ctx): Promise<Sum> => walk(ctx, LEDGER);

/** Looks again at the next 2,000 of all people: not every deed that a badge asks for is in the ledger. */
export const lookAgainForBadges = (ctx: Ctx): Promise<Sum> => walk(ctx, EVERYBODY);

async function walk(ctx: Ctx, { name, next, isRound }: Walk): Promise<Sum> {
  const sum = { people: 0, given: 0 };
  for (let step = 0; step < STEPS; step += 1) {
    const { position, userIds, isEnd } = await next(ctx);
    const { statements, messages, given } = give(ctx, await standingsOf(ctx, userIds));
    const reached = isRound ? sql`excluded.position` : sql`max(position, excluded.position)`;
    const advance = ctx.db.run(sql`INSERT INTO walks (name, position) VALUES (${name}, ${position})
      ON CONFLICT DO UPDATE SET position = ${reached}`);
    await commit(ctx, [...statements, advance], messages);
    sum.people += userIds.length;
    sum.given += given;
    if (isEnd) return sum;
  }
  return sum;
}

const positionOf = (name: string) => sql`coalesce((SELECT position FROM walks WHERE name = ${name}), 0)`;

async function peopleOfLedger(ctx: Ctx): Promise<Stretch> {
  const entries = await ctx.db.all<{ seq: number; userId: string }>(sql`
    SELECT seq, user_id AS userId FROM xp_entries WHERE seq > ${positionOf(LEDGER.name)} ORDER BY seq LIMIT ${ENTRIES_A_STEP}`);
  const people = new Set<string>();
  let position = 0;
  for (const { seq, userId } of entries) {
    if (people.size === PEOPLE_A_STEP && !people.has(userId)) break;
    people.add(userId);
    position = seq;
  }
  return { position, userIds: [...people], isEnd: entries.length === 0 };
}

async function everybody(ctx: Ctx): Promise<Stretch> {
  const people = await ctx.db.all<{ position: number; userId: string }>(sql`
    SELECT rowid AS position, id AS userId FROM users
    WHERE rowid > ${positionOf(EVERYBODY.name)} ORDER BY rowid LIMIT ${PEOPLE_A_STEP}`);
  const isEnd = people.length < PEOPLE_A_STEP;
  return { position: isEnd ? 0 : (people.at(-1)?.position ?? 0), userIds: people.map(({ userId }) => userId), isEnd };
}
