import { eq, or, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { loginFailures, oneTimeTokens } from "../../db/schema/auth.ts";
import { users } from "../../db/schema/users.ts";
import { commit, event } from "../../events/outbox.ts";
import { AppError, brokeUnique } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { hashPassword, verifyPassword } from "../../platform/passwords.ts";
import { hashToken } from "../../platform/secrets.ts";
import type { UserRow } from "../users/schema.ts";
import { toUser } from "../users/schema.ts";
import { failureWindowStart, restFor, usernameFrom } from "./rules.ts";
import type { Login, Register, SignedIn } from "./schema.ts";
import type { IssuedTokens } from "./sessions.ts";
import { openSession } from "./sessions.ts";

type Entered = SignedIn & IssuedTokens;

/** Creates an account with its first session. A derived username that is taken gets a number; a given one is refused. */
export async function register(ctx: ServiceContext, input: Register): Promise<Entered> {
  const row = newUser(ctx, input, hashPassword(input.password));
  try {
    return await enter(ctx, row, input);
  } catch (error) {
    if (input.username || !brokeUnique(error, "users.username")) throw taken(error);
  }
  const suffix = String(crypto.getRandomValues(new Uint32Array(1))[0] ?? 0).slice(0, 6);
  try {
    return await enter(ctx, { ...row, username: usernameFrom(input.email, suffix) }, input);
  } catch (error) {
    throw taken(error);
  }
}

function taken(error: unknown): unknown {
  if (brokeUnique(error, "users.email"))
    return new AppError("EMAIL_TAKEN", "There is an account with this e-mail address.");
  return brokeUnique(error, "users.username") ? new AppError("USERNAME_TAKEN", "This username is taken.") : error;
}

async function enter(ctx: ServiceContext, row: UserRow, input: Register): Promise<Entered> {
  const { statements, tokens } = await openSession(ctx, row, input.remember);
  const referredBy = sql`(SELECT id FROM users WHERE referral_code = ${input.referralCode?.toUpperCase() ?? null})`;
  const registered = event({ type: "user.registered", userId: row.id, origin: ctx.appUrl });
  await commit(ctx, [ctx.db.insert(users).values({ ...row, referredBy }), ...statements], [registered]);
  return { ...tokens, user: toUser(row) };
}

function newUser(ctx: ServiceContext, input: Register, passwordHash: string): UserRow {
  const now = ctx.clock.now();
  const username = input.username ?? usernameFrom(input.email, "");
  const displayName = input.displayName ?? ([input.firstName, input.lastName].filter(Boolean).join(" ") || username);
  return {
    id: newId(),
    email: input.email,
    emailVerifiedAt: null,
    username,
    passwordHash,
    displayName,
    firstName: input.firstName ?? null,
    lastName: input.lastName ?? null,
    phone: input.phone ?? null,
    bio: null,
    avatarUrl: null,
    locale: input.locale ?? "en",
    timezone: input.timezone ?? "UTC",
    role: "student",
    status: "active",
    skills: [],
    interests: [],
    privacy: { showProfile: true, showName: true, showActivity: true, showOnLeaderboards: true },
    referralCode: referralCode(),
    referredBy: null,
    xp: 0,
    createdAt: now,
    updatedAt: now,
    lastLoginAt: now,
    version: 1,
    mustChangePassword: false,
    deletedAt: null,
  };
}

const CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";

const referralCode = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) => CODE_ALPHABET[byte % CODE_ALPHABET.length]).join("");

/** Signs in by e-mail address or username. Unknown account and wrong password cost and answer the same. */
export async function login(ctx: ServiceContext, input: Login): Promise<Entered> {
  const account = await hashToken(input.email);
  const [found, failed] = await ctx.db.batch([
    ctx.db
      .select()
      .from(users)
      .where(or(eq(users.email, input.email), eq(users.username, input.email))),
    ctx.db.select().from(loginFailures).where(eq(loginFailures.account, account)),
  ]);
  const user = found[0];
  const rest = restFor(failed[0], ctx.clock.now());
  if (rest > 0)
    throw new AppError("RATE_LIMITED", "Too many wrong passwords; wait before the next try.", { retryAfter: rest });

  const check = verifyPassword(input.password, user?.passwordHash ?? null);
  if (!user || !check.ok) {
    await noteFailure(ctx, account);
    throw new AppError("INVALID_CREDENTIALS", "The e-mail address or the password is wrong.");
  }
  if (user.status === "suspended") throw new AppError("ACCOUNT_SUSPENDED", "This account is suspended.");

  const { statements, tokens } = await openSession(ctx, user, input.remember);
  const now = ctx.clock.now();
  const rehashed = check.stale ? { passwordHash: hashPassword(input.password) } : {};
  await commit(ctx, [
    ctx.db
      .update(users)
      .set({ lastLoginAt: now, ...rehashed })
      .where(eq(users.id, user.id)),
    ctx.db.delete(loginFailures).where(eq(loginFailures.account, account)),
    ...statements,
  ]);
  return { ...tokens, user: toUser({ ...user, lastLoginAt: now }) };
}

async function noteFailure(ctx: ServiceContext, account: string): Promise<void> {
  const now = ctx.clock.now();
  const stale = sql`${loginFailures.since} <= ${failureWindowStart(now).getTime()}`;
  await ctx.db
    .insert(loginFailures)
    .values({ account, count: 1, since: now })
    .onConflictDoUpdate({
      target: loginFailures.account,
      set: {
        count: sql`CASE WHEN ${stale} THEN 1 ELSE ${loginFailures.count} + 1 END`,
        since: sql`CASE WHEN ${stale} THEN ${now.getTime()} ELSE ${loginFailures.since} END`,
      },
    });
}

/** Spends a verification token and marks the address as verified, in one batch; it works once. */
export async function verifyEmail(ctx: ServiceContext, token: string): Promise<void> {
  const hash = await hashToken(token);
  const now = ctx.clock.now();
  const mine = sql`(SELECT user_id FROM one_time_tokens WHERE hash = ${hash} AND purpose = 'verify_email' AND used_at IS NULL AND expires_at > ${now.getTime()})`;
  const [verified] = await batch(ctx.db, [
    ctx.db
      .update(users)
      .set({ emailVerifiedAt: now, updatedAt: now })
      .where(sql`${users.id} = ${mine}`)
      .returning({ id: users.id }),
    ctx.db
      .update(oneTimeTokens)
      .set({ usedAt: now })
      .where(sql`${oneTimeTokens.hash} = ${hash} AND ${oneTimeTokens.usedAt} IS NULL`),
  ]);
  if ((verified as { id: string }[]).length === 0)
    throw new AppError("INVALID_TOKEN", "This link was used, is too old, or never was one.");
}
