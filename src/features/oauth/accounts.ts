import { and, eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { identities } from "../../db/schema/identities.ts";
import { users } from "../../db/schema/users.ts";
import { commit, event } from "../../events/outbox.ts";
import { AppError, brokeUnique } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import type { ProviderProfile } from "../../platform/oauth/provider.ts";
import { audited } from "../audit/service.ts";
import { newUser } from "../auth/accounts.ts";
import { requireRecent } from "../auth/recency.ts";
import { usernameFrom } from "../auth/rules.ts";
import type { Entered } from "../auth/sign-in.ts";
import { signIn } from "../auth/sign-in.ts";
import { toldOfWaysIn } from "../auth/ways-in.ts";
import { askForCode, secondFactorOf } from "../mfa/challenges.ts";
import type { UserRow } from "../users/schema.ts";

/** Signs in whoever owns the login: by the link, by an e-mail address that is verified on both sides, or with a new account. */
export async function signInWith(
  ctx: ServiceContext,
  provider: string,
  profile: ProviderProfile,
): Promise<Entered | { mfaToken: string }> {
  const tokenId = newId();
  const email = addressOf(profile);
  const mine = and(eq(identities.provider, provider), eq(identities.subject, profile.subject));
  const who = sql`coalesce((SELECT user_id FROM identities WHERE ${mine}), (SELECT id FROM users WHERE email = ${email}))`;
  const [[known], [linked], factors] = await ctx.db.batch([
    ctx.db
      .select()
      .from(users)
      .where(sql`${users.id} = ${who}`),
    ctx.db.select().from(identities).where(mine),
    secondFactorOf(ctx, who),
  ]);
  if (known && !linked && !(profile.emailVerified && known.emailVerifiedAt)) throw notVerified();
  const user = known ?? (await createAccount(ctx, provider, profile));
  const method = `oauth:${provider}`;
  if (factors.length > 0 && user.status === "active")
    return { mfaToken: await askForCode(ctx, { userId: user.id, method, remember: false }) };
  const alongside = known ? keepLink(ctx, { provider, profile, user, isNew: !linked }) : [];
  return await orTaken(signIn(ctx, user, { method, remember: false, tokenId, alongside }));
}

/**
 * Links the login to the account of whoever was signed in when the flow began; `false` when it is linked to them already,
 * and then it signs them in anew. Throws `IDENTITY_TAKEN` when it is another's, or they have another of this provider.
 */
export async function linkIdentity(
  ctx: ServiceContext,
  owner: { id: string; sessionId: string },
  provider: string,
  profile: ProviderProfile,
): Promise<boolean> {
  const [linked] = await ctx.db
    .select({ userId: identities.userId })
    .from(identities)
    .where(and(eq(identities.provider, provider), eq(identities.subject, profile.subject)));
  if (linked?.userId === owner.id) return false;
  if (linked) throw identityTaken();
  await requireRecent(ctx, owner);
  const statements = keepLink(ctx, { provider, profile, user: owner, isNew: true });
  const told = await toldOfWaysIn(ctx, owner, "login_linked", { provider });
  await orTaken(commit(ctx, [...statements, ...told.statements], told.messages));
  return true;
}

interface Link {
  provider: string;
  profile: ProviderProfile;
  user: { id: string };
  isNew: boolean;
}

function keepLink(ctx: ServiceContext, { provider, profile, user, isNew }: Link): Statement[] {
  const now = ctx.clock.now();
  const email = addressOf(profile);
  const row = { provider, subject: profile.subject, userId: user.id, email, createdAt: now, lastUsedAt: now };
  if (isNew)
    return [
      ctx.db.insert(identities).values(row),
      audited(ctx, user, { action: "identity.linked", target: { type: "user", id: user.id }, details: { provider } }),
    ];
  const mine = and(eq(identities.provider, provider), eq(identities.subject, profile.subject));
  return [ctx.db.update(identities).set({ email, lastUsedAt: now }).where(mine)];
}

/** An account without a password, whose address is as verified as the provider says. */
async function createAccount(ctx: ServiceContext, provider: string, profile: ProviderProfile): Promise<UserRow> {
  const email = addressOf(profile);
  if (email === null) throw notVerified();
  const row = newUser(ctx, {
    email,
    username: usernameFrom(email, ""),
    passwordHash: null,
    emailVerifiedAt: profile.emailVerified ? ctx.clock.now() : null,
    displayName: profile.name?.slice(0, 80),
    avatarUrl: pictureOf(profile),
  });
  try {
    return await insertAccount(ctx, row, provider, profile);
  } catch (error) {
    if (!brokeUnique(error, "users.username")) throw takenAs(error);
  }
  const suffix = String(crypto.getRandomValues(new Uint32Array(1))[0] ?? 0).slice(0, 6);
  return await orTaken(insertAccount(ctx, { ...row, username: usernameFrom(email, suffix) }, provider, profile));
}

async function insertAccount(
  ctx: ServiceContext,
  row: UserRow,
  provider: string,
  profile: ProviderProfile,
): Promise<UserRow> {
  const registered = event({ type: "user.registered", userId: row.id, origin: ctx.appUrl });
  const verified = row.emailVerifiedAt ? [event({ type: "user.email_verified", userId: row.id })] : [];
  await commit(
    ctx,
    [
      ctx.db.insert(users).values(row),
      audited(ctx, row, { action: "user.registered", target: { type: "user", id: row.id } }),
      ...keepLink(ctx, { provider, profile, user: row, isNew: true }),
    ],
    [registered, ...verified],
  );
  return row;
}

async function orTaken<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw takenAs(error);
  }
}

function takenAs(error: unknown): unknown {
  if (brokeUnique(error, "identities.")) return identityTaken();
  return brokeUnique(error, "users.email")
    ? new AppError("EMAIL_TAKEN", "There is an account with this e-mail address.")
    : error;
}

const Address = z.email().max(254);

/** The e-mail address as accounts keep it, or null where the provider tells none that could be one. */
function addressOf({ email }: ProviderProfile): string | null {
  const address = Address.safeParse(email?.trim().normalize("NFC").toLowerCase());
  return address.success ? address.data : null;
}

const pictureOf = ({ avatarUrl }: ProviderProfile): string | null =>
  avatarUrl?.startsWith("https://") && avatarUrl.length <= 500 ? avatarUrl : null;

const notVerified = (): AppError =>
  new AppError("EMAIL_NOT_VERIFIED", "The e-mail address is not verified on both sides.");
const identityTaken = (): AppError =>
  new AppError("IDENTITY_TAKEN", "This login belongs to another account, or the account has one of this provider.");
