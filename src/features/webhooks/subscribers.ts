import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { webhookDeliveries } from "../../db/schema/webhooks.ts";
import type { DomainEvent } from "../../events/catalogue.ts";
import type { Reaction } from "../../events/dispatch.ts";
import { subscriber } from "../../events/dispatch.ts";
import { event } from "../../events/outbox.ts";
import { newId } from "../../platform/ids.ts";
import { WEBHOOK_EVENTS, payloadOf } from "./rules.ts";
import { sendSoon } from "./sending.ts";

type Ctx = Pick<ServiceContext, "db" | "clock">;

/** A message to each webhook that wants the event; one event makes one, however often it comes. */
async function enqueue(ctx: Ctx, body: DomainEvent, eventId: string): Promise<Reaction> {
  const wanting = await ctx.db.all<{ id: string }>(sql`
    SELECT id FROM webhooks WHERE disabled_at IS NULL AND EXISTS (SELECT 1 FROM json_each(events) WHERE value IN (${body.type}, '*'))`);
  const now = ctx.clock.now();
  const rows = wanting.map(({ id: webhookId }) => ({
    id: newId(),
    webhookId,
    cause: eventId,
    type: body.type,
    payload: payloadOf(body, now),
    createdAt: now,
    nextAttemptAt: now,
  }));
  return {
    statements: rows.map((row) => ctx.db.insert(webhookDeliveries).values(row).onConflictDoNothing()),
    messages: rows.map(({ id }) => event({ type: "webhook.due", deliveryId: id })),
  };
}

export const webhookSubscribers = [
  subscriber({
    name: "webhooks",
    on: WEBHOOK_EVENTS,
    react: (ctx, body, eventId) => enqueue(ctx, body, eventId),
  }),
  subscriber({
    name: "send-webhook",
    on: ["webhook.due"],
    react: async (ctx, { deliveryId }) => {
      ctx.later(sendSoon(ctx, deliveryId));
      return {};
    },
  }),
];
