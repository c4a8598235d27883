import { and, eq, gt, ne, or, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { batch } from "../../db/client.ts";
import type { SuppressionReason } from "../../db/schema/mails.ts";
import { mailOptOuts, mailSuppressions } from "../../db/schema/mails.ts";
import { AppError } from "../../platform/errors.ts";
import { hashToken, sign } from "../../platform/secrets.ts";

type Ctx = Pick<ServiceContext, "db" | "clock">;

/** Mailboxes get mended: a bounce counts for so long. */
const BOUNCE_COUNTS_MS = 30 * 24 * 60 * 60 * 1000;

export const addressHash = (address: string): Promise<string> => hashToken(address.toLowerCase());

export async function addressFault(ctx: Ctx, address: string): Promise<SuppressionReason | null> {
  const since = new Date(ctx.clock.now().getTime() - BOUNCE_COUNTS_MS);
  const [found] = await ctx.db
    .select({ reason: mailSuppressions.reason })
    .from(mailSuppressions)
    .where(
      and(
        eq(mailSuppressions.addressHash, await addressHash(address)),
        or(ne(mailSuppressions.reason, "bounced"), gt(mailSuppressions.createdAt, since)),
      ),
    );
  return found?.reason ?? null;
}

/** The address gets no mail any more; after a complaint only mail about the account's security. The newest reason counts. */
export function suppressAddress(ctx: Ctx, hash: string, reason: SuppressionReason): Statement {
  const fresh = { reason, createdAt: ctx.clock.now() };
  return ctx.db
    .insert(mailSuppressions)
    .values({ addressHash: hash, ...fresh })
    .onConflictDoUpdate({ target: mailSuppressions.addressHash, set: fresh });
}

/** For whoever turns mail on again in their preferences. */
export const optIn = (ctx: Pick<ServiceContext, "db">, userId: string): Statement =>
  ctx.db.delete(mailOptOuts).where(eq(mailOptOuts.userId, userId));

/** No mail but that about the account's security, from now on. */
export async function unsubscribe(ctx: ServiceContext, token: string): Promise<void> {
  const userId = await userOfToken(ctx, token);
  if (userId === null) throw new AppError("INVALID_TOKEN", "This link is damaged.");
  await batch(ctx.db, [
    ctx.db.run(sql`INSERT INTO ${mailOptOuts} (user_id, created_at)
      SELECT id, ${ctx.clock.now().getTime()} FROM users WHERE id = ${userId} ON CONFLICT DO NOTHING`),
  ]);
}

const signatureOf = (ctx: Pick<ServiceContext, "config">, userId: string): Promise<string> =>
  sign(`unsubscribe:${userId}`, ctx.config.TOKEN_SECRET);

/** Works logged out and for as long as the mail lies around; all it can do is stop mail. */
export async function unsubscribeUrl(
  ctx: Pick<ServiceContext, "config">,
  appUrl: string,
  userId: string,
): Promise<string> {
  return `${appUrl}/api/v1/mail/unsubscribe?token=${userId}.${await signatureOf(ctx, userId)}`;
}

/** Whose token it is; null when it is nobody's. */
export async function userOfToken(ctx: Pick<ServiceContext, "config">, token: string): Promise<string | null> {
  const [userId = "", signature] = token.split(".");
  return signature === (await signatureOf(ctx, userId)) ? userId : null;
}
