import { and, desc, eq, isNull, lt, ne, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { webhookDeliveries, webhooks } from "../../db/schema/webhooks.ts";
import { event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { requirePermission } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { audited } from "../audit/service.ts";
import { TEST_EVENT } from "./rules.ts";
import type { WebhookDelivery } from "./schema.ts";
import { whereItExists } from "./service.ts";

type Row = typeof webhookDeliveries.$inferSelect;

/** Newest first. */
export async function listWebhookDeliveries(
  ctx: ServiceContext,
  actor: UserActor,
  webhookId: string,
  query: PageQuery,
): Promise<Paged<WebhookDelivery>> {
  requirePermission(actor, "webhooks:manage");
  const list = { name: "webhook-deliveries", filters: { webhookId } };
  const { after, offset } = await startOf(ctx, list, query);
  const [found, rows] = (await batch(ctx.db, [
    ctx.db.select({ webhook: webhooks.id }).from(webhooks).where(eq(webhooks.id, webhookId)),
    ctx.db
      .select()
      .from(webhookDeliveries)
      .where(
        and(eq(webhookDeliveries.webhookId, webhookId), after === null ? undefined : lt(webhookDeliveries.id, after)),
      )
      .orderBy(desc(webhookDeliveries.id))
      .limit(query.limit + 1)
      .offset(offset),
  ])) as [unknown[], Row[]];
  if (found.length === 0) throw notFound("webhook");
  const paged = await toPage(ctx, list, query, rows, ({ id }) => id);
  return { ...paged, items: paged.items.map(toDelivery) };
}

/** A message without a cause, to see whether it arrives; also where the webhook is switched off. */
export async function testWebhook(ctx: ServiceContext, actor: UserActor, webhookId: string): Promise<WebhookDelivery> {
  requirePermission(actor, "webhooks:manage");
  const id = newId();
  const now = ctx.clock.now();
  const payload = JSON.stringify({ type: TEST_EVENT, timestamp: now.toISOString(), data: { webhookId } });
  const row = { id, webhookId, cause: `test:${id}`, type: TEST_EVENT, payload, createdAt: now, nextAttemptAt: now };
  const [, stored] = await whereItExists(
    ctx,
    webhookId,
    [
      ctx.db.insert(webhookDeliveries).values(row).returning(),
      audited(ctx, actor, { action: "webhook.tested", target: { type: "webhook", id: webhookId } }),
    ],
    [event({ type: "webhook.due", deliveryId: id })],
  );
  return toDelivery(only(stored));
}

/** Sends the same message once more, under the same id. One that is under way already stays as it is. */
export async function replayDelivery(
  ctx: ServiceContext,
  actor: UserActor,
  webhookId: string,
  deliveryId: string,
): Promise<WebhookDelivery> {
  requirePermission(actor, "webhooks:manage");
  const own = and(eq(webhookDeliveries.id, deliveryId), eq(webhookDeliveries.webhookId, webhookId));
  const now = ctx.clock.now();
  const again = { status: "pending" as const, attempts: 0, nextAttemptAt: now, leasedUntil: null, failure: null };
  const enabled = sql`EXISTS (SELECT 1 FROM ${webhooks} WHERE ${and(eq(webhooks.id, webhookId), isNull(webhooks.disabledAt))})`;
  const [, , found, state] = await whereItExists(
    ctx,
    webhookId,
    [
      ctx.db
        .update(webhookDeliveries)
        .set(again)
        .where(and(own, ne(webhookDeliveries.status, "pending"), enabled)),
      ctx.db.select().from(webhookDeliveries).where(own),
      ctx.db.select({ disabledAt: webhooks.disabledAt }).from(webhooks).where(eq(webhooks.id, webhookId)),
      audited(ctx, actor, {
        action: "webhook.replayed",
        target: { type: "webhook", id: webhookId },
        details: { deliveryId },
      }),
    ],
    [event({ type: "webhook.due", deliveryId })],
    sql`EXISTS (SELECT 1 FROM ${webhookDeliveries} WHERE ${own})`,
  );
  if ((state as { disabledAt: Date | null }[])[0]?.disabledAt)
    throw new AppError("WEBHOOK_DISABLED", "Switch the webhook on first.");
  return toDelivery(only(found));
}

function only(stored: unknown): Row {
  const [row] = stored as Row[];
  if (!row) throw notFound("delivery");
  return row;
}

const toDelivery = (row: Row): WebhookDelivery => ({
  id: row.id,
  type: row.type,
  status: row.status,
  attempts: row.attempts,
  nextAttemptAt: row.nextAttemptAt?.toISOString() ?? null,
  lastAttemptAt: row.lastAttemptAt?.toISOString() ?? null,
  lastStatus: row.lastStatus,
  failure: row.failure,
  payload: JSON.parse(row.payload) as unknown,
  createdAt: row.createdAt.toISOString(),
});
