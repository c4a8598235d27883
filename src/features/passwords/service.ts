import { eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { loginFailures } from "../../db/schema/auth.ts";
import { users } from "../../db/schema/users.ts";
import { commit, event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, invalid } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { hashPassword } from "../../platform/passwords.ts";
import { audited, auditedIf } from "../audit/service.ts";
import { proveCurrentPassword } from "../auth/credentials.ts";
import { stillSignedIn } from "../auth/fresh.ts";
import { endTokens, findToken, invalidToken, spend } from "../auth/one-time.ts";
import { sessionsEnd } from "../auth/sessions.ts";
import { forgetOtherWaysIn } from "../auth/ways-in.ts";
import { mailWhose, messageOf } from "../mails/links.ts";
import { mailTo } from "../mails/orders.ts";
import type { UserRow } from "../users/schema.ts";
import type { ChangePassword, ResetPassword } from "./schema.ts";

/** Mails a link to choose a new password, if the address has an account: one statement decides, so both cost the same. */
export async function forgotPassword(ctx: ServiceContext, email: string): Promise<void> {
  const mail = await mailWhose(ctx, { who: sql`users.email = ${email}`, template: "password_reset" });
  const { insert, written } = messageOf(ctx, mail);
  const line = auditedIf(
    ctx,
    { action: "password.reset_requested", targetType: "user" },
    sql`SELECT user_id AS target_id, NULL AS session_id FROM mails WHERE id = ${mail.mailId}`,
  );
  const results = await commit(ctx, [...mail.statements, insert, line, written]);
  if ((results.at(-1) as unknown[]).length > 0) ctx.relayLater([mail.message]);
}

/**
 * Sets a password by the token of a mail, which also proves the address. Every session ends; and where the address was
 * not proven before, whoever made the account may be another: their linked logins, passkeys and second factor go too.
 */
export async function resetPassword(ctx: ServiceContext, { token, password }: ResetPassword): Promise<void> {
  const found = await findToken(ctx, token, ["reset_password"]);
  const { user } = found;
  const now = ctx.clock.now();
  const ending = sessionsEnd(ctx, { userId: user.id, reason: "password_reset" });
  const told = passwordChanged(ctx, user);
  const verified = user.emailVerifiedAt ? [] : [event({ type: "user.email_verified", userId: user.id })];
  try {
    await commit(
      ctx,
      [
        ...spend(ctx, found.token),
        setPassword(ctx, user, password),
        ctx.db
          .update(users)
          .set({ emailVerifiedAt: sql`coalesce(${users.emailVerifiedAt}, ${now.getTime()})` })
          .where(eq(users.id, user.id)),
        ...ending.statements,
        ...(user.emailVerifiedAt ? [] : forgetOtherWaysIn(ctx.db, user.id)),
        ...told.statements,
        endTokens(ctx.db, user.id, ["leave_email", "change_email"]),
        ctx.db.delete(loginFailures).where(eq(loginFailures.account, user.id)),
        audited(ctx, { id: user.id }, { action: "password.reset", target: { type: "user", id: user.id } }),
      ],
      [...ending.messages, ...told.messages, ...verified],
    );
  } catch (error) {
    throw wasRefused(error) ? invalidToken() : error;
  }
  await ending.deny();
}

/** Sets another password. The session that does it goes on, every other one ends. */
export async function changePassword(ctx: ServiceContext, actor: UserActor, input: ChangePassword): Promise<void> {
  const user = await proveCurrentPassword(ctx, actor, input.currentPassword);
  if (user.mustChangePassword && input.newPassword === input.currentPassword)
    throw invalid("body.newPassword", "same", "Choose another password than the one that others know.");
  const ending = sessionsEnd(ctx, { userId: user.id, reason: "password_changed", exceptSessionId: actor.sessionId });
  const told = passwordChanged(ctx, user);
  try {
    await commit(
      ctx,
      [
        stillSignedIn(ctx.db, actor),
        ensure(
          ctx.db,
          sql`EXISTS (SELECT 1 FROM users WHERE id = ${user.id} AND password_hash IS ${user.passwordHash})`,
        ),
        setPassword(ctx, user, input.newPassword),
        ...ending.statements,
        ...told.statements,
        endTokens(ctx.db, user.id, ["reset_password", "leave_email", "change_email"]),
        ctx.db.delete(loginFailures).where(eq(loginFailures.account, user.id)),
        audited(ctx, actor, { action: "password.changed", target: { type: "user", id: user.id } }),
      ],
      [...ending.messages, ...told.messages],
    );
  } catch (error) {
    throw wasRefused(error) ? new AppError("CONFLICT", "The password was changed at this very moment.") : error;
  }
  await ending.deny();
}

const setPassword = (ctx: ServiceContext, { id }: UserRow, password: string): Statement =>
  ctx.db
    .update(users)
    .set({ passwordHash: hashPassword(password), mustChangePassword: false, updatedAt: ctx.clock.now() })
    .where(eq(users.id, id));

const passwordChanged = (ctx: ServiceContext, { id }: UserRow) =>
  mailTo(ctx, { userId: id, template: "password_changed", dedupeKey: `password_changed:${newId()}` });
