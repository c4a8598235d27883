import type { SQL } from "drizzle-orm";
import { eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { wasRefused } from "../../db/guard.ts";
import { users } from "../../db/schema/users.ts";
import { messageIf } from "../../events/conditional.ts";
import { commit, event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, brokeUnique, invalid } from "../../platform/errors.ts";
import { audited, auditedIf } from "../audit/service.ts";
import { proveCurrentPassword } from "../auth/credentials.ts";
import { orRevoked, stillSignedIn } from "../auth/fresh.ts";
import type { FoundToken } from "../auth/one-time.ts";
import { endTokens, findToken, invalidToken, spend } from "../auth/one-time.ts";
import { mailWhose, messageOf } from "../mails/links.ts";
import type { ChangeEmail } from "./schema.ts";

/** Spends the token of a mailed link: confirms the address, or one half of its change. Throws `INVALID_TOKEN`, `EMAIL_TAKEN`. */
export async function verifyEmail(ctx: ServiceContext, token: string): Promise<void> {
  const found = await findToken(ctx, token, ["verify_email", "leave_email", "change_email"]);
  const { newEmail } = found.token.payload ?? {};
  try {
    await (newEmail === undefined ? confirm(ctx, found) : confirmHalf(ctx, found, newEmail));
  } catch (error) {
    if (brokeUnique(error, "users.email"))
      throw new AppError("EMAIL_TAKEN", "Meanwhile another account has this e-mail address.", { cause: error });
    throw wasRefused(error) ? invalidToken() : error;
  }
}

async function confirm(ctx: ServiceContext, { token, user }: FoundToken): Promise<void> {
  const now = ctx.clock.now();
  await commit(
    ctx,
    [
      ...spend(ctx, token),
      ctx.db
        .update(users)
        .set({ emailVerifiedAt: sql`coalesce(${users.emailVerifiedAt}, ${now.getTime()})`, updatedAt: now })
        .where(eq(users.id, user.id)),
      audited(ctx, { id: user.id }, { action: "email.verified", target: { type: "user", id: user.id } }),
    ],
    [event({ type: "user.email_verified", userId: user.id })],
  );
}

/** The address changes with the second of the two links, whichever it is; what follows the update asks whether it happened. */
async function confirmHalf(ctx: ServiceContext, { token, user }: FoundToken, newEmail: string): Promise<void> {
  const now = ctx.clock.now();
  const at = now.getTime();
  const both = sql`2 = (SELECT count(*) FROM one_time_tokens WHERE user_id = ${user.id} AND purpose IN ('leave_email', 'change_email')
    AND used_at IS NOT NULL AND expires_at > ${at} AND json_extract(payload, '$.newEmail') = ${newEmail})`;
  const changed: SQL = sql`EXISTS (SELECT 1 FROM users u WHERE u.id = ${user.id} AND u.email = ${newEmail})`;
  const mail = await mailWhose(ctx, {
    who: sql`users.id = ${user.id} AND ${changed}`,
    template: "email_changed",
    to: user.email,
  });
  const news = [
    event({ type: "user.email_verified", userId: user.id }),
    event({ type: "user.changed", userId: user.id, what: "profile" }),
  ];
  const told = [...news.map((entry) => messageIf(ctx, entry, changed)), messageOf(ctx, mail)];
  const results = await commit(ctx, [
    ...spend(ctx, token),
    ctx.db
      .update(users)
      .set({ email: newEmail, emailVerifiedAt: now, updatedAt: now })
      .where(sql`${users.id} = ${user.id} AND ${both}`),
    ...mail.statements,
    ...told.map(({ insert }) => insert),
    auditedIf(
      ctx,
      { action: "email.changed", targetType: "user" },
      sql`SELECT u.id AS target_id, NULL AS session_id FROM users u WHERE u.id = ${user.id} AND ${changed}`,
    ),
    ctx.db.run(sql`DELETE FROM one_time_tokens WHERE user_id = ${user.id} AND ${changed}`),
    ...told.map(({ written }) => written),
  ]);
  const written = results.slice(-told.length).some((rows) => (rows as unknown[]).length > 0);
  if (written) ctx.relayLater([...news, mail.message]);
}

/** Mails the verification link again, if the address waits for one; who asks learns nothing of it. */
export async function resendVerification(
  ctx: ServiceContext,
  whose: { email: string } | { id: string },
): Promise<void> {
  const who = "email" in whose ? sql`users.email = ${whose.email}` : sql`users.id = ${whose.id}`;
  const mail = await mailWhose(ctx, { who: sql`${who} AND users.email_verified_at IS NULL`, template: "verify_email" });
  const { insert, written } = messageOf(ctx, mail);
  const results = await commit(ctx, [...mail.statements, insert, written]);
  if ((results.at(-1) as unknown[]).length > 0) ctx.relayLater([mail.message]);
}

/**
 * Asks for another address: links go to both mailboxes, and it changes when both were used. Whether the new one has an
 * account is told to nobody but its owner, by mail.
 */
export async function changeEmail(ctx: ServiceContext, actor: UserActor, input: ChangeEmail): Promise<void> {
  const { newEmail } = input;
  const user = await proveCurrentPassword(ctx, actor, input.password);
  if (newEmail === user.email) throw invalid("body.newEmail", "unchanged", "is your address already");
  const taken = sql`EXISTS (SELECT 1 FROM users o WHERE o.email = ${newEmail})`;
  const me = sql`users.id = ${user.id}`;
  const payload = { newEmail };
  const mails = [
    await mailWhose(ctx, { who: me, template: "email_leaving", payload }),
    await mailWhose(ctx, { who: sql`${me} AND NOT ${taken}`, template: "email_arriving", to: newEmail, payload }),
    await mailWhose(ctx, { who: sql`users.email = ${newEmail}`, template: "email_in_use" }),
  ];
  const told = mails.map((mail) => messageOf(ctx, mail));
  try {
    const results = await commit(ctx, [
      stillSignedIn(ctx.db, actor),
      endTokens(ctx.db, user.id, ["leave_email", "change_email"]),
      ...mails.flatMap((mail) => mail.statements),
      ...told.map(({ insert }) => insert),
      audited(ctx, actor, { action: "email.change_requested", target: { type: "user", id: user.id } }),
      ...told.map(({ written }) => written),
    ]);
    const written = results.slice(-told.length) as unknown[][];
    ctx.relayLater(mails.filter((_, i) => (written[i]?.length ?? 0) > 0).map((mail) => mail.message));
  } catch (error) {
    throw orRevoked(error);
  }
}
