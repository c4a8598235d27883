import { and, eq, getTableColumns, inArray, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Db, Statement } from "../../db/client.ts";
import { ensure } from "../../db/guard.ts";
import { oneTimeTokens } from "../../db/schema/auth.ts";
import { users } from "../../db/schema/users.ts";
import { AppError } from "../../platform/errors.ts";
import { hashToken } from "../../platform/secrets.ts";
import type { UserRow } from "../users/schema.ts";

const { createdAt: _, ...tokenColumns } = getTableColumns(oneTimeTokens);
type TokenRow = Omit<typeof oneTimeTokens.$inferSelect, "createdAt">;
export type Purpose = TokenRow["purpose"];

export interface FoundToken {
  token: TokenRow;
  user: UserRow;
}

export interface TokenOrder {
  hash: string;
  purpose: Purpose;
  lifeMs: number;
  payload?: TokenRow["payload"];
  /** The mail that carries it: whoever the mail is for owns the token, and without a mail there is none. */
  mailId: string;
}

/** Stores the token's hash for whoever gets the mail, in the batch that orders it. The older token of its purpose ends. */
export function storeToken(
  ctx: Pick<ServiceContext, "db" | "clock">,
  { hash, purpose, lifeMs, payload, mailId }: TokenOrder,
): Statement {
  const now = ctx.clock.now().getTime();
  const carried = payload ? JSON.stringify(payload) : null;
  return ctx.db.run(sql`INSERT INTO one_time_tokens (hash, user_id, purpose, payload, created_at, expires_at)
    SELECT ${hash}, user_id, ${purpose}, ${carried}, ${now}, ${now + lifeMs} FROM mails WHERE id = ${mailId}
    ON CONFLICT (user_id, purpose) DO UPDATE SET hash = excluded.hash, payload = excluded.payload,
      created_at = excluded.created_at, expires_at = excluded.expires_at, used_at = NULL`);
}

/** The token and whose it is. Throws `INVALID_TOKEN` for one that was used, is too old or never was. */
export async function findToken(
  ctx: Pick<ServiceContext, "db" | "clock">,
  token: string,
  purposes: readonly [Purpose, ...Purpose[]],
): Promise<FoundToken> {
  const [found] = await ctx.db
    .select({ token: tokenColumns, user: users })
    .from(oneTimeTokens)
    .innerJoin(users, eq(users.id, oneTimeTokens.userId))
    .where(and(eq(oneTimeTokens.hash, await hashToken(token)), inArray(oneTimeTokens.purpose, purposes)));
  if (!found || found.token.usedAt || found.token.expiresAt <= ctx.clock.now()) throw invalidToken();
  return found;
}

/** Spends the token in the batch of its effect, or aborts the batch: of two at once, one wins. */
export function spend(ctx: Pick<ServiceContext, "db" | "clock">, { hash }: TokenRow): [Statement, Statement] {
  const now = ctx.clock.now();
  const live = sql`hash = ${hash} AND used_at IS NULL AND expires_at > ${now.getTime()}`;
  return [
    ensure(ctx.db, sql`EXISTS (SELECT 1 FROM one_time_tokens WHERE ${live})`),
    ctx.db.update(oneTimeTokens).set({ usedAt: now }).where(live),
  ];
}

/** Ends what was sent and not yet used: a new password or address makes older links void. */
export const endTokens = (db: Db, userId: string, purposes: readonly Purpose[]): Statement =>
  db.delete(oneTimeTokens).where(and(eq(oneTimeTokens.userId, userId), inArray(oneTimeTokens.purpose, [...purposes])));

export const invalidToken = (): AppError =>
  new AppError("INVALID_TOKEN", "This link was used, is too old, or never was one.");
