const NOTIFICATIONS_AN_HOUR = 10;
const SECURITY_MAILS_OF_A_TEMPLATE_AN_HOUR = 5;
const RETRY_SECONDS = [5, 30, 300, 1800, 7200] as const;
/** A queue delays a message by no more. */
const MAX_DELAY_S = 12 * 60 * 60;

type AddressFault = "bounced" | "complained";

export interface RecipientFacts {
  kind: "security" | "notification";
  /** The account is gone. */
  deleted: boolean;
  /** They want no mail but that about their account's security. */
  optedOut: boolean;
  /** What the address itself did to mails before. */
  address: AddressFault | null;
  /** In the last hour: notifications, or security mails of the same template. */
  sentLately: number;
}

/** Why a mail must not be sent; null when it may. */
export function suppressionOf(facts: RecipientFacts): string | null {
  const limit = facts.kind === "notification" ? NOTIFICATIONS_AN_HOUR : SECURITY_MAILS_OF_A_TEMPLATE_AN_HOUR;
  if (facts.deleted) return "account_deleted";
  if (facts.address === "bounced") return "bounced";
  if (facts.kind === "notification" && facts.address === "complained") return "complained";
  if (facts.kind === "notification" && facts.optedOut) return "unsubscribed";
  return facts.sentLately >= limit ? "too_many" : null;
}

/** Seconds until the next try: growing, spread by a fifth either way so that an outage is not followed by a flood, never before the provider asks. */
export function retryDelay(attempt: number, random: number, askedSeconds = 0): number {
  const base = RETRY_SECONDS[Math.min(attempt, RETRY_SECONDS.length) - 1] ?? RETRY_SECONDS[0];
  return Math.min(MAX_DELAY_S, Math.max(1, Math.ceil(askedSeconds), Math.round(base * (0.8 + 0.4 * random))));
}

/** What an event of the provider says against the address; null when nothing. A full mailbox is no reason, it empties again. */
export function faultOfEvent(type: string, bounce = "permanent"): AddressFault | null {
  if (type === "email.complained") return "complained";
  const lasting = /^(?:permanent|hard)/iu.test(bounce);
  return type === "email.bounced" && lasting ? "bounced" : null;
}
