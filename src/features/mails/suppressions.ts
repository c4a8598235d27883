import type { SQL } from "drizzle-orm";
import { and, eq, gt, ne, or, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { batch } from "../../db/client.ts";
import type { SuppressionReason } from "../../db/schema/mails.ts";
import { mailKindOptOuts, mailOptOuts, mailSuppressions } from "../../db/schema/mails.ts";
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

/** Whether somebody wants no mail of a kind of notification, or of any; both are expressions of the query. */
export const unsubscribedFrom = (userId: SQL, kind: SQL): SQL<number> => sql<number>`(
  EXISTS (SELECT 1 FROM mail_opt_outs o WHERE o.user_id = ${userId})
  OR EXISTS (SELECT 1 FROM mail_kind_opt_outs k WHERE k.user_id = ${userId} AND k.kind = ${kind}))`;

/** The kinds of which somebody wants no mail; a row without a kind is all of them. */
export const selectOptOuts = ({ db }: Pick<ServiceContext, "db">, userId: string): Statement =>
  db.all(sql`SELECT NULL AS kind FROM mail_opt_outs WHERE user_id = ${userId}
    UNION ALL SELECT kind FROM mail_kind_opt_outs WHERE user_id = ${userId}`);

/** Mail of these kinds again. Who had stopped all of them keeps the others stopped. */
export function optInTo(ctx: Ctx, userId: string, kinds: readonly string[], all: readonly string[]): Statement[] {
  if (kinds.length === 0) return [];
  const others = JSON.stringify(all.filter((kind) => !kinds.includes(kind)));
  return [
    ctx.db.run(sql`INSERT INTO mail_kind_opt_outs (user_id, kind, created_at)
      SELECT o.user_id, e.value, ${ctx.clock.now().getTime()} FROM mail_opt_outs o, json_each(${others}) e
      WHERE o.user_id = ${userId} ON CONFLICT DO NOTHING`),
    optIn(ctx, userId),
    ctx.db
      .delete(mailKindOptOuts)
      .where(
        and(
          eq(mailKindOptOuts.userId, userId),
          sql`${mailKindOptOuts.kind} IN (SELECT value FROM json_each(${JSON.stringify(kinds)}))`,
        ),
      ),
  ];
}

/** No mail of the link's kind from now on, or, where it names none, no mail but that about the account's security. */
export async function unsubscribe(ctx: ServiceContext, token: string): Promise<void> {
  const found = await openUnsubscribeToken(ctx, token);
  if (found === null) throw new AppError("INVALID_TOKEN", "This link is damaged.");
  const { userId, kind } = found;
  const now = ctx.clock.now().getTime();
  const who = sql`FROM users WHERE id = ${userId} ON CONFLICT DO NOTHING`;
  await batch(ctx.db, [
    kind === null
      ? ctx.db.run(sql`INSERT INTO mail_opt_outs (user_id, created_at) SELECT id, ${now} ${who}`)
      : ctx.db.run(sql`INSERT INTO mail_kind_opt_outs (user_id, kind, created_at) SELECT id, ${kind}, ${now} ${who}`),
  ]);
}

/** Without a kind it stops all notifications; the links of old mails do. */
const signatureOf = (ctx: Pick<ServiceContext, "config">, userId: string, kind: string | null): Promise<string> =>
  sign(`unsubscribe:${userId}${kind === null ? "" : `:${kind}`}`, ctx.config.TOKEN_SECRET);

/** Works logged out and for as long as the mail lies around; all it can do is stop mail. */
export async function unsubscribeUrl(
  ctx: Pick<ServiceContext, "config">,
  appUrl: string,
  userId: string,
  kind: string | null = null,
): Promise<string> {
  const whose = kind === null ? userId : `${userId}.${kind}`;
  return `${appUrl}/api/v1/mail/unsubscribe?token=${whose}.${await signatureOf(ctx, userId, kind)}`;
}

/** Whose token it is, and what it stops; null when it is nobody's. */
export async function openUnsubscribeToken(
  ctx: Pick<ServiceContext, "config">,
  token: string,
): Promise<{ userId: string; kind: string | null } | null> {
  const parts = token.split(".");
  const [userId = "", middle] = parts;
  const kind = parts.length === 3 ? (middle ?? null) : null;
  return parts.at(-1) === (await signatureOf(ctx, userId, kind)) ? { userId, kind } : null;
}
