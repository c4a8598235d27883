import type { SQL } from "drizzle-orm";
import { and, eq, isNotNull, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { wasRefused } from "../../db/guard.ts";
import { mfaChallenges, totpFactors } from "../../db/schema/mfa.ts";
import { commit } from "../../events/outbox.ts";
import { tokenClock } from "../../platform/clock.ts";
import { AppError } from "../../platform/errors.ts";
import { hashToken, randomToken } from "../../platform/secrets.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "riders" | "relayLater">;

export const MFA_TOKEN_SECONDS = 5 * 60;

/** Finds a row when the account wants a second factor; `who` is the id, or a subquery for it. */
export const secondFactorOf = (ctx: Pick<Ctx, "db">, who: string | SQL) =>
  ctx.db
    .select({ factorOf: totpFactors.userId })
    .from(totpFactors)
    .where(and(eq(totpFactors.userId, sql`${who}`), isNotNull(totpFactors.confirmedAt)));

/**
 * The end of a login's first half: keeps what it proved until a code comes, and gives the token that stands for it.
 * `alongside` are the guards of the first factor; when one refuses, somebody guesses right now: `RATE_LIMITED`.
 */
export async function askForCode(
  ctx: Ctx,
  attempt: { userId: string; method: string; remember: boolean; alongside?: readonly Statement[] },
): Promise<string> {
  const { userId, method, remember, alongside = [] } = attempt;
  const mfaToken = randomToken();
  const expiresAt = new Date(tokenClock.now().getTime() + MFA_TOKEN_SECONDS * 1000);
  const row = { hash: await hashToken(mfaToken), userId, method, remember, expiresAt };
  try {
    await commit(ctx, [...alongside, ctx.db.insert(mfaChallenges).values(row)]);
  } catch (error) {
    throw wasRefused(error)
      ? new AppError("RATE_LIMITED", "Too many wrong passwords; wait before the next try.", { retryAfter: 1 })
      : error;
  }
  return mfaToken;
}

/** Ends the logins that wait for a code: what their first factor proved is no longer so. */
export const forgetChallenges = (ctx: Pick<Ctx, "db">, userId: string): Statement =>
  ctx.db.delete(mfaChallenges).where(eq(mfaChallenges.userId, userId));

export const mfaRequired = (mfaToken: string): AppError =>
  new AppError("MFA_REQUIRED", "Send a code of your authenticator app, or a recovery code.", { details: { mfaToken } });
