import { and, isNull, lt } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { webhookDeliveries } from "../../db/schema/webhooks.ts";

const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** Forgets deliveries that are done and old; until then they can be replayed. */
export async function purgeWebhookDeliveries({ db, clock }: Pick<ServiceContext, "db" | "clock">): Promise<void> {
  const before = new Date(clock.now().getTime() - KEPT_MS);
  await db
    .delete(webhookDeliveries)
    .where(and(lt(webhookDeliveries.createdAt, before), isNull(webhookDeliveries.nextAttemptAt)));
}
