import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import type { DeliveryStatus } from "../../db/schema/notifications.ts";
import { hashToken } from "../../platform/secrets.ts";
import type { Reach } from "../push/sending.ts";
import { pushTo } from "../push/sending.ts";
import type { Due } from "./due.ts";
import { findDue, heldBack, writePlans } from "./due.ts";

const LEASE_MS = 60_000;
const AT_ONCE = 20;
const MAX_PAGES = 10;
const RETRY_SECONDS = [60, 300, 1800] as const;
const TTL_S = 24 * 60 * 60;

/** Pushes one notification, or whatever is due. A delivery is leased while it is sent, so that two runs send it once. */
export async function pushNotifications(ctx: ServiceContext, notificationId?: string): Promise<number> {
  let total = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const claimed = await claim(ctx, notificationId);
    if (claimed.length === 0) break;
    const due = await findDue(
      ctx,
      "push",
      sql`d.notification_id IN (SELECT value FROM json_each(${JSON.stringify(claimed)}))`,
    );
    await Promise.all(due.map((one) => deliver(ctx, one)));
    total += due.length;
  }
  return total;
}

/** What must not wait for the next minute, and must not keep anybody else waiting either. */
export async function pushSoon(ctx: ServiceContext, notificationId: string): Promise<void> {
  try {
    await pushNotifications(ctx, notificationId);
  } catch (error) {
    ctx.logger.error("push failed; the next minute tries again", error, { notificationId });
  }
}

async function claim(ctx: ServiceContext, notificationId: string | undefined): Promise<string[]> {
  const now = ctx.clock.now().getTime();
  const free = sql`channel = 'push' AND due_at <= ${now} AND (leased_until IS NULL OR leased_until NOT BETWEEN ${now + 1} AND ${now + LEASE_MS})`;
  const which =
    notificationId === undefined
      ? sql`notification_id IN (SELECT notification_id FROM notification_deliveries WHERE ${free} ORDER BY due_at LIMIT ${AT_ONCE})`
      : sql`notification_id = ${notificationId}`;
  const rows = await ctx.db.all<{ id: string }>(sql`
    UPDATE notification_deliveries SET leased_until = ${now + LEASE_MS}, attempts = attempts + 1
    WHERE ${free} AND ${which} RETURNING notification_id AS id`);
  return rows.map(({ id }) => id);
}

async function deliver(ctx: ServiceContext, due: Due): Promise<void> {
  const held = heldBack(ctx.clock.now(), "push", due);
  if (held !== null) return void (await batch(ctx.db, writePlans(ctx, [{ id: due.id, plan: held }])));
  const { id, kind, title, body, url, matter } = due;
  const reach = await pushTo(ctx, due.userId, due.reached, {
    text: JSON.stringify({ id, kind, title, body, url }),
    topic: (await hashToken(id)).slice(0, 32),
    ttlSeconds: ttlOf(ctx.clock.now(), matter.expiresAt),
    urgent: matter.urgent,
  });
  await note(ctx, due, reach);
}

const ttlOf = (now: Date, expiresAt: Date | null): number =>
  expiresAt === null ? TTL_S : Math.max(1, Math.floor((expiresAt.getTime() - now.getTime()) / 1000));

/** `sent` as soon as one browser has it; those that are to be tried again are, for themselves. */
async function note(ctx: ServiceContext, due: Due, { reached, waiting, refusal }: Reach): Promise<void> {
  const now = ctx.clock.now().getTime();
  const all = [...due.reached, ...reached];
  const delay = RETRY_SECONDS[due.attempts - 1];
  const again = waiting !== null && delay !== undefined ? now + Math.max(delay, waiting.seconds) * 1000 : null;
  const reason = all.length > 0 ? null : (waiting?.reason ?? refusal ?? "no_device");
  await batch(ctx.db, [
    ctx.db.run(sql`
      UPDATE notification_deliveries SET status = ${statusOf(all.length > 0, again !== null, reason)}, reason = ${reason},
        due_at = ${again}, leased_until = NULL, reached = ${JSON.stringify(all)}, at = ${now}
      WHERE notification_id = ${due.id} AND channel = 'push' AND due_at IS NOT NULL`),
  ]);
}

function statusOf(reached: boolean, again: boolean, reason: string | null): DeliveryStatus {
  if (reached) return "sent";
  if (again) return "created";
  return reason === "no_device" || reason === "not_configured" ? "suppressed" : "failed";
}
