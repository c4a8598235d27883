import { eq } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { users } from "../../db/schema/users.ts";
import type { UserActor } from "../../platform/actor.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { addDays, endOfDay } from "../xp/days.ts";
import { toTimelineEntry } from "./entries.ts";
import type { Fact, FactType, Place } from "./facts.ts";
import { selectFacts, sortFacts } from "./facts.ts";
import type { TimelineEntry, TimelineFilters } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "config">;

/** Two facts of one thing may share an instant; the second one over the page settles which of them comes first. */
const MORE = 2;

/** What I did, newest first, from the facts themselves. Days as borders cost a round trip more: they begin where I live. */
export async function listTimeline(
  ctx: Ctx,
  actor: UserActor,
  filters: TimelineFilters,
  query: PageQuery,
): Promise<Paged<TimelineEntry>> {
  const list = { name: "timeline", filters: { userId: actor.id, ...filters } };
  const { after, offset } = await startOf(ctx, list, query);
  const zone = ctx.db.select({ timezone: users.timezone }).from(users).where(eq(users.id, actor.id));
  const asked = hasDays(filters) ? (await zone)[0]?.timezone : undefined;
  const span = {
    ...bordersOf(filters, asked ?? "UTC"),
    after: after === null ? undefined : parsePlace(after),
    limit: query.limit + MORE,
    offset,
  };
  const [rows, [profile]] = (await batch(ctx.db, [selectFacts(ctx, actor.id, span), zone])) as [
    Fact[],
    Awaited<typeof zone>,
  ];
  const paged = await toPage(ctx, list, query, sortFacts(rows), ({ at, key, type }) => `${at} ${type} ${key}`);
  const timezone = profile?.timezone ?? "UTC";
  return { ...paged, items: await Promise.all(paged.items.map((fact) => toTimelineEntry(fact, timezone, actor.id))) };
}

const isDay = (when: string): boolean => when.length === 10;

const hasDays = ({ from, to }: TimelineFilters): boolean =>
  [from, to].some((when) => when !== undefined && isDay(when));

function bordersOf({ from, to }: TimelineFilters, timezone: string): { from?: number; to?: number } {
  const beginOf = (day: string) => endOfDay(addDays(day, -1), timezone).getTime();
  const instant = (when: string) => new Date(when).getTime();
  return {
    ...(from === undefined ? {} : { from: isDay(from) ? beginOf(from) : instant(from) }),
    ...(to === undefined ? {} : { to: isDay(to) ? endOfDay(to, timezone).getTime() : instant(to) }),
  };
}

/** The inverse of what the cursor seals. */
function parsePlace(text: string): Place {
  const [at = "", type = "", ...key] = text.split(" ");
  return { at: Number(at), type: type as FactType, key: key.join(" ") };
}
