import { eq } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { wasRefused } from "../../db/guard.ts";
import { users } from "../../db/schema/users.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { requirePermission } from "../../platform/actor.ts";
import { AppError, brokeUnique } from "../../platform/errors.ts";
import { highestOf } from "../../platform/permissions.ts";
import { audited } from "../audit/service.ts";
import { newUser } from "../auth/accounts.ts";
import { revoked, stillSignedIn } from "../auth/fresh.ts";
import { mailWhose } from "../mails/links.ts";
import type { User } from "../users/schema.ts";
import { toUser } from "../users/schema.ts";
import { isOffice } from "./rules.ts";
import type { NewAccount } from "./schema.ts";

/** An account without a password, and a mail with the link that sets one. Only superadmins make admins. */
export async function inviteUser(ctx: ServiceContext, actor: UserActor, input: NewAccount): Promise<User> {
  const role = highestOf(input.roles);
  requirePermission(actor, isOffice(role) ? "admins:manage" : "users:manage");
  const { email, username, displayName } = input;
  const row = newUser(ctx, { email, username, displayName, passwordHash: null, role });
  const mail = await mailWhose(ctx, { who: eq(users.id, row.id), template: "invitation" });
  const line = { action: "user.invited", target: { type: "user", id: row.id }, details: { role } };
  try {
    await commit(
      ctx,
      [stillSignedIn(ctx.db, actor), ctx.db.insert(users).values(row), audited(ctx, actor, line), ...mail.statements],
      [mail.message],
    );
  } catch (error) {
    throw wasRefused(error) ? revoked() : taken(error);
  }
  return toUser(row);
}

function taken(error: unknown): unknown {
  if (brokeUnique(error, "users.email"))
    return new AppError("EMAIL_TAKEN", "There is an account with this e-mail address.");
  return brokeUnique(error, "users.username") ? new AppError("USERNAME_TAKEN", "This username is taken.") : error;
}
