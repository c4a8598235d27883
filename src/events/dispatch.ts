import { eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../context.ts";
import type { Statement } from "../db/client.ts";
import { batch } from "../db/client.ts";
import { eventDeliveries } from "../db/schema/events.ts";
import type { DomainEvent, EventOf, EventType } from "./catalogue.ts";
import { aggregateOf } from "./catalogue.ts";
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
  /** Gets the events of one aggregate in the order they were made. Without it they may come in any order, which is quicker. */
  inOrder?: true;
  /** May do idempotent things outside D1, such as telling an object; whatever it does in D1 it returns. */
  react(ctx: ServiceContext, event: EventOf<T>, eventId: string): Promise<Reaction>;
}

/** Keeps the event's type inside `react` while the list of subscribers holds all kinds. */
export const subscriber = <T extends EventType>(definition: Subscriber<T>): Subscriber =>
  definition as unknown as Subscriber;

/** A subscriber still waits for an older event of the same aggregate. */
export class OutOfTurn extends Error {
  override readonly name = "OutOfTurn";
  readonly eventId: string;

  constructor(eventId: string) {
    super("an older event of the same aggregate is not done yet");
    this.eventId = eventId;
  }
}

/**
 * Brings an event to each subscriber that has not had it. The outbox row leaves when all have.
 * Throws `OutOfTurn` when all that is missing is somebody's turn.
 */
export async function dispatch(
  ctx: ServiceContext,
  subscribers: readonly Subscriber[],
  envelope: Envelope<DomainEvent>,
): Promise<void> {
  const { id, body } = envelope;
  const had = await ctx.db
    .select({ subscriber: eventDeliveries.subscriber })
    .from(eventDeliveries)
    .where(eq(eventDeliveries.eventId, id));
  const done = new Set(had.map((row) => row.subscriber));
  const failures: unknown[] = [];
  for (const one of subscribers) {
    if (!one.on.includes(body.type) || done.has(one.name)) continue;
    try {
      await deliver(ctx, one, envelope);
    } catch (error) {
      if (!(error instanceof OutOfTurn))
        ctx.logger.error("subscriber failed", error, { subscriber: one.name, event: body.type, eventId: id });
      failures.push(error);
    }
  }
  const turn = failures.find((error) => error instanceof OutOfTurn);
  const real = failures.filter((error) => error !== turn && !(error instanceof OutOfTurn));
  if (real.length > 0) throw new AggregateError(real, `${real.length} subscribers failed`);
  if (turn) throw turn;
  await batch(ctx.db, [settled(ctx.db, id)]);
}

async function deliver(ctx: ServiceContext, one: Subscriber, { id, body }: Envelope<DomainEvent>): Promise<void> {
  if (one.inOrder && (await olderWaits(ctx, one, id, body))) throw new OutOfTurn(id);
  const { statements = [], messages = [] } = await one.react(ctx, body, id);
  const note = ctx.db.insert(eventDeliveries).values({ eventId: id, subscriber: one.name, createdAt: ctx.clock.now() });
  await commit(ctx, [note, ...statements], messages);
}

/** A dead letter keeps nobody waiting. */
async function olderWaits(
  ctx: Pick<ServiceContext, "db">,
  { name, on }: Subscriber,
  id: string,
  body: DomainEvent,
): Promise<boolean> {
  const older = await ctx.db.all(sql`SELECT 1 FROM outbox o
    WHERE o.aggregate = ${aggregateOf(body)} AND o.id < ${id} AND o.queue = 'events' AND o.dead_at IS NULL
      AND o.message ->> 'type' IN (SELECT value FROM json_each(${JSON.stringify(on)}))
      AND NOT EXISTS (SELECT 1 FROM event_deliveries d WHERE d.event_id = o.id AND d.subscriber = ${name})
    LIMIT 1`);
  return older.length > 0;
}
