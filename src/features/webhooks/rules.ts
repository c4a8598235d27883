import type { DomainEvent } from "../../events/catalogue.ts";

/** The events that leave the house: about what happened to learning, by ids. */
export const WEBHOOK_EVENTS = [
  "user.registered",
  "user.email_verified",
  "user.deleted",
  "goal.completed",
  "circle.changed",
  "submission.in_review",
  "submission.withdrawn",
  "submission.decided",
  "feedback.ready",
  "review.submitted",
  "review.rated",
  "level.reached",
  "badge.earned",
] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

export const TEST_EVENT = "webhook.test";

/** Waits between attempts, in seconds: eight attempts in all, the last one almost a day after the first. */
const RETRY_SECONDS = [60, 300, 1800, 7200, 18_000, 28_800, 25_200] as const;
export const MAX_ATTEMPTS = RETRY_SECONDS.length + 1;
const MAX_WAIT_S = 24 * 60 * 60;

/** Nothing was taken for so long, in so many attempts: the webhook is switched off. No luck of the spread makes eight attempts shorter. */
export const FAILING_ATTEMPTS = MAX_ATTEMPTS;
export const FAILING_MS = 20 * 60 * 60 * 1000;

/** Seconds until the next attempt, spread by a tenth either way, never before the receiver asks; null after the last one. */
export function retrySeconds(attempt: number, random: number, askedSeconds: number): number | null {
  const base = RETRY_SECONDS[attempt - 1];
  if (base === undefined) return null;
  return Math.min(MAX_WAIT_S, Math.max(askedSeconds, Math.round(base * (0.9 + 0.2 * random))));
}

/** The body of a message. Of an event only ids, words of closed lists and numbers leave; addresses that it bears do not. */
export function payloadOf(event: DomainEvent, at: Date): string {
  const { type, ...fields } = event;
  const data = Object.fromEntries(Object.entries(fields).filter(([name]) => name !== "origin"));
  return JSON.stringify({ type, timestamp: at.toISOString(), data });
}
