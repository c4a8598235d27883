import { and, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { pushSubscriptions } from "../../db/schema/push.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, invalid, notFound } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { outboundFault } from "../../platform/outbound.ts";
import { arePushKeys } from "../../platform/push/encryption.ts";
import { publicKeyOf } from "../../platform/push/vapid.ts";
import type { NewPushSubscription, PushKey, PushSubscription } from "./schema.ts";

const BROWSERS_A_PERSON = 20;

/** What browsers ask for before they subscribe. */
export function showPushKey({ config }: Pick<ServiceContext, "config">): PushKey {
  if (config.VAPID_KEYS === undefined) throw notFound("push key");
  return { publicKey: publicKeyOf(config.VAPID_KEYS) };
}

/** From now on this browser gets pushes for whoever is signed in there; the same one again, also as somebody else, is moved. */
export async function addPushSubscription(
  ctx: ServiceContext,
  actor: UserActor,
  { endpoint, expirationTime, keys }: NewPushSubscription,
): Promise<PushSubscription> {
  const loopbackAllowed = ctx.config.ENVIRONMENT !== "production";
  const fault = outboundFault(endpoint, { loopbackAllowed });
  if (fault !== null)
    throw new AppError("TARGET_NOT_ALLOWED", "No push goes to this address.", { details: { reason: fault } });
  if (!(await arePushKeys(keys))) throw invalid("body.keys", "invalid_keys", "These are not keys of a browser.");
  const row = {
    userId: actor.id,
    sessionId: actor.sessionId,
    endpoint,
    ...keys,
    createdAt: ctx.clock.now(),
    expiresAt: expirationTime == null ? null : new Date(expirationTime),
  };
  const room = sql`(SELECT count(*) FROM push_subscriptions WHERE user_id = ${actor.id} AND endpoint <> ${endpoint}) < ${BROWSERS_A_PERSON}`;
  try {
    const [, stored] = await commit(ctx, [
      ensure(ctx.db, room),
      ctx.db
        .insert(pushSubscriptions)
        .values({ id: newId(), ...row })
        .onConflictDoUpdate({ target: pushSubscriptions.endpoint, set: row })
        .returning({ id: pushSubscriptions.id }),
    ]);
    const [{ id } = { id: "" }] = stored as { id: string }[];
    return { id, createdAt: row.createdAt.toISOString() };
  } catch (error) {
    if (wasRefused(error)) throw new AppError("LIMIT_REACHED", `At most ${BROWSERS_A_PERSON} browsers get pushes.`);
    throw error;
  }
}

export async function removePushSubscription(ctx: ServiceContext, actor: UserActor, id: string): Promise<void> {
  const own = and(eq(pushSubscriptions.id, id), eq(pushSubscriptions.userId, actor.id));
  const [gone] = await commit(ctx, [
    ctx.db.delete(pushSubscriptions).where(own).returning({ id: pushSubscriptions.id }),
  ]);
  if ((gone as unknown[]).length === 0) throw notFound("push subscription");
}
