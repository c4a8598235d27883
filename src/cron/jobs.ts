import { lt } from "drizzle-orm";
import type { ServiceContext } from "../context.ts";
import { idempotencyKeys, refreshTokens } from "../db/schema/auth.ts";
import { eventDeliveries } from "../db/schema/events.ts";
import { socketTickets } from "../db/schema/rooms.ts";
import { sweep } from "../events/relay.ts";

const DAY_MS = 86_400_000;
const DELIVERIES_KEPT_DAYS = 14;
/** Longer than any session may rest, so that the reuse of an old token is still noticed. */
const SPENT_TOKENS_KEPT_DAYS = 91;

/** What runs each minute. Every job is idempotent: it may run twice, or late. */
export const CRON_JOBS: Record<string, (ctx: ServiceContext) => Promise<unknown>> = {
  "relay-outbox": sweep,
  "purge-expired": purgeExpired,
};

async function purgeExpired(ctx: ServiceContext): Promise<void> {
  const now = ctx.clock.now().getTime();
  const before = (days: number) => new Date(now - days * DAY_MS);
  await ctx.db.batch([
    ctx.db.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, before(1))),
    ctx.db.delete(eventDeliveries).where(lt(eventDeliveries.createdAt, before(DELIVERIES_KEPT_DAYS))),
    ctx.db
      .delete(refreshTokens)
      .where(lt(refreshTokens.usedAt, new Date(Date.now() - SPENT_TOKENS_KEPT_DAYS * DAY_MS))),
    ctx.db.delete(socketTickets).where(lt(socketTickets.expiresAt, new Date(Date.now()))),
  ]);
}

/** Runs every job; one that fails is logged and keeps none of the others from running. */
export async function runCron(ctx: ServiceContext): Promise<void> {
  for (const [name, run] of Object.entries(CRON_JOBS)) {
    try {
      await run(ctx);
    } catch (error) {
      ctx.logger.error("cron job failed", error, { job: name });
    }
  }
}
