import { and, eq, isNotNull, isNull, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { recoveryCodes, totpFactors } from "../../db/schema/mfa.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { tokenClock } from "../../platform/clock.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { seal } from "../../platform/sealing.ts";
import { base64url } from "../../platform/secrets.ts";
import { audited } from "../audit/service.ts";
import { requireRecent } from "../auth/recency.ts";
import { toldOfWaysIn } from "../auth/ways-in.ts";
import { forgetTries, openSecret, recoveryHash } from "./attempts.ts";
import { proveCode, wrongFactor } from "./proofs.ts";
import { RECOVERY_CODES, base32, isTotp, matchingStep, otpauthUrl, plainCode, recoveryCode } from "./rules.ts";
import type { MfaState, RecoveryCodes, TotpEnrolment } from "./schema.ts";

export async function getMfa(ctx: ServiceContext, actor: UserActor): Promise<MfaState> {
  const [row] = await ctx.db
    .select({
      totp: sql<number>`EXISTS (SELECT 1 FROM totp_factors WHERE user_id = ${actor.id} AND confirmed_at IS NOT NULL)`.as(
        "totp",
      ),
      left: sql<number>`count(*)`.as("left"),
    })
    .from(recoveryCodes)
    .where(and(eq(recoveryCodes.userId, actor.id), isNull(recoveryCodes.usedAt)));
  return { totp: row?.totp === 1, recoveryCodesLeft: row?.left ?? 0 };
}

/** Begins an enrolment, or begins it anew. It changes no login until its first code is confirmed. */
export async function enrolTotp(ctx: ServiceContext, actor: UserActor): Promise<TotpEnrolment> {
  await requireRecent(ctx, actor);
  const secret = crypto.getRandomValues(new Uint8Array(20));
  const bound = { secret: ctx.config.TOKEN_SECRET, purpose: "totp-secret", subject: actor.id } as const;
  const pending = { secret: await seal(base64url(secret), bound), createdAt: tokenClock.now(), lastStep: null };
  const store = ctx.db
    .insert(totpFactors)
    .values({ userId: actor.id, ...pending })
    .onConflictDoUpdate({ target: totpFactors.userId, set: pending, setWhere: isNull(totpFactors.confirmedAt) })
    .returning({ userId: totpFactors.userId });
  const [stored] = await commit(ctx, [store]);
  if ((stored as unknown[]).length === 0) throw alreadyEnabled();
  return { secret: base32(secret), otpauthUrl: otpauthUrl(secret, actor.username) };
}

const alreadyEnabled = (): AppError =>
  new AppError("MFA_ALREADY_ENABLED", "There is an authenticator app already; remove it first.");

/**
 * The first code turns the second factor on, and gives ten recovery codes that are shown this once. It proves the app and lets
 * nobody in, so it is not spent: whoever signs in again within its 30 seconds may use it.
 */
export async function confirmTotp(ctx: ServiceContext, actor: UserActor, code: string): Promise<RecoveryCodes> {
  await requireRecent(ctx, actor);
  const [factor] = await ctx.db.select().from(totpFactors).where(eq(totpFactors.userId, actor.id));
  if (!factor) throw notFound("enrolment");
  if (factor.confirmedAt) throw alreadyEnabled();
  const secret = await openSecret(ctx, actor.id, factor.secret);
  const plain = plainCode(code);
  const step = secret && isTotp(plain) ? await matchingStep(secret, plain, tokenClock.now(), null) : null;
  if (step === null) throw wrongFactor();

  const { codes, statements } = await newRecoveryCodes(ctx, actor.id);
  const told = await toldOfWaysIn(ctx, actor, "mfa_enabled");
  const pending = sql`user_id = ${actor.id} AND confirmed_at IS NULL AND secret = ${factor.secret}`;
  try {
    await commit(
      ctx,
      [
        ensure(ctx.db, sql`EXISTS (SELECT 1 FROM totp_factors WHERE ${pending})`),
        ctx.db.update(totpFactors).set({ confirmedAt: tokenClock.now() }).where(pending),
        ...statements,
        audited(ctx, actor, { action: "mfa.enabled", target: { type: "user", id: actor.id } }),
        ...told.statements,
      ],
      told.messages,
    );
  } catch (error) {
    throw wasRefused(error) ? alreadyEnabled() : error;
  }
  return { recoveryCodes: codes };
}

/** Ten codes, and the statements that put them in the place of the older ones. */
async function newRecoveryCodes(
  ctx: ServiceContext,
  userId: string,
): Promise<{ codes: string[]; statements: Statement[] }> {
  const codes = Array.from({ length: RECOVERY_CODES }, () => recoveryCode(crypto.getRandomValues(new Uint8Array(10))));
  const rows = await Promise.all(codes.map(async (code) => ({ userId, hash: await recoveryHash(ctx, code) })));
  const older = eq(recoveryCodes.userId, userId);
  return { codes, statements: [ctx.db.delete(recoveryCodes).where(older), ctx.db.insert(recoveryCodes).values(rows)] };
}

/** Ten new recovery codes for a code of the app, or for the last of the older ones, which end. */
export async function renewRecoveryCodes(ctx: ServiceContext, actor: UserActor, code: string): Promise<RecoveryCodes> {
  const spend = await proveCode(ctx, actor, code);
  const { codes, statements } = await newRecoveryCodes(ctx, actor.id);
  const told = await toldOfWaysIn(ctx, actor, "recovery_codes_renewed");
  try {
    await commit(
      ctx,
      [
        ...spend,
        ...statements,
        forgetTries(ctx.db, actor.id),
        audited(ctx, actor, { action: "mfa.recovery_codes_renewed", target: { type: "user", id: actor.id } }),
        ...told.statements,
      ],
      told.messages,
    );
  } catch (error) {
    throw wasRefused(error) ? wrongFactor() : error;
  }
  return { recoveryCodes: codes };
}

/** Turns the second factor off; only with a code of it, or with a recovery code. */
export async function removeTotp(ctx: ServiceContext, actor: UserActor, code: string): Promise<void> {
  const spend = await proveCode(ctx, actor, code);
  const mine = and(eq(totpFactors.userId, actor.id), isNotNull(totpFactors.confirmedAt));
  const told = await toldOfWaysIn(ctx, actor, "mfa_disabled");
  try {
    await commit(
      ctx,
      [
        ...spend,
        ctx.db.delete(totpFactors).where(mine),
        ctx.db.delete(recoveryCodes).where(eq(recoveryCodes.userId, actor.id)),
        forgetTries(ctx.db, actor.id),
        audited(ctx, actor, { action: "mfa.disabled", target: { type: "user", id: actor.id } }),
        ...told.statements,
      ],
      told.messages,
    );
  } catch (error) {
    throw wasRefused(error) ? wrongFactor() : error;
  }
}
