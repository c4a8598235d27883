import { and, asc, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { identities } from "../../db/schema/identities.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { notFound } from "../../platform/errors.ts";
import { audited } from "../audit/service.ts";
import { requireRecent } from "../auth/recency.ts";
import { hasAnotherWayIn, lastWayIn, toldOfWaysIn } from "../auth/ways-in.ts";
import type { Identity } from "./schema.ts";

/** One at each provider at most, so that the list needs no pages. */
export async function listIdentities(ctx: ServiceContext, actor: UserActor): Promise<Identity[]> {
  const rows = await ctx.db
    .select()
    .from(identities)
    .where(eq(identities.userId, actor.id))
    .orderBy(asc(identities.provider));
  return rows.map((row) => ({
    provider: row.provider,
    email: row.email,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt.toISOString(),
  }));
}

export async function removeIdentity(ctx: ServiceContext, actor: UserActor, provider: string): Promise<void> {
  await requireRecent(ctx, actor);
  const mine = and(eq(identities.userId, actor.id), eq(identities.provider, provider));
  const target = { type: "user", id: actor.id };
  const remains = hasAnotherWayIn(ctx, actor.id, { provider });
  const told = await toldOfWaysIn(ctx, actor, "login_removed", { provider });
  try {
    await commit(
      ctx,
      [
        ensure(ctx.db, sql`EXISTS (SELECT 1 FROM identities WHERE ${mine}) AND ${remains}`),
        ctx.db.delete(identities).where(mine),
        audited(ctx, actor, { action: "identity.removed", target, details: { provider } }),
        ...told.statements,
      ],
      told.messages,
    );
  } catch (error) {
    if (!wasRefused(error)) throw error;
    const [kept] = await ctx.db.select({ provider: identities.provider }).from(identities).where(mine);
    throw kept ? lastWayIn() : notFound("linked login");
  }
}
