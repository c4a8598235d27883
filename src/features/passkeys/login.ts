import type { PublicKeyCredentialRequestOptionsJSON } from "@simplewebauthn/server";
import { eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { ensure } from "../../db/guard.ts";
import { passkeys } from "../../db/schema/passkeys.ts";
import { users } from "../../db/schema/users.ts";
import { newId } from "../../platform/ids.ts";
import { hashToken } from "../../platform/secrets.ts";
import type { Entered } from "../auth/sign-in.ts";
import { signIn } from "../auth/sign-in.ts";
import {
  CEREMONY_MS,
  challengeGone,
  challengeIn,
  keepChallenge,
  notGenuine,
  relyingParty,
  takeChallenge,
} from "./ceremonies.ts";
import type { PasskeyLogin } from "./schema.ts";
import { asAuthentication } from "./schema.ts";
import { webauthn } from "./webauthn.ts";

/** For anybody: the browser offers what passkeys it has for this site. */
export async function loginOptions(ctx: ServiceContext): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const { rpID } = relyingParty(ctx);
  const { generateAuthenticationOptions } = await webauthn();
  const options = await generateAuthenticationOptions({ rpID, timeout: CEREMONY_MS, userVerification: "required" });
  await keepChallenge(ctx, options.challenge, "login", null);
  return options;
}

/** Two round trips. A passkey is something one has and something one is or knows: no other factor is asked for. */
export async function loginWithPasskey(ctx: ServiceContext, input: PasskeyLogin): Promise<Entered> {
  const tokenId = newId();
  const challenge = challengeIn(input.response.clientDataJSON);
  const [taken, [passkey], [user]] = await ctx.db.batch([
    takeChallenge(ctx, await hashToken(challenge), "login", null),
    ctx.db.select().from(passkeys).where(eq(passkeys.credentialId, input.id)),
    ctx.db
      .select()
      .from(users)
      .where(sql`${users.id} = (SELECT user_id FROM passkeys WHERE credential_id = ${input.id})`),
  ]);
  if (taken.length === 0) throw challengeGone();
  if (!passkey || !user) throw notGenuine();
  const { newCounter, credentialBackedUp } = await verified(ctx, input, passkey, challenge);
  const unused = sql`EXISTS (SELECT 1 FROM passkeys WHERE id = ${passkey.id} AND counter = ${passkey.counter})`;
  const used = { counter: newCounter, backedUp: credentialBackedUp, lastUsedAt: ctx.clock.now() };
  return await signIn(ctx, user, {
    method: "passkey",
    remember: input.remember,
    tokenId,
    alongside: [ensure(ctx.db, unused), ctx.db.update(passkeys).set(used).where(eq(passkeys.id, passkey.id))],
  });
}

type Stored = typeof passkeys.$inferSelect;

/** Signature, origin, site, presence, verification, and a counter that has gone up: one that has not may be a copy's. */
async function verified(ctx: ServiceContext, input: PasskeyLogin, passkey: Stored, expectedChallenge: string) {
  const { userHandle } = input.response;
  if (userHandle && textOf(userHandle) !== passkey.userId) throw notGenuine();
  const { rpID: expectedRPID, expectedOrigin } = relyingParty(ctx);
  const { verifyAuthenticationResponse } = await webauthn();
  const publicKey = Uint8Array.fromBase64(passkey.publicKey, { alphabet: "base64url" });
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: asAuthentication(input),
      expectedChallenge,
      expectedOrigin,
      expectedRPID,
      credential: { id: passkey.credentialId, publicKey, counter: passkey.counter },
      requireUserVerification: true,
    });
    if (verified) return authenticationInfo;
  } catch (cause) {
    throw notGenuine(cause);
  }
  throw notGenuine();
}

const textOf = (encoded: string): string | null => {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(encoded, { alphabet: "base64url" }));
  } catch {
    return null;
  }
};
