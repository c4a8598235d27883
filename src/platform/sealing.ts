import { base64url } from "./secrets.ts";

const encoder = new TextEncoder();
const IV_BYTES = 12;
const keys = new Map<string, Promise<CryptoKey>>();

/** What a sealed text is bound to: it opens only for the purpose, and the subject, that it was sealed for. */
export interface Seal {
  secret: string;
  purpose: "oauth-flow" | "totp-secret" | "kept-answer" | "webhook-secret";
  subject?: string;
}

/** AES-256-GCM under a key derived (HKDF-SHA-256) from the secret for this one purpose; base64url of nonce and ciphertext. */
export async function seal(text: string, bound: Seal): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const sealed = await crypto.subtle.encrypt(algorithm(iv, bound), await keyOf(bound), encoder.encode(text));
  return base64url(new Uint8Array([...iv, ...new Uint8Array(sealed)]));
}

/** The text, or null when it was sealed for something else, under another secret, or changed since. */
export async function unseal(sealed: string, bound: Seal): Promise<string | null> {
  try {
    const bytes = Uint8Array.fromBase64(sealed, { alphabet: "base64url" });
    const iv = bytes.subarray(0, IV_BYTES);
    const text = await crypto.subtle.decrypt(algorithm(iv, bound), await keyOf(bound), bytes.subarray(IV_BYTES));
    return new TextDecoder().decode(text);
  } catch {
    return null;
  }
}

const algorithm = (iv: Uint8Array, { subject }: Seal) => ({
  name: "AES-GCM",
  iv,
  additionalData: encoder.encode(subject ?? ""),
});

function keyOf({ secret, purpose }: Seal): Promise<CryptoKey> {
  const name = `${purpose}\n${secret}`;
  const key = keys.get(name) ?? deriveKey(secret, purpose);
  keys.set(name, key);
  return key;
}

async function deriveKey(secret: string, purpose: string): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, ["deriveKey"]);
  return await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info: encoder.encode(`guildhall ${purpose}`) },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}
