import { eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { users } from "../../db/schema/users.ts";
import type { OutboxMessage } from "../../events/outbox.ts";
import { commit, event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, brokeUnique } from "../../platform/errors.ts";
import type { ProfilePatch, ProfileReplacement } from "./profile.ts";
import { changedFields } from "./rules.ts";
import type { User, UserRow } from "./schema.ts";
import { toUser } from "./schema.ts";
import { findMe } from "./service.ts";

const MOST_TRIES = 12;

/** What others see of somebody; a change of these is told. */
const SEEN = ["username", "displayName", "avatarUrl"] as const;

/**
 * Changes the profile as it was read. When somebody was faster it is read again: a client that sent `If-Match` is then
 * refused by `precondition`, any other one's change is made on top. Throws `USERNAME_TAKEN`.
 */
export async function changeProfile(
  ctx: ServiceContext,
  actor: UserActor,
  input: ProfilePatch | ProfileReplacement,
  precondition: (current: unknown) => Promise<void>,
): Promise<User> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const row = await findMe(ctx, actor);
    await precondition(toUser(row));
    const changed = changedFields(row, withPrivacy(row, input));
    if (Object.keys(changed).length === 0) return toUser(row);
    const next = { ...row, ...changed, version: row.version + 1, updatedAt: ctx.clock.now() };
    if (await write(ctx, row, next)) return toUser(next);
  }
  throw new AppError("CONFLICT", "The profile is being changed elsewhere; read it again and repeat your change.");
}

const withPrivacy = (row: UserRow, { privacy, ...fields }: ProfilePatch | ProfileReplacement) => ({
  ...fields,
  ...(privacy === undefined ? {} : { privacy: { ...row.privacy, ...changedFields(row.privacy, privacy) } }),
});

/** False when the row is no longer as it was read. */
async function write(ctx: ServiceContext, row: UserRow, next: UserRow): Promise<boolean> {
  const unchanged = sql`EXISTS (SELECT 1 FROM users WHERE id = ${row.id} AND version = ${row.version} AND deleted_at IS NULL)`;
  const { id, version, updatedAt, ...rest } = next;
  const changed = changedFields(row, rest);
  try {
    await commit(
      ctx,
      [
        ensure(ctx.db, unchanged),
        ctx.db
          .update(users)
          .set({ ...changed, version, updatedAt })
          .where(eq(users.id, id)),
      ],
      told(row, next),
    );
    return true;
  } catch (error) {
    if (wasRefused(error)) return false;
    throw brokeUnique(error, "users.username") ? new AppError("USERNAME_TAKEN", "This username is taken.") : error;
  }
}

function told(row: UserRow, next: UserRow): OutboxMessage[] {
  const changed = changedFields(row, next);
  const what = [
    ...(SEEN.some((field) => field in changed) ? (["profile"] as const) : []),
    ...("privacy" in changed ? (["privacy"] as const) : []),
  ];
  return what.map((kind) => event({ type: "user.changed", userId: row.id, what: kind }));
}
