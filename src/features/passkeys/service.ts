import type { PublicKeyCredentialCreationOptionsJSON } from "@simplewebauthn/server";
import { and, asc, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { passkeys } from "../../db/schema/passkeys.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, brokeUnique, notFound } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { base64url, hashToken } from "../../platform/secrets.ts";
import { audited } from "../audit/service.ts";
import { requireRecent } from "../auth/recency.ts";
import { hasAnotherWayIn, lastWayIn, toldOfWaysIn } from "../auth/ways-in.ts";
import {
  CEREMONY_MS,
  challengeGone,
  challengeIn,
  keepChallenge,
  notGenuine,
  relyingParty,
  takeChallenge,
} from "./ceremonies.ts";
import type { NewPasskey, Passkey } from "./schema.ts";
import { asRegistration } from "./schema.ts";
import { webauthn } from "./webauthn.ts";

const MOST_PASSKEYS = 20;

const toPasskey = (row: typeof passkeys.$inferSelect): Passkey => ({
  id: row.id,
  name: row.name,
  backedUp: row.backedUp,
  createdAt: row.createdAt.toISOString(),
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
});

/** Twenty at most, so that the list needs no pages. */
export async function listPasskeys(ctx: ServiceContext, actor: UserActor): Promise<Passkey[]> {
  const rows = await ctx.db
    .select()
    .from(passkeys)
    .where(eq(passkeys.userId, actor.id))
    .orderBy(asc(passkeys.createdAt))
    .limit(MOST_PASSKEYS);
  return rows.map(toPasskey);
}

/** What the browser needs to make a passkey that can be found without a username. */
export async function registrationOptions(
  ctx: ServiceContext,
  actor: UserActor,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  await requireRecent(ctx, actor);
  const known = await ctx.db
    .select({ id: passkeys.credentialId, transports: passkeys.transports })
    .from(passkeys)
    .where(eq(passkeys.userId, actor.id))
    .limit(MOST_PASSKEYS);
  const { rpID, rpName } = relyingParty(ctx);
  const { generateRegistrationOptions } = await webauthn();
  const options = await generateRegistrationOptions({
    rpID,
    rpName,
    userName: actor.username,
    userDisplayName: actor.username,
    userID: Uint8Array.from(new TextEncoder().encode(actor.id)),
    timeout: CEREMONY_MS,
    attestationType: "none",
    excludeCredentials: known,
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  });
  await keepChallenge(ctx, options.challenge, "register", actor.id);
  return options;
}

export async function addPasskey(ctx: ServiceContext, actor: UserActor, input: NewPasskey): Promise<Passkey> {
  await requireRecent(ctx, actor);
  const challenge = challengeIn(input.response.clientDataJSON);
  const [taken] = await batch(ctx.db, [takeChallenge(ctx, await hashToken(challenge), "register", actor.id)]);
  if ((taken as unknown[]).length === 0) throw challengeGone();
  const { credential, credentialBackedUp } = await verified(ctx, input, challenge);
  const row = {
    id: newId(),
    userId: actor.id,
    name: input.name ?? "Passkey",
    credentialId: credential.id,
    publicKey: base64url(credential.publicKey),
    counter: credential.counter,
    transports: credential.transports ?? [],
    backedUp: credentialBackedUp,
    createdAt: ctx.clock.now(),
    lastUsedAt: null,
  };
  const told = await toldOfWaysIn(ctx, actor, "passkey_added", { passkey: row.name });
  try {
    await commit(
      ctx,
      [
        ensure(ctx.db, sql`(SELECT count(*) FROM passkeys WHERE user_id = ${actor.id}) < ${MOST_PASSKEYS}`),
        ctx.db.insert(passkeys).values(row),
        audited(ctx, actor, { action: "passkey.added", target: { type: "passkey", id: row.id } }),
        ...told.statements,
      ],
      told.messages,
    );
  } catch (error) {
    if (wasRefused(error)) throw new AppError("LIMIT_REACHED", `An account has ${MOST_PASSKEYS} passkeys at most.`);
    throw brokeUnique(error, "passkeys.credential_id")
      ? new AppError("CONFLICT", "This passkey is registered already.")
      : error;
  }
  return toPasskey(row);
}

async function verified(ctx: ServiceContext, input: NewPasskey, expectedChallenge: string) {
  const { rpID: expectedRPID, expectedOrigin } = relyingParty(ctx);
  const { verifyRegistrationResponse } = await webauthn();
  const response = asRegistration(input);
  try {
    const { registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge,
      expectedOrigin,
      expectedRPID,
      requireUserVerification: true,
    });
    if (registrationInfo) return registrationInfo;
  } catch (cause) {
    throw invalidPasskey(cause);
  }
  throw invalidPasskey();
}

/** The session is good, so it is no 401: what the authenticator sent is not. */
const invalidPasskey = (cause?: unknown): AppError => {
  const { message } = notGenuine();
  return new AppError("INVALID_CREDENTIALS", message, { status: 403, cause });
};

export async function removePasskey(ctx: ServiceContext, actor: UserActor, id: string): Promise<void> {
  await requireRecent(ctx, actor);
  const mine = and(eq(passkeys.id, id), eq(passkeys.userId, actor.id));
  const remains = hasAnotherWayIn(ctx, actor.id, { passkeyId: id });
  const told = await toldOfWaysIn(ctx, actor, "passkey_removed");
  try {
    await commit(
      ctx,
      [
        ensure(ctx.db, sql`EXISTS (SELECT 1 FROM passkeys WHERE ${mine}) AND ${remains}`),
        ctx.db.delete(passkeys).where(mine),
        audited(ctx, actor, { action: "passkey.removed", target: { type: "passkey", id } }),
        ...told.statements,
      ],
      told.messages,
    );
  } catch (error) {
    if (!wasRefused(error)) throw error;
    const [kept] = await ctx.db.select({ id: passkeys.id }).from(passkeys).where(mine);
    throw kept ? lastWayIn() : notFound("passkey");
  }
}
