import { SignJWT, importJWK } from "jose";
import { z } from "zod";
import { base64url } from "../secrets.ts";

const LIFE_S = 12 * 60 * 60;
const coordinate = z.string().min(1);

/** The key pair by which push services know this sender: a private JWK of P-256. */
export const VapidKeys = z.looseObject({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: coordinate,
  y: coordinate,
  d: coordinate,
});
export type VapidKeys = z.infer<typeof VapidKeys>;

/** The public key as browsers want it: the uncompressed point, base64url. */
export function publicKeyOf({ x, y }: VapidKeys): string {
  const bytes = [x, y].flatMap((half) => [...Uint8Array.fromBase64(half, { alphabet: "base64url" })]);
  return base64url(Uint8Array.of(4, ...bytes));
}

/** The `Authorization` of RFC 8292, for one push service. `subject` is where its operator reaches us: `https:` or `mailto:`. */
export async function vapidAuthorization(
  keys: VapidKeys,
  { endpoint, subject, now }: { endpoint: string; subject: string; now: Date },
): Promise<string> {
  const token = await new SignJWT({ aud: new URL(endpoint).origin, sub: subject })
    .setProtectedHeader({ typ: "JWT", alg: "ES256" })
    .setExpirationTime(Math.floor(now.getTime() / 1000) + LIFE_S)
    .sign(await importJWK({ kty: "EC", crv: "P-256", x: keys.x, y: keys.y, d: keys.d }, "ES256"));
  return `vapid t=${token}, k=${publicKeyOf(keys)}`;
}
