const PREFIX = "whsec_";
const TOLERANCE_S = 5 * 60;
const encoder = new TextEncoder();

/** What a webhook bears besides its body, as Standard Webhooks (`webhook-…`) and Svix (`svix-…`) name it. */
export interface WebhookHeaders {
  id: string;
  /** Seconds since 1970. */
  timestamp: string;
  /** One or more `v1,<base64>`, apart by spaces. */
  signature: string;
}

/** 256 random bits in the form that Standard Webhooks give secrets. */
export const newWebhookSecret = (): string => PREFIX + crypto.getRandomValues(new Uint8Array(32)).toBase64();

/** HMAC-SHA-256 over `id.timestamp.body`, base64, as https://www.standardwebhooks.com says. */
export async function signWebhook(secret: string, { id, timestamp }: Omit<WebhookHeaders, "signature">, body: string) {
  const signature = await crypto.subtle.sign("HMAC", await keyOf(secret, "sign"), contentOf(id, timestamp, body));
  return `v1,${new Uint8Array(signature).toBase64()}`;
}

/** Whether the secret's owner sent this body within five minutes of now. */
export async function verifyWebhook(
  secret: string,
  { id, timestamp, signature }: WebhookHeaders,
  body: string,
  now: Date,
): Promise<boolean> {
  if (!(Math.abs(now.getTime() / 1000 - Number(timestamp)) <= TOLERANCE_S)) return false;
  const key = await keyOf(secret, "verify");
  const content = contentOf(id, timestamp, body);
  for (const candidate of signature.split(" ")) {
    const bytes = candidate.startsWith("v1,") ? decode(candidate.slice(3)) : null;
    if (bytes !== null && (await crypto.subtle.verify("HMAC", key, bytes, content))) return true;
  }
  return false;
}

const contentOf = (id: string, timestamp: string, body: string) => encoder.encode(`${id}.${timestamp}.${body}`);

/** `whsec_<base64>`; a secret in another form is taken as it is. */
function keyOf(secret: string, use: "sign" | "verify"): Promise<CryptoKey> {
  const bytes = (secret.startsWith(PREFIX) ? decode(secret.slice(PREFIX.length)) : null) ?? encoder.encode(secret);
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [use]);
}

function decode(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return null;
  }
}
