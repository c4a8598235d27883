import { env } from "cloudflare:workers";
import { stepAt, totp } from "../../src/features/mfa/rules.ts";
import { post } from "./client.ts";
import type { Learner } from "./factories.ts";

/** The bytes of a Base32 secret, as an authenticator app reads them. */
function bytesOf(secret: string): Uint8Array {
  const bits = Array.from(secret, (c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0"));
  return Uint8Array.from(bits.join("").match(/.{8}/gu) ?? [], (byte) => Number.parseInt(byte, 2));
}

/** What the app shows now, or so many steps from now. */
export const codeNow = (secret: string, steps = 0): Promise<string> =>
  totp(bytesOf(secret), stepAt(new Date()) + steps);

/** As if the codes that this person used were of long ago. */
export const forgetLastStep = (userId: string) =>
  env.DB.prepare("UPDATE totp_factors SET last_step = NULL WHERE user_id = ?").bind(userId).run();

/** Somebody's second factor, turned on. */
export async function withTotp(person: Learner): Promise<{ secret: string; recoveryCodes: string[] }> {
  const { data } = await post("/api/v1/auth/mfa/totp", {}, person.token);
  const confirmed = await post("/api/v1/auth/mfa/totp/confirm", { code: await codeNow(data.secret) }, person.token);
  if (confirmed.status !== 200) throw new Error(JSON.stringify(confirmed.body));
  return { secret: data.secret, recoveryCodes: confirmed.data.recoveryCodes };
}
