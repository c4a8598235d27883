import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { PushMessage, PushSender, PushTarget } from "../../platform/push/web-push.ts";
import { sendWebPush } from "../../platform/push/web-push.ts";

/** How far a message came: who has it now, and, where some do not, when to try them again or why not. */
export interface Reach {
  reached: string[];
  waiting: { seconds: number; reason: string } | null;
  refusal: string | null;
}

/** Sends a message to the browsers of a person that do not have it yet. What its push service no longer knows is forgotten. */
export async function pushTo(
  ctx: ServiceContext,
  userId: string,
  had: readonly string[],
  message: PushMessage,
): Promise<Reach> {
  const sender = senderOf(ctx);
  if (sender === null) return { reached: [], waiting: null, refusal: "not_configured" };
  const targets = await findTargets(ctx, userId, had);
  const results = await Promise.all(
    targets.map(async (target) => ({ id: target.id, outcome: await sendWebPush(sender, target, message) })),
  );
  const ofKind = (kind: string) => results.filter(({ outcome }) => outcome.kind === kind).map(({ id }) => id);
  await forget(ctx, ofKind("gone"));
  const outcomes = results.map(({ outcome }) => outcome);
  const later = outcomes.filter((outcome) => outcome.kind === "later");
  const refused = outcomes.find((outcome) => outcome.kind === "refused");
  const seconds = Math.max(0, ...later.map(({ retryAfterSeconds }) => retryAfterSeconds));
  return {
    reached: ofKind("sent"),
    waiting: later[0] ? { seconds, reason: later[0].reason } : null,
    refusal: refused?.reason ?? null,
  };
}

function senderOf({ config }: Pick<ServiceContext, "config">): PushSender | null {
  const { VAPID_KEYS: keys, APP_URL: app, ADMIN_EMAIL: admin, ENVIRONMENT } = config;
  if (keys === undefined) return null;
  const subject = app?.startsWith("https:") ? app : `mailto:${admin}`;
  return { keys, subject, loopbackAllowed: ENVIRONMENT !== "production" };
}

/** A browser whose session has ended gets nothing, even before its row is gone. */
const findTargets = (
  { db }: Pick<ServiceContext, "db">,
  userId: string,
  had: readonly string[],
): Promise<(PushTarget & { id: string })[]> =>
  db.all(sql`
    SELECT p.id AS id, p.endpoint AS endpoint, p.p256dh AS p256dh, p.auth AS auth
    FROM push_subscriptions p JOIN sessions s ON s.id = p.session_id AND s.revoked_at IS NULL
    WHERE p.user_id = ${userId} AND p.id NOT IN (SELECT value FROM json_each(${JSON.stringify(had)}))`);

async function forget({ db }: Pick<ServiceContext, "db">, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.run(sql`DELETE FROM push_subscriptions WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
}
