import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { ServiceContext } from "../../src/context.ts";
import { createContext } from "../../src/context.ts";
import type { DomainEvent } from "../../src/events/catalogue.ts";
import { dispatch } from "../../src/events/dispatch.ts";
import { commit, event } from "../../src/events/outbox.ts";
import { notificationSubscribers } from "../../src/features/notifications/subscribers.ts";
import { newId } from "../../src/platform/ids.ts";
import { eventually, get, ORIGIN } from "./client.ts";
import type { Learner } from "./factories.ts";

const API = "/api/v1/notifications";

/** A context at a moment of the test's choosing; `settled` waits for what it left for later. */
export function contextAt(now?: Date | string, configuration: Record<string, string> = {}) {
  const execution = createExecutionContext();
  const made = createContext(
    { ...env, ...configuration },
    {
      url: ORIGIN,
      waitUntil: (work) => execution.waitUntil(work),
    },
  );
  const ctx: ServiceContext = now === undefined ? made : { ...made, clock: { now: () => new Date(now) } };
  return { ctx, settled: () => waitOnExecutionContext(execution) };
}

/** Tells an event as its cause does; queues bring it to whom it concerns. */
export async function tell(body: DomainEvent): Promise<void> {
  const { ctx, settled } = contextAt();
  await commit(ctx, [], [event(body)]);
  await settled();
}

/** Brings an event to the notifications' own subscribers at once, as of that moment, as often as asked. */
export async function tellAt(now: Date | string, body: DomainEvent, times = 1): Promise<void> {
  const { ctx, settled } = contextAt(now);
  const envelope = { id: newId(), version: 1 as const, body };
  const own = notificationSubscribers.filter(({ name }) => name === "notifications");
  for (let i = 0; i < times; i += 1) await dispatch({ ...ctx, relayLater: () => {} }, own, envelope);
  await settled();
}

export const badge = (who: Learner, code = "streak-bronze"): DomainEvent => ({
  type: "badge.earned",
  userId: who.id,
  code,
});

export const listOf = async (who: Learner, query = "") => (await get(`${API}${query}`, who.token)).data;

/** Waits until somebody has so many notifications, and gives them, newest first. */
export const notified = (who: Learner, count = 1) =>
  eventually(
    () => listOf(who),
    (list) => list.length >= count,
  );

/** What became of somebody's newest notification, by channel. */
export async function deliveriesOf(who: Learner): Promise<Record<string, { status: string; reason?: string }>> {
  const row = await env.DB.prepare("SELECT id FROM notifications WHERE user_id = ? ORDER BY id DESC LIMIT 1")
    .bind(who.id)
    .first<{ id: string }>();
  const { data } = await get(`${API}/${row?.id}/deliveries`, who.token);
  return Object.fromEntries(
    (data as { channel: string; status: string; reason?: string }[]).map(({ channel, status, reason }) => [
      channel,
      { status, ...(reason !== undefined && { reason }) },
    ]),
  );
}
