import type { Channel, DeliveryStatus, Digest } from "../../db/schema/notifications.ts";
import type { Choice, QuietHours } from "./rules.ts";
import { MAIL_DELAY_MS, nextDigest, quietUntil } from "./rules.ts";

/** Whom a notification is for, and how they want to be told of its kind. */
export interface Wishes {
  timezone: string;
  choice: Choice;
  /** They used the unsubscribe link of a mail. */
  unsubscribed: boolean;
  suspended: boolean;
  quiet: QuietHours | null;
  digest: Digest;
}

/** `urgent`: worth nothing tomorrow, so no digest collects it. */
export interface Matter {
  urgent: boolean;
  expiresAt: Date | null;
}

export type Reason =
  | "preference"
  | "unsubscribed"
  | "suspended"
  | "quiet_hours"
  | "digest"
  | "seen"
  | "outdated"
  | "no_device"
  | "not_configured";

export interface Plan {
  channel: Channel;
  status: DeliveryStatus;
  reason: Reason | null;
  dueAt: Date | null;
  digest: boolean;
}

const suppressed = (channel: Channel, reason: Reason): Plan => ({
  channel,
  status: "suppressed",
  reason,
  dueAt: null,
  digest: false,
});

/** What each channel is to do with a new notification. */
export function planOf(now: Date, matter: Matter, wishes: Wishes): Plan[] {
  return [inApp(wishes), mail(now, matter, wishes), push(now, matter, wishes)];
}

const inApp = ({ choice }: Wishes): Plan =>
  choice.inApp
    ? { channel: "in_app", status: "sent", reason: null, dueAt: null, digest: false }
    : suppressed("in_app", "preference");

function mail(now: Date, matter: Matter, wishes: Wishes): Plan {
  const refusal = refusalOf("email", wishes);
  if (refusal !== null) return suppressed("email", refusal);
  const { digest, timezone } = wishes;
  if (digest === "off" || matter.urgent)
    return waiting("email", new Date(now.getTime() + MAIL_DELAY_MS), matter, wishes);
  const plan = waiting("email", nextDigest(now, timezone, digest), matter, wishes);
  return plan.status === "created" ? { ...plan, reason: "digest", digest: true } : plan;
}

function push(now: Date, matter: Matter, wishes: Wishes): Plan {
  const refusal = refusalOf("push", wishes);
  return refusal === null ? waiting("push", now, matter, wishes) : suppressed("push", refusal);
}

/** Why this channel must not tell this person; null when it may. Asked when it is planned, and again when it is due. */
export function refusalOf(channel: "email" | "push", { suspended, choice, unsubscribed }: Wishes): Reason | null {
  if (suspended) return "suspended";
  if (!choice[channel]) return "preference";
  return channel === "email" && unsubscribed ? "unsubscribed" : null;
}

/** At that time, or when the quiet hours are over; not at all when that is too late. */
export function waiting(channel: "email" | "push", at: Date, { expiresAt }: Matter, wishes: Wishes): Plan {
  const quietEnd = quietUntil(at, wishes.timezone, wishes.quiet);
  const dueAt = quietEnd ?? at;
  if (expiresAt !== null && dueAt >= expiresAt) return suppressed(channel, quietEnd ? "quiet_hours" : "outdated");
  return { channel, status: "created", reason: quietEnd ? "quiet_hours" : null, dueAt, digest: false };
}
