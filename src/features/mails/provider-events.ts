import { eq } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { batch } from "../../db/client.ts";
import type { SuppressionReason } from "../../db/schema/mails.ts";
import { mails } from "../../db/schema/mails.ts";
import { tokenClock } from "../../platform/clock.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import type { WebhookHeaders } from "../../platform/webhook-signature.ts";
import { verifyWebhook } from "../../platform/webhook-signature.ts";
import { faultOfEvent } from "./rules.ts";
import type { MailEvent } from "./schema.ts";
import { addressHash, suppressAddress } from "./suppressions.ts";

/** Throws `NOT_FOUND` where no provider may tell anything, and `UNAUTHENTICATED` for whoever does not hold the secret. */
export async function mustBeProvider(
  ctx: Pick<ServiceContext, "config">,
  headers: WebhookHeaders,
  body: string,
): Promise<void> {
  const secret = ctx.config.MAIL_WEBHOOK_SECRET;
  if (secret === undefined) throw notFound("webhook");
  if (!(await verifyWebhook(secret, headers, body, tokenClock.now())))
    throw new AppError("UNAUTHENTICATED", "The signature does not fit.");
}

/** Takes note of bounces and complaints: the mail failed after all, and its address gets none any more. Telling it twice changes nothing. */
export async function takeMailEvent(ctx: ServiceContext, { type, data }: MailEvent): Promise<void> {
  const fault = faultOfEvent(type, data.bounce?.type);
  if (fault === null) return;
  const hashes = await Promise.all((data.to ?? []).map(addressHash));
  await batch(ctx.db, [
    ...hashes.map((hash) => suppressAddress(ctx, hash, fault)),
    ...(data.email_id === undefined ? [] : [failed(ctx, data.email_id, fault)]),
  ]);
  ctx.logger.warn("mail came back", { fault, addresses: hashes.length });
}

/** A complaint is about a mail that did arrive, so only a bounce makes it fail. */
function failed({ db }: Pick<ServiceContext, "db">, providerId: string, fault: SuppressionReason): Statement {
  const set = fault === "bounced" ? { status: "failed" as const, failure: fault } : { failure: fault };
  return db.update(mails).set(set).where(eq(mails.providerId, providerId));
}
