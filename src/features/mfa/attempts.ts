import type { SQL } from "drizzle-orm";
import { and, eq, isNotNull, isNull, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Db, Statement } from "../../db/client.ts";
import { batch } from "../../db/client.ts";
import { ensure } from "../../db/guard.ts";
import { factorAttempts, recoveryCodes, totpFactors } from "../../db/schema/mfa.ts";
import { users } from "../../db/schema/users.ts";
import { tokenClock } from "../../platform/clock.ts";
import { AppError } from "../../platform/errors.ts";
import { sign } from "../../platform/secrets.ts";
import { unseal } from "../../platform/sealing.ts";
import { audited } from "../audit/service.ts";
import { DELAYS_MS, FORGOTTEN_AFTER_MS, isTotp, matchingStep, plainCode } from "./rules.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "client" | "config">;

/**
 * Counts a try before it is judged, unless one is not allowed yet: many guesses at once get no further than one by one.
 * One count for codes, recovery codes and the password of a step-up. Returns a row if the try was allowed.
 */
export function countTry(db: Db, who: SQL) {
  const at = tokenClock.now();
  const count = sql`CASE WHEN last_at <= ${at.getTime() - FORGOTTEN_AFTER_MS} THEN 1 ELSE count + 1 END`;
  const delay = sql`json_extract(${JSON.stringify(DELAYS_MS)}, '$[' || min(${count}, ${DELAYS_MS.length - 1}) || ']')`;
  return db
    .insert(factorAttempts)
    .select(
      db
        .select({
          userId: users.id,
          count: sql<number>`1`.as("count"),
          lastAt: sql<Date>`${at.getTime()}`.as("last_at"),
          nextAt: sql<Date>`${at.getTime()}`.as("next_at"),
        })
        .from(users)
        .where(sql`${users.id} = ${who}`),
    )
    .onConflictDoUpdate({
      target: factorAttempts.userId,
      set: { count, lastAt: at, nextAt: sql`${at.getTime()} + ${delay}` },
      setWhere: sql`next_at <= ${at.getTime()}`,
    })
    .returning({ userId: factorAttempts.userId });
}

export const triesOf = (db: Db, who: SQL) =>
  db
    .select({ nextAt: factorAttempts.nextAt })
    .from(factorAttempts)
    .where(sql`user_id = ${who}`);

export const forgetTries = (db: Db, userId: string): Statement =>
  db.delete(factorAttempts).where(eq(factorAttempts.userId, userId));

/** Throws `RATE_LIMITED` if the try was not counted, that is, came too early. */
export function allowed(counted: readonly unknown[], tries: readonly { nextAt: Date }[]): void {
  if (counted.length > 0) return;
  const rest = (tries[0]?.nextAt.getTime() ?? 0) - tokenClock.now().getTime();
  throw new AppError("RATE_LIMITED", "Too many wrong tries; wait before the next.", {
    retryAfter: Math.max(1, rest / 1000),
  });
}

/** A recovery code as it is stored: 80 random bits under a key of the Worker. */
export const recoveryHash = (ctx: Pick<Ctx, "config">, code: string): Promise<string> =>
  sign(`recovery-code:${plainCode(code)}`, ctx.config.TOKEN_SECRET);

/** What a code is judged by, to be read in one batch: the confirmed factor, and the recovery code if it is one. */
export const evidenceOf = (db: Db, who: SQL, hash: string) =>
  [
    db
      .select({ owner: totpFactors.userId, secret: totpFactors.secret, lastStep: totpFactors.lastStep })
      .from(totpFactors)
      .where(and(sql`user_id = ${who}`, isNotNull(totpFactors.confirmedAt))),
    db
      .select({ recovery: recoveryCodes.hash })
      .from(recoveryCodes)
      .where(and(sql`user_id = ${who}`, eq(recoveryCodes.hash, hash), isNull(recoveryCodes.usedAt))),
  ] as const;

interface Evidence {
  factor: { owner: string; secret: string; lastStep: number | null };
  recovery: string | undefined;
}

/** The statements that spend a right code, guards included; null for a wrong one. */
export async function spendCode(ctx: Ctx, code: string, { factor, recovery }: Evidence): Promise<Statement[] | null> {
  const { owner } = factor;
  if (recovery !== undefined) {
    const mine = sql`user_id = ${owner} AND hash = ${recovery} AND used_at IS NULL`;
    return [
      ensure(ctx.db, sql`EXISTS (SELECT 1 FROM recovery_codes WHERE ${mine})`),
      ctx.db.update(recoveryCodes).set({ usedAt: tokenClock.now() }).where(mine),
      audited(ctx, { id: owner }, { action: "mfa.recovery_code_used" }),
    ];
  }
  const plain = plainCode(code);
  const secret = isTotp(plain) ? await openSecret(ctx, owner, factor.secret) : null;
  const step = secret && (await matchingStep(secret, plain, tokenClock.now(), factor.lastStep));
  if (step === null) return null;
  const mine = sql`user_id = ${owner} AND secret = ${factor.secret} AND coalesce(last_step, -1) < ${step}`;
  return [
    ensure(ctx.db, sql`EXISTS (SELECT 1 FROM totp_factors WHERE ${mine})`),
    ctx.db.update(totpFactors).set({ lastStep: step }).where(mine),
  ];
}

/** The bytes of a stored secret; they open only for their owner. */
export async function openSecret(ctx: Pick<Ctx, "config">, owner: string, sealed: string): Promise<Uint8Array | null> {
  const seal = { secret: ctx.config.TOKEN_SECRET, purpose: "totp-secret", subject: owner } as const;
  const text = await unseal(sealed, seal);
  return text === null ? null : Uint8Array.fromBase64(text, { alphabet: "base64url" });
}

/** Keeps a wrong try in the audit log. */
export const noteRefusal = (ctx: Ctx, userId: string): Promise<unknown> =>
  batch(ctx.db, [audited(ctx, { id: userId }, { action: "mfa.refused", target: { type: "user", id: userId } })]);
