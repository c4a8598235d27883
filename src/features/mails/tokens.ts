import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { oneTimeTokens } from "../../db/schema/auth.ts";
import { hashToken, sign } from "../../platform/secrets.ts";
import type { Template } from "./templates.ts";

/** Derived from the mail, so that sending again carries the same link; only its hash is stored. It ends the older one of its purpose. */
export async function linkToken(
  ctx: ServiceContext,
  mail: { id: string; userId: string },
  { purpose, lifeMs }: NonNullable<Template["token"]>,
): Promise<string> {
  const token = await sign(`${purpose}:${mail.id}`, ctx.config.TOKEN_SECRET);
  const now = ctx.clock.now();
  const fresh = {
    hash: await hashToken(token),
    createdAt: now,
    expiresAt: new Date(now.getTime() + lifeMs),
    usedAt: null,
  };
  await ctx.db
    .insert(oneTimeTokens)
    .values({ ...fresh, userId: mail.userId, purpose })
    .onConflictDoUpdate({
      target: [oneTimeTokens.userId, oneTimeTokens.purpose],
      set: fresh,
      setWhere: sql`${oneTimeTokens.hash} <> ${fresh.hash}`,
    });
  return token;
}
