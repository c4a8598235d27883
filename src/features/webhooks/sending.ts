import type { SQL } from "drizzle-orm";
import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { messageIf } from "../../events/conditional.ts";
import { commit, event } from "../../events/outbox.ts";
import { tokenClock } from "../../platform/clock.ts";
import { outboundFault } from "../../platform/outbound.ts";
import { retryAfterSeconds } from "../../platform/retry-after.ts";
import { FAILING_ATTEMPTS, FAILING_MS, TEST_EVENT, retrySeconds } from "./rules.ts";
import { signaturesOf } from "./secrets.ts";

const TIMEOUT_MS = 10_000;
const LEASE_MS = 60_000;
const AT_ONCE = 20;
const MAX_PAGES = 10;

interface Due {
  id: string;
  webhookId: string;
  type: string;
  payload: string;
  attempts: number;
  url: string;
  secret: string;
  formerSecrets: string;
  disabled: number;
}

interface Answer {
  taken: boolean;
  gone: boolean;
  status: number | null;
  failure: string | null;
  retryAfterSeconds: number;
}

/** Sends what is due, or one delivery. Each is leased while it is under way, so that two runs send it once. Returns how many were tried. */
export async function sendWebhooks(ctx: ServiceContext, deliveryId?: string): Promise<number> {
  let total = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const due = await claim(ctx, deliveryId);
    await Promise.all(due.map((one) => attempt(ctx, one)));
    total += due.length;
    if (due.length < AT_ONCE) break;
  }
  return total;
}

/** The first attempt, beside the queue: a slow receiver keeps no other event waiting. */
export async function sendSoon(ctx: ServiceContext, deliveryId: string): Promise<void> {
  try {
    await sendWebhooks(ctx, deliveryId);
  } catch (error) {
    ctx.logger.error("webhook not sent; the next minute tries again", error, { deliveryId });
  }
}

async function claim(ctx: ServiceContext, deliveryId: string | undefined): Promise<Due[]> {
  const now = ctx.clock.now().getTime();
  const free = sql`next_attempt_at <= ${now} AND (leased_until IS NULL OR leased_until NOT BETWEEN ${now + 1} AND ${now + LEASE_MS})`;
  const which: SQL =
    deliveryId === undefined
      ? sql`id IN (SELECT id FROM webhook_deliveries WHERE ${free} ORDER BY next_attempt_at LIMIT ${AT_ONCE})`
      : sql`id = ${deliveryId}`;
  return await ctx.db.all<Due>(sql`
    UPDATE webhook_deliveries SET leased_until = ${now + LEASE_MS}, attempts = attempts + 1
    WHERE ${free} AND ${which}
    RETURNING id, webhook_id AS webhookId, type, payload, attempts,
      (SELECT w.url FROM webhooks w WHERE w.id = webhook_id) AS url,
      (SELECT w.secret FROM webhooks w WHERE w.id = webhook_id) AS secret,
      (SELECT w.former_secrets FROM webhooks w WHERE w.id = webhook_id) AS formerSecrets,
      (SELECT w.disabled_at IS NOT NULL FROM webhooks w WHERE w.id = webhook_id) AS disabled`);
}

async function attempt(ctx: ServiceContext, due: Due): Promise<void> {
  if (due.disabled === 1 && due.type !== TEST_EVENT) return await giveUp(ctx, due);
  const answer = await send(ctx, due);
  if (!answer.taken)
    ctx.logger.warn("webhook not taken", { deliveryId: due.id, attempt: due.attempts, failure: answer.failure });
  await note(ctx, due, answer);
}

async function send(ctx: ServiceContext, due: Due): Promise<Answer> {
  const { id, url, payload } = due;
  const nothing = { taken: false, gone: false, status: null, retryAfterSeconds: 0 };
  const fault = outboundFault(url, { loopbackAllowed: ctx.config.ENVIRONMENT !== "production" });
  if (fault !== null) return { ...nothing, failure: fault };
  const timestamp = String(Math.floor(tokenClock.now().getTime() / 1000));
  const signatures = await signaturesOf(ctx, due, { id, timestamp }, payload);
  if (signatures === null) return { ...nothing, failure: "the secret cannot be read; rotate it" };
  try {
    const response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        "Content-Type": "application/json",
        "User-Agent": "Guildhall-Webhooks/1",
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signatures,
      },
      body: payload,
    });
    await response.body?.cancel();
    return answerOf(response);
  } catch (error) {
    return { ...nothing, failure: error instanceof Error ? error.name : "unknown" };
  }
}

const answerOf = ({ ok, status, headers }: Response): Answer => ({
  taken: ok,
  gone: status === 410,
  status,
  failure: ok ? null : `HTTP ${status}${status >= 300 && status < 400 ? ", and redirects are not followed" : ""}`,
  retryAfterSeconds: retryAfterSeconds(headers.get("Retry-After"), tokenClock.now()),
});

async function note(ctx: ServiceContext, due: Due, answer: Answer): Promise<void> {
  const now = ctx.clock.now().getTime();
  const wait = answer.taken || answer.gone ? null : retrySeconds(due.attempts, Math.random(), answer.retryAfterSeconds);
  const next = wait === null ? null : now + wait * 1000;
  const status = answer.taken ? "delivered" : next === null ? "failed" : "pending";
  const delivery = ctx.db.run(sql`
    UPDATE webhook_deliveries SET status = ${status}, next_attempt_at = ${next}, leased_until = NULL, last_attempt_at = ${now},
      last_status = ${answer.status}, failure = ${answer.failure} WHERE id = ${due.id}`);
  if (answer.taken) {
    const well = sql`UPDATE webhooks SET failures = 0, failing_since = NULL WHERE id = ${due.webhookId} AND failures > 0`;
    return void (await commit(ctx, [delivery, ctx.db.run(well)]));
  }
  await noteFailure(ctx, due, answer, delivery);
}

/** One that takes nothing for a day is switched off, and the admins are told. */
async function noteFailure(
  ctx: ServiceContext,
  { webhookId }: Due,
  { gone }: Answer,
  delivery: Statement,
): Promise<void> {
  const now = ctx.clock.now().getTime();
  const reason = gone ? "gone" : "failing";
  const hopeless = gone ? sql`1` : sql`failures >= ${FAILING_ATTEMPTS} AND failing_since <= ${now - FAILING_MS}`;
  const told = event({ type: "webhook.disabled", webhookId, reason });
  const off = sql`(SELECT disabled_at FROM webhooks WHERE id = ${webhookId}) = ${now}`;
  const { insert, written } = messageIf(ctx, told, off);
  const results = await commit(ctx, [
    delivery,
    ctx.db.run(sql`
      UPDATE webhooks SET failures = failures + 1, failing_since = COALESCE(failing_since, ${now}) WHERE id = ${webhookId}`),
    ctx.db.run(sql`
      UPDATE webhooks SET disabled_at = ${now}, disabled_reason = ${reason}
      WHERE id = ${webhookId} AND disabled_at IS NULL AND ${hopeless}`),
    insert,
    written,
  ]);
  if ((results.at(-1) as unknown[]).length > 0) ctx.relayLater([told]);
}

/** It was switched off while this waited; it can be replayed when it is on again. */
async function giveUp(ctx: ServiceContext, { id }: Due): Promise<void> {
  await commit(ctx, [
    ctx.db.run(sql`
      UPDATE webhook_deliveries SET status = 'failed', next_attempt_at = NULL, leased_until = NULL, attempts = attempts - 1,
        failure = 'the webhook is switched off' WHERE id = ${id}`),
  ]);
}
