import { eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { webhooks } from "../../db/schema/webhooks.ts";
import type { UserActor } from "../../platform/actor.ts";
import { requirePermission } from "../../platform/actor.ts";
import { newWebhookSecret } from "../../platform/webhook-signature.ts";
import { audited } from "../audit/service.ts";
import type { RotatedWebhook } from "./schema.ts";
import { sealSecret } from "./secrets.ts";
import { onlyWebhook, whereItExists } from "./service.ts";

const FORMER_COUNTS_MS = 24 * 60 * 60 * 1000;
/** A header bears a signature of each. */
const FORMER_SECRETS = 4;

/** A new secret. For a day messages are signed with the former one as well, so that the receiver changes when it suits. */
export async function rotateSecret(ctx: ServiceContext, actor: UserActor, id: string): Promise<RotatedWebhook> {
  requirePermission(actor, "webhooks:manage");
  const now = ctx.clock.now();
  const until = now.getTime() + FORMER_COUNTS_MS;
  const secret = newWebhookSecret();
  const formerSecrets = sql`(SELECT json_group_array(json(former)) FROM (
    SELECT former FROM (
      SELECT json_object('secret', ${webhooks.secret}, 'until', ${until}) AS former
      UNION ALL SELECT value FROM json_each(${webhooks.formerSecrets}) WHERE value ->> 'until' > ${now.getTime()})
    ORDER BY former ->> 'until' DESC LIMIT ${FORMER_SECRETS}))`;
  const set = { secret: await sealSecret(ctx, id, secret), formerSecrets, updatedAt: now };
  const [, stored] = await whereItExists(ctx, id, [
    ctx.db.update(webhooks).set(set).where(eq(webhooks.id, id)).returning(),
    audited(ctx, actor, { action: "webhook.secret_rotated", target: { type: "webhook", id } }),
  ]);
  return { ...onlyWebhook(stored), secret, formerSecretUntil: new Date(until).toISOString() };
}
