import { eq } from "drizzle-orm";
import type { ServiceContext } from "../context.ts";
import { batch } from "../db/client.ts";
import type { Statement } from "../db/client.ts";
import { eventDeliveries } from "../db/schema/events.ts";
import type { DomainEvent, EventOf, EventType } from "./catalogue.ts";
import type { Envelope, OutboxMessage } from "./outbox.ts";
import { commit, settled } from "./outbox.ts";

/** What a subscriber leaves in D1; written together with the note that it had the event. */
export interface Reaction {
  statements?: Statement[];
  messages?: OutboxMessage[];
}

export interface Subscriber<T extends EventType = EventType> {
  name: string;
  on: readonly T[];
  /** May do idempotent things outside D1, such as telling an object; whatever it does in D1 it returns. */
  react(ctx: ServiceContext, event: EventOf<T>, eventId: string): Promise<Reaction>;
}

/** Keeps the event's type inside `react` while the list of subscribers holds all kinds. */
export const subscriber = <T extends EventType>(definition: Subscriber<T>): Subscriber =>
  definition as unknown as Subscriber;

/** Brings an event to each subscriber that has not had it. The outbox row leaves when all have. */
export async function dispatch(
  ctx: ServiceContext,
  subscribers: readonly Subscriber[],
  { id, body }: Envelope<DomainEvent>,
): Promise<void> {
  const had = await ctx.db
    .select({ subscriber: eventDeliveries.subscriber })
    .from(eventDeliveries)
    .where(eq(eventDeliveries.eventId, id));
  const done = new Set(had.map((row) => row.subscriber));
  const failures: unknown[] = [];
  for (const { name, on, react } of subscribers) {
    if (!on.includes(body.type) || done.has(name)) continue;
    try {
      const { statements = [], messages = [] } = await react(ctx, body, id);
      const note = ctx.db.insert(eventDeliveries).values({ eventId: id, subscriber: name, createdAt: ctx.clock.now() });
      await commit(ctx, [note, ...statements], messages);
    } catch (error) {
      ctx.logger.error("subscriber failed", error, { subscriber: name, event: body.type, eventId: id });
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} subscribers failed`);
  await batch(ctx.db, [settled(ctx.db, id)]);
}
