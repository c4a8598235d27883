import { and, eq, gt, isNull, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { mfaChallenges } from "../../db/schema/mfa.ts";
import { users } from "../../db/schema/users.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { tokenClock } from "../../platform/clock.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { verifyPassword } from "../../platform/passwords.ts";
import { hashToken } from "../../platform/secrets.ts";
import { audited } from "../audit/service.ts";
import { factorShown } from "../auth/recency.ts";
import type { Entered } from "../auth/sign-in.ts";
import { signIn } from "../auth/sign-in.ts";
import {
  allowed,
  countTry,
  evidenceOf,
  forgetTries,
  noteRefusal,
  recoveryHash,
  spendCode,
  triesOf,
} from "./attempts.ts";
import type { StepUp } from "./schema.ts";

/** For somebody who is signed in: 403, so that no client takes it for an ended session. */
export const wrongFactor = (): AppError =>
  new AppError("INVALID_CREDENTIALS", "This is not right, or was used before.", { status: 403 });

/** The second half of a login: two round trips. The token of the first half is good until a code is right, five minutes at most. */
export async function verifyMfa(ctx: ServiceContext, mfaToken: string, code: string): Promise<Entered> {
  const tokenId = newId();
  const hash = await hashToken(mfaToken);
  const now = tokenClock.now();
  const open = and(eq(mfaChallenges.hash, hash), isNull(mfaChallenges.usedAt), gt(mfaChallenges.expiresAt, now));
  const who = sql`(SELECT user_id FROM mfa_challenges WHERE ${open})`;
  const [counted, tries, factors, recoveries, [attempt], [user]] = await ctx.db.batch([
    countTry(ctx.db, who),
    triesOf(ctx.db, who),
    ...evidenceOf(ctx.db, who, await recoveryHash(ctx, code)),
    ctx.db.select().from(mfaChallenges).where(open),
    ctx.db
      .select()
      .from(users)
      .where(sql`${users.id} = ${who}`),
  ]);
  const factor = factors[0];
  if (!attempt || !user || !factor) throw new AppError("INVALID_TOKEN", "Sign in again: this login took too long.");
  allowed(counted, tries);
  const spend = await spendCode(ctx, code, { factor, recovery: recoveries[0]?.recovery });
  if (!spend) {
    await noteRefusal(ctx, user.id);
    throw new AppError("INVALID_CREDENTIALS", "The code is wrong, or was used before.");
  }
  const { method, remember } = attempt;
  const alongside = [
    ensure(ctx.db, sql`EXISTS (SELECT 1 FROM mfa_challenges WHERE ${open})`),
    ctx.db.update(mfaChallenges).set({ usedAt: now }).where(open),
    ...spend,
    forgetTries(ctx.db, user.id),
  ];
  return await signIn(ctx, user, { method: `${method}+mfa`, remember, tokenId, alongside });
}

/** Judges a code of somebody who is signed in; the statements that spend it belong into the batch of what it allows. */
export async function proveCode(ctx: ServiceContext, actor: UserActor, code: string): Promise<Statement[]> {
  const who = sql`${actor.id}`;
  const [counted, tries, [factor], recoveries] = await ctx.db.batch([
    countTry(ctx.db, who),
    triesOf(ctx.db, who),
    ...evidenceOf(ctx.db, who, await recoveryHash(ctx, code)),
  ]);
  if (!factor) throw notFound("authenticator app");
  allowed(counted, tries);
  const spend = await spendCode(ctx, code, { factor, recovery: recoveries[0]?.recovery });
  if (spend) return spend;
  await noteRefusal(ctx, actor.id);
  throw wrongFactor();
}

/** Shows a factor again, for the sensitive calls of the next ten minutes. */
export async function stepUp(ctx: ServiceContext, actor: UserActor, { password, code }: StepUp): Promise<void> {
  const spend =
    code === undefined ? await provePassword(ctx, actor, password ?? "") : await proveCode(ctx, actor, code);
  try {
    await commit(ctx, [
      ...spend,
      factorShown(ctx, actor),
      forgetTries(ctx.db, actor.id),
      audited(ctx, actor, {
        action: "session.stepped_up",
        details: { factor: code === undefined ? "password" : "code" },
      }),
    ]);
  } catch (error) {
    throw wasRefused(error) ? wrongFactor() : error;
  }
}

async function provePassword(ctx: ServiceContext, actor: UserActor, password: string): Promise<Statement[]> {
  const who = sql`${actor.id}`;
  const [counted, tries, [account]] = await ctx.db.batch([
    countTry(ctx.db, who),
    triesOf(ctx.db, who),
    ctx.db.select({ passwordHash: users.passwordHash }).from(users).where(eq(users.id, actor.id)),
  ]);
  allowed(counted, tries);
  if (verifyPassword(password, account?.passwordHash ?? null).ok) return [];
  await noteRefusal(ctx, actor.id);
  throw wrongFactor();
}
