import { tokenClock } from "../clock.ts";
import { outboundFault } from "../outbound.ts";
import { retryAfterSeconds } from "../retry-after.ts";
import { encryptPush } from "./encryption.ts";
import type { PushKeys } from "./encryption.ts";
import type { VapidKeys } from "./vapid.ts";
import { vapidAuthorization } from "./vapid.ts";

export interface PushTarget extends PushKeys {
  endpoint: string;
}

export interface PushMessage {
  text: string;
  /** 1 to 32 characters of base64url: a newer message of a topic takes the place of one that was not delivered yet. */
  topic: string;
  ttlSeconds: number;
  urgent: boolean;
}

/** `gone`: the subscription is no more. `refused`: this message will never be taken. */
export type PushOutcome =
  | { kind: "sent" }
  | { kind: "gone" }
  | { kind: "refused"; reason: string }
  | { kind: "later"; reason: string; retryAfterSeconds: number };

export interface PushSender {
  keys: VapidKeys;
  subject: string;
  loopbackAllowed: boolean;
}

const TIMEOUT_MS = 10_000;

/** One message to one browser, by its push service (RFC 8030). It does not throw. */
export async function sendWebPush(sender: PushSender, target: PushTarget, message: PushMessage): Promise<PushOutcome> {
  const { endpoint } = target;
  if (outboundFault(endpoint, sender) !== null) return { kind: "gone" };
  try {
    const body = await encryptPush(new TextEncoder().encode(message.text), target);
    const response = await fetch(endpoint, {
      method: "POST",
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        Authorization: await vapidAuthorization(sender.keys, { ...sender, endpoint, now: tokenClock.now() }),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        TTL: String(message.ttlSeconds),
        Urgency: message.urgent ? "high" : "normal",
        Topic: message.topic,
      },
      body,
    });
    await response.body?.cancel();
    return outcomeOf(response);
  } catch (error) {
    return { kind: "later", reason: error instanceof Error ? error.name : "unknown", retryAfterSeconds: 0 };
  }
}

function outcomeOf({ status, ok, headers }: Response): PushOutcome {
  if (ok) return { kind: "sent" };
  if (status === 404 || status === 410) return { kind: "gone" };
  const reason = `HTTP ${status}`;
  const retryable = status === 429 || status >= 500;
  const asked = retryAfterSeconds(headers.get("Retry-After"), tokenClock.now());
  return retryable ? { kind: "later", reason, retryAfterSeconds: asked } : { kind: "refused", reason };
}
