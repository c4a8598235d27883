import { and, eq, isNull, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { identities } from "../../db/schema/identities.ts";
import { recoveryCodes, totpFactors } from "../../db/schema/mfa.ts";
import { passkeys } from "../../db/schema/passkeys.ts";
import { users } from "../../db/schema/users.ts";
import { commit } from "../../events/outbox.ts";
import type { Config } from "../../platform/config.ts";
import { brokeUnique } from "../../platform/errors.ts";
import { DEMO_PASSWORD, hashPassword } from "../../platform/passwords.ts";
import { audited } from "../audit/service.ts";
import { newUser } from "../auth/accounts.ts";
import { sessionsEnd } from "../auth/sessions.ts";
import type { UserRow } from "../users/schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "client" | "config" | "denyList" | "riders" | "relayLater" | "logger">;

/** Configurations whose superadmin this isolate has seen: looking once is enough, since one always stays. */
const seen = new WeakSet<Config>();

/**
 * Makes the account of `ADMIN_EMAIL` with `ADMIN_PASSWORD` a superadmin when there is none. Costs one read the first
 * time in an isolate and nothing after. With the demo password in production nothing else works until it is changed.
 */
export async function ensureSuperadmin(ctx: Ctx): Promise<void> {
  if (seen.has(ctx.config)) return;
  const email = ctx.config.ADMIN_EMAIL.toLowerCase();
  const [[root], [named]] = await ctx.db.batch([
    ctx.db
      .select({ rootId: users.id })
      .from(users)
      .where(and(eq(users.role, "superadmin"), isNull(users.deletedAt)))
      .limit(1),
    ctx.db.select().from(users).where(eq(users.email, email)),
  ]);
  if (!root) await install(ctx, named ?? null, email);
  seen.add(ctx.config);
}

async function install(ctx: Ctx, named: UserRow | null, email: string): Promise<void> {
  const password = ctx.config.ADMIN_PASSWORD ?? DEMO_PASSWORD;
  const credentials = {
    passwordHash: hashPassword(password),
    mustChangePassword: ctx.config.ENVIRONMENT === "production" && password === DEMO_PASSWORD,
    emailVerifiedAt: ctx.clock.now(),
  };
  const made = {
    ...newUser(ctx, { email, username: "admin", displayName: "Admin", passwordHash: null }),
    ...credentials,
  };
  try {
    await write(ctx, named, { ...made, role: "superadmin" });
  } catch (error) {
    if (wasRefused(error)) return;
    if (!brokeUnique(error, "users.username")) throw error;
    await write(ctx, named, { ...made, role: "superadmin", username: `admin_${made.id.slice(-8)}` });
  }
  ctx.logger.info("superadmin installed", { userId: named?.id ?? made.id });
}

/** All or nothing, and nothing when somebody else was faster. */
async function write(ctx: Ctx, named: UserRow | null, made: UserRow): Promise<void> {
  const userId = named?.id ?? made.id;
  await commit(ctx, [
    ensure(ctx.db, sql`NOT EXISTS (SELECT 1 FROM users WHERE role = 'superadmin' AND deleted_at IS NULL)`),
    ...(named ? takeOver(ctx, named, made) : [ctx.db.insert(users).values(made)]),
    audited(ctx, { kind: "system" }, { action: "superadmin.installed", target: { type: "user", id: userId } }),
  ]);
  if (named) await ctx.denyList.denyUser(userId);
}

/** Somebody has registered the address before: the operator gets the account, and every other way into it is closed. */
function takeOver(ctx: Ctx, named: UserRow, made: UserRow): Statement[] {
  const { role, passwordHash, mustChangePassword, emailVerifiedAt } = made;
  const is = eq(users.id, named.id);
  const version = named.version + 1;
  return [
    ctx.db
      .update(users)
      .set({
        role,
        passwordHash,
        mustChangePassword,
        emailVerifiedAt,
        status: "active",
        version,
        updatedAt: made.updatedAt,
      })
      .where(is),
    ...sessionsEnd(ctx, { userId: named.id, reason: "superadmin_installed" }).statements,
    ctx.db.delete(identities).where(eq(identities.userId, named.id)),
    ctx.db.delete(passkeys).where(eq(passkeys.userId, named.id)),
    ctx.db.delete(totpFactors).where(eq(totpFactors.userId, named.id)),
    ctx.db.delete(recoveryCodes).where(eq(recoveryCodes.userId, named.id)),
  ];
}
