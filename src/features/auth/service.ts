import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { users } from "../../db/schema/users.ts";
import { commit, event } from "../../events/outbox.ts";
import { AppError, brokeUnique } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { hashPassword } from "../../platform/passwords.ts";
import { ensureSuperadmin } from "../admin/superadmin.ts";
import { audited } from "../audit/service.ts";
import { askForCode, mfaRequired } from "../mfa/challenges.ts";
import type { UserRow } from "../users/schema.ts";
import { toUser } from "../users/schema.ts";
import { newUser } from "./accounts.ts";
import { provePassword } from "./credentials.ts";
import { usernameFrom } from "./rules.ts";
import type { Login, Register } from "./schema.ts";
import { openSession } from "./sessions.ts";
import type { Entered } from "./sign-in.ts";
import { signIn } from "./sign-in.ts";

/** Creates an account with its first session. A derived username that is taken gets a number; a given one is refused. */
export async function register(ctx: ServiceContext, input: Register): Promise<Entered> {
  const username = input.username ?? usernameFrom(input.email, "");
  const row = newUser(ctx, { ...input, username, passwordHash: hashPassword(input.password) });
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

async function enter(ctx: ServiceContext, person: UserRow, input: Register): Promise<Entered> {
  const row = { ...person, lastLoginAt: person.createdAt };
  const { sessionId, statements, tokens } = await openSession(ctx, row, { remember: input.remember, tokenId: newId() });
  const referredBy = sql`(SELECT id FROM users WHERE referral_code = ${input.referralCode?.toUpperCase() ?? null})`;
  const actor = { id: row.id, sessionId };
  await commit(
    ctx,
    [
      ctx.db.insert(users).values({ ...row, referredBy }),
      ...statements,
      audited(ctx, actor, { action: "user.registered", target: { type: "user", id: row.id } }),
      audited(ctx, actor, { action: "session.started", details: { method: "registration" } }),
    ],
    [event({ type: "user.registered", userId: row.id, origin: ctx.appUrl })],
  );
  return { ...tokens, user: toUser(row) };
}

/** Signs in by e-mail address or username. */
export async function login(ctx: ServiceContext, input: Login): Promise<Entered> {
  if (input.email === ctx.config.ADMIN_EMAIL.toLowerCase()) await ensureSuperadmin(ctx);
  const tokenId = newId();
  const { user, wantsCode, alongside } = await provePassword(ctx, input.email, input.password);
  if (wantsCode && user.status === "active")
    throw mfaRequired(
      await askForCode(ctx, { userId: user.id, method: "password", remember: input.remember, alongside }),
    );
  return await signIn(ctx, user, { remember: input.remember, method: "password", tokenId, alongside });
}
