import { eq, or, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { batch } from "../../db/client.ts";
import { ensure } from "../../db/guard.ts";
import { loginFailures } from "../../db/schema/auth.ts";
import { users } from "../../db/schema/users.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, wrongPassword } from "../../platform/errors.ts";
import { hashPassword, verifyPassword } from "../../platform/passwords.ts";
import { hashToken } from "../../platform/secrets.ts";
import { audited } from "../audit/service.ts";
import { secondFactorOf } from "../mfa/challenges.ts";
import type { UserRow } from "../users/schema.ts";
import { freshUser, revoked } from "./fresh.ts";
import { FAILURES, restFor } from "./rules.ts";

export interface Proven {
  user: UserRow;
  /** Whether a code has to follow. */
  wantsCode: boolean;
  /** Belongs into the batch that opens the session: the account must not be resting by then, and an older hash is replaced. */
  alongside: Statement[];
}

/**
 * Whoever knows the password of the account of this e-mail address or username. An unknown account and a wrong password
 * cost the same, two round trips and one hashing, and get the same answer: `INVALID_CREDENTIALS`, or `RATE_LIMITED`
 * while the account rests after too many failures, the right password included.
 */
export async function provePassword(ctx: ServiceContext, name: string, password: string): Promise<Proven> {
  const named = or(eq(users.email, name), eq(users.username, name));
  const account = sql`coalesce((SELECT id FROM users WHERE ${named}), ${await hashToken(name)})`;
  const [found, failures, factors] = await ctx.db.batch([
    ctx.db.select().from(users).where(named),
    ctx.db.select().from(loginFailures).where(eq(loginFailures.account, account)),
    secondFactorOf(ctx, sql`(SELECT id FROM users WHERE ${named})`),
  ]);
  const user = found[0];
  const rest = restFor(failures[0], ctx.clock.now());
  if (rest > 0) throw tooManyTries(rest);

  const check = verifyPassword(password, user?.passwordHash ?? null);
  if (user && check.ok)
    return { user, wantsCode: factors.length > 0, alongside: admission(ctx, user, check.stale ? password : null) };
  await noteFailure(ctx, user?.id ?? (await hashToken(name)), user);
  throw new AppError("INVALID_CREDENTIALS", "The e-mail address or the password is wrong.");
}

function admission(ctx: ServiceContext, { id, passwordHash }: UserRow, stalePassword: string | null): Statement[] {
  const now = ctx.clock.now().getTime();
  const awake = ensure(
    ctx.db,
    sql`NOT EXISTS (SELECT 1 FROM login_failures WHERE account = ${id} AND rests_until > ${now})`,
  );
  if (stalePassword === null) return [awake];
  const fresh = ctx.db
    .update(users)
    .set({ passwordHash: hashPassword(stalePassword) })
    .where(sql`${users.id} = ${id} AND ${users.passwordHash} IS ${passwordHash}`);
  return [awake, fresh];
}

/**
 * Counts a wrong password, and lets the account rest from the tenth on, each time longer. The guess of a request that
 * comes to this when others have made the account rest is not answered at all: many at once learn no more than one by one.
 */
async function noteFailure(ctx: ServiceContext, account: string, user: UserRow | undefined): Promise<void> {
  const now = ctx.clock.now();
  const at = now.getTime();
  const { mostInWindow, windowMs, firstRestMs, longestRestMs } = FAILURES;
  const stale = sql`(since <= ${at - windowMs} AND coalesce(rests_until, 0) <= ${at - windowMs})`;
  const beyond = sql`min(count + 1 - ${mostInWindow}, 10)`;
  const [counted] = await batch(ctx.db, [
    ctx.db
      .insert(loginFailures)
      .values({ account, count: 1, since: now })
      .onConflictDoUpdate({
        target: loginFailures.account,
        set: {
          count: sql`CASE WHEN ${stale} THEN 1 ELSE count + 1 END`,
          since: sql`CASE WHEN ${stale} THEN ${at} ELSE since END`,
          restsUntil: sql`CASE WHEN NOT ${stale} AND ${beyond} >= 0 THEN ${at} + min(${longestRestMs}, ${firstRestMs} << ${beyond}) END`,
        },
        setWhere: sql`coalesce(rests_until, 0) <= ${at}`,
      })
      .returning({ count: loginFailures.count }),
    audited(
      ctx,
      { kind: "anonymous" },
      { action: "login.failed", ...(user ? { target: { type: "user", id: user.id } } : {}) },
    ),
  ]);
  if ((counted as unknown[]).length === 0) throw tooManyTries(FAILURES.firstRestMs / 1000);
}

const tooManyTries = (seconds: number): AppError =>
  new AppError("RATE_LIMITED", "Too many wrong passwords; wait before the next try.", { retryAfter: seconds });

/**
 * Somebody signed in shows their password again, before a call that matters. Asks D1 whether the session still lives
 * (`TOKEN_REVOKED`) and counts with the failures of logging in. A wrong one is 403 `INVALID_CREDENTIALS`, as is any
 * password of an account that has none.
 */
export async function proveCurrentPassword(ctx: ServiceContext, actor: UserActor, password: string): Promise<UserRow> {
  const [found, failures] = await ctx.db.batch([
    freshUser(ctx.db, actor),
    ctx.db.select().from(loginFailures).where(eq(loginFailures.account, actor.id)),
  ]);
  const user = found[0]?.user;
  if (!user) throw revoked();
  const rest = restFor(failures[0], ctx.clock.now());
  if (rest > 0) throw tooManyTries(rest);
  if (verifyPassword(password, user.passwordHash).ok) return user;
  await noteFailure(ctx, user.id, user);
  throw wrongPassword();
}
