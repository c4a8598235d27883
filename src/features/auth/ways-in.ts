import type { SQL } from "drizzle-orm";
import { eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Db, Statement } from "../../db/client.ts";
import { identities } from "../../db/schema/identities.ts";
import { recoveryCodes, totpFactors } from "../../db/schema/mfa.ts";
import { passkeys } from "../../db/schema/passkeys.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { mailTo } from "../mails/orders.ts";
import type { PlainTemplateName } from "../mails/templates.ts";
import { disavowal } from "./disavowal.ts";

/** Whether somebody could still sign in without this login or passkey: a password, a login that is offered, or a passkey. */
export function hasAnotherWayIn(
  ctx: Pick<ServiceContext, "config">,
  userId: string,
  leaving: { provider?: string; passkeyId?: string },
): SQL {
  const offered = JSON.stringify([...ctx.config.LOGINS.keys()].filter((name) => name !== leaving.provider));
  return sql`(EXISTS (SELECT 1 FROM users WHERE id = ${userId} AND password_hash IS NOT NULL)
    OR EXISTS (SELECT 1 FROM identities WHERE user_id = ${userId} AND provider IN (SELECT value FROM json_each(${offered})))
    OR EXISTS (SELECT 1 FROM passkeys WHERE user_id = ${userId} AND id <> ${leaving.passkeyId ?? ""}))`;
}

export const lastWayIn = (): AppError =>
  new AppError("LAST_LOGIN_METHOD", "This is the last way into the account; set a password or add another first.");

type WaysInTemplate = Extract<
  PlainTemplateName,
  `passkey_${string}` | `mfa_${string}` | `login_${string}` | "recovery_codes_renewed"
>;

/** The mail that tells its owner what changed of the ways into an account; its link disavows the session that did it. */
export const toldOfWaysIn = async (
  ctx: Pick<ServiceContext, "db" | "clock" | "appUrl" | "config">,
  { id: userId, sessionId }: Pick<UserActor, "id" | "sessionId">,
  template: WaysInTemplate,
  data: Record<string, string> = {},
) =>
  mailTo(ctx, {
    userId,
    template,
    dedupeKey: `${template}:${newId()}`,
    data: { ...data, disavowal: await disavowal(ctx, sessionId) },
  });

/** Removes every linked login, passkey and second factor: for an account that changes hands. */
export const forgetOtherWaysIn = (db: Db, userId: string): Statement[] =>
  [identities, passkeys, totpFactors, recoveryCodes].map((table) => db.delete(table).where(eq(table.userId, userId)));
