import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import type { EventOf } from "../../events/catalogue.ts";
import type { OutboxMessage } from "../../events/outbox.ts";
import { commit, event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { requirePermission } from "../../platform/actor.ts";
import { notFound } from "../../platform/errors.ts";
import { audited } from "../audit/service.ts";
import type { PersonDayTotal } from "./ledger.ts";
import { scopePeople, scopeTotals } from "./ledger.ts";
import { findPeople, toBoardPerson } from "./people.ts";
import type { BoardScope } from "./rules.ts";
import { parseScope, scopeName, seasonTotals, seasonsKept } from "./rules.ts";
import type { Rebuild } from "./schema.ts";

/** People of one page, and pages of one event: an event takes seconds, the next one goes on where it stopped. */
const PEOPLE_A_PAGE = 200;
const PAGES_AN_EVENT = 20;
const SWEEPS_AN_EVENT = 20;

/** Has a board made again from the ledger, in the background: what it lacks is added, what is not in the ledger goes. */
export async function requestRebuild(
  ctx: ServiceContext,
  actor: UserActor,
  { scope }: { scope: BoardScope },
): Promise<Rebuild> {
  requirePermission(actor, "boards:manage");
  if (scope.kind === "project") throw notFound("project");
  const name = scopeName(scope);
  const audit = audited(ctx, actor, { action: "leaderboard.rebuild_requested", target: { type: "board", id: name } });
  await commit(ctx, [audit], [event({ type: "board.behind", scope: name, insist: true })]);
  return { scope: name, status: "queued" };
}

type Ctx = Pick<ServiceContext, "db" | "clock" | "boards">;

/** One event's share of a rebuild; gives the event that goes on. Pages may come twice: totals are absolute. */
export async function rebuildSome(ctx: Ctx, behind: EventOf<"board.behind">): Promise<OutboxMessage[]> {
  const scope = parseScope(behind.scope);
  if (scope === undefined) return [];
  const board = ctx.boards(behind.scope);
  const generation = behind.generation ?? (await board.beginRebuild(behind.insist ?? false));
  if (generation === null) return [];
  const on = (rest: Partial<EventOf<"board.behind">>) => [
    event({ type: "board.behind", scope: behind.scope, generation, ...rest }),
  ];
  if (behind.sweptTo !== undefined) {
    const sweptTo = await sweepSome(board, generation, behind.sweptTo);
    return sweptTo === null ? [] : on({ sweptTo });
  }
  let after: string | null = behind.after ?? "";
  for (let page = 0; page < PAGES_AN_EVENT && after !== null; page++)
    after = await rebuildPage(ctx, scope, generation, after);
  return after === null ? on({ sweptTo: 0 }) : on({ after });
}

/** The last person of the page; null when there are no more, and `superseded` work stops the same way. */
async function rebuildPage(ctx: Ctx, scope: BoardScope, generation: number, after: string): Promise<string | null> {
  const { seasons, since } = seasonsKept(ctx.clock.now());
  const [people, days] = (await batch(ctx.db, [
    scopePeople(ctx, scope, after, PEOPLE_A_PAGE),
    scopeTotals(ctx, scope, after, PEOPLE_A_PAGE, since),
  ])) as [{ userId: string }[], PersonDayTotal[]];
  const ids = people.map(({ userId }) => userId);
  const byPerson = Map.groupBy(days, ({ userId }) => userId);
  const entries = (await findPeople(ctx, ids)).flatMap((row) => {
    const own = byPerson.get(row.personId);
    return own ? [{ person: toBoardPerson(row), totals: seasonTotals(own, seasons) }] : [];
  });
  const isCurrent = await ctx.boards(scopeName(scope)).rebuild(generation, entries);
  return isCurrent && people.length === PEOPLE_A_PAGE ? (ids.at(-1) ?? null) : null;
}

async function sweepSome(
  board: { sweep(generation: number, after: number): Promise<number | null> },
  generation: number,
  from: number,
): Promise<number | null> {
  let sweptTo: number | null = from;
  for (let n = 0; n < SWEEPS_AN_EVENT && sweptTo !== null; n++) sweptTo = await board.sweep(generation, sweptTo);
  return sweptTo;
}
