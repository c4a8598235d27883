const STEP_MS = 30_000;
const DIGITS = 6;
/** Steps a code may be early or late: clocks of phones differ, and people type slowly. */
const DRIFT_STEPS = 1;

export const stepAt = (now: Date): number => Math.floor(now.getTime() / STEP_MS);

/** RFC 6238 with HMAC-SHA-1, 30 seconds and 6 digits: what every authenticator app does. */
export async function totp(secret: Uint8Array, step: number): Promise<string> {
  const counter = new Uint8Array(8);
  new DataView(counter.buffer).setBigUint64(0, BigInt(step));
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-1" }, false, ["sign"]);
  return truncated(new DataView(await crypto.subtle.sign("HMAC", key, counter)));
}

/** RFC 4226, section 5.3. */
function truncated(hash: DataView): string {
  const offset = hash.getUint8(hash.byteLength - 1) & 0xf;
  return String((hash.getUint32(offset) & 0x7f_ff_ff_ff) % 10 ** DIGITS).padStart(DIGITS, "0");
}

/** The step that a code belongs to, or null. Steps up to `lastStep` are spent: a code is good once, and so are all before it. */
export async function matchingStep(
  secret: Uint8Array,
  code: string,
  now: Date,
  lastStep: number | null,
): Promise<number | null> {
  const current = stepAt(now);
  let found: number | null = null;
  for (let step = current - DRIFT_STEPS; step <= current + DRIFT_STEPS; step += 1)
    if (step > (lastStep ?? -1) && (await totp(secret, step)) === code) found ??= step;
  return found;
}

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/** RFC 4648 without padding, in upper case: how an authenticator app takes a secret by hand. */
export function base32(bytes: Uint8Array): string {
  let text = "";
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xf_ff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(buffer >> bits) & 31] ?? "";
    }
  }
  if (bits > 0) text += BASE32[(buffer << (5 - bits)) & 31] ?? "";
  return text.toUpperCase();
}

/** What a QR code carries: the Key URI format that authenticator apps read. */
export function otpauthUrl(secret: Uint8Array, account: string): string {
  const issuer = "Guildhall";
  const parameters = new URLSearchParams({
    secret: base32(secret),
    issuer,
    algorithm: "SHA1",
    digits: String(DIGITS),
    period: String(STEP_MS / 1000),
  });
  return `otpauth://totp/${encodeURIComponent(`${issuer}:${account}`)}?${parameters.toString()}`;
}

export const RECOVERY_CODES = 10;

/** 80 random bits as `abcd-efgh-ijkl-mnop`. */
export function recoveryCode(random: Uint8Array): string {
  return base32(random.subarray(0, 10)).toLowerCase().match(/.{4}/gu)?.join("-") ?? "";
}

/** People type codes with blanks, dashes and capitals. */
export const plainCode = (code: string): string => code.toLowerCase().replaceAll(/[\s-]/gu, "");

export const isTotp = (plain: string): boolean => /^\d{6}$/u.test(plain);

/** How long the next try waits after so many wrong ones in a row, in milliseconds; the last goes for all beyond it. Never a lock. */
export const DELAYS_MS = [0, 0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900].map((seconds) => seconds * 1000);

/** After a day without a try the count begins anew. */
export const FORGOTTEN_AFTER_MS = 86_400_000;
