const RECORD_SIZE = 4096;
const TAG_BYTES = 16;
const SALT_BYTES = 16;
const POINT_BYTES = 65;
/** Salt, record size and key id before the one record, a delimiter and a tag in it. */
const OVERHEAD = SALT_BYTES + 4 + 1 + POINT_BYTES + 1 + TAG_BYTES;
/** A push service need not take more than 4096 octets, head included. */
export const MAX_PUSH_BYTES = RECORD_SIZE - OVERHEAD;

const encoder = new TextEncoder();

/** What a browser gives away of its subscription: its P-256 point (65 bytes) and 16 bytes of shared secret, base64url. */
export interface PushKeys {
  p256dh: string;
  auth: string;
}

/** What is drawn anew for each message; given only to check against known answers. */
export interface Draw {
  salt: Uint8Array;
  sender: CryptoKeyPair;
}

/** A message for one browser as RFC 8291 says: `aes128gcm` (RFC 8188), one record. Throws for more than `MAX_PUSH_BYTES`. */
export async function encryptPush(plaintext: Uint8Array, { p256dh, auth }: PushKeys, draw?: Draw): Promise<Uint8Array> {
  if (plaintext.length > MAX_PUSH_BYTES) throw new RangeError(`${plaintext.length} bytes are too many for a push`);
  const { salt, sender } = draw ?? (await freshDraw());
  const point = bytesOf(p256dh);
  const receiver = await crypto.subtle.importKey("raw", point, { name: "ECDH", namedCurve: "P-256" }, true, []);
  const own = new Uint8Array((await crypto.subtle.exportKey("raw", sender.publicKey)) as ArrayBuffer);
  const secret = await crypto.subtle.deriveBits(ecdhWith(receiver), sender.privateKey, 256);
  const info = join(encoder.encode("WebPush: info\0"), point, own);
  const material = await hkdf(new Uint8Array(secret), { salt: bytesOf(auth), info, bytes: 32 });
  const key = await hkdf(material, { salt, info: encoder.encode("Content-Encoding: aes128gcm\0"), bytes: 16 });
  const iv = await hkdf(material, { salt, info: encoder.encode("Content-Encoding: nonce\0"), bytes: 12 });
  const cipher = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  const record = join(plaintext, Uint8Array.of(2));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, cipher, record);
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, RECORD_SIZE);
  return join(salt, size, Uint8Array.of(own.length), own, new Uint8Array(sealed));
}

/** Whether a browser could have given these keys: a point of the curve, and 16 bytes. */
export async function arePushKeys({ p256dh, auth }: PushKeys): Promise<boolean> {
  try {
    await crypto.subtle.importKey("raw", bytesOf(p256dh), { name: "ECDH", namedCurve: "P-256" }, true, []);
    return bytesOf(auth).length === 16;
  } catch {
    return false;
  }
}

async function freshDraw(): Promise<Draw> {
  const sender = (await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, [
    "deriveBits",
  ])) as CryptoKeyPair;
  return { salt: crypto.getRandomValues(new Uint8Array(SALT_BYTES)), sender };
}

/** The runtime's types write `$public`, since `public` is a word of the language; the runtime reads `public`. */
const ecdhWith = (key: CryptoKey) => ({ name: "ECDH", public: key }) as unknown as SubtleCryptoDeriveKeyAlgorithm;

async function hkdf(
  material: Uint8Array,
  { salt, info, bytes }: { salt: Uint8Array; info: Uint8Array; bytes: number },
): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey("raw", material, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, bytes * 8));
}

const bytesOf = (text: string): Uint8Array => Uint8Array.fromBase64(text, { alphabet: "base64url" });

function join(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
