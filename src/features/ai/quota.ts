import { and, eq, inArray, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { aiUsage } from "../../db/schema/ai.ts";
import { users } from "../../db/schema/users.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError } from "../../platform/errors.ts";
import { addDays, endOfDay, localDay } from "../xp/days.ts";
import type { AiUsage } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "config">;
export type QuotaKind = "jobs" | "explanations";

const limitOf = ({ config }: Pick<Ctx, "config">, kind: QuotaKind): number =>
  kind === "jobs" ? config.AI_DAILY_JOBS : config.AI_DAILY_EXPLANATIONS;

/** True while the user may start another one on that day. */
export const hasQuota = (ctx: Ctx, kind: QuotaKind, userId: string, day: string) =>
  sql`COALESCE((SELECT used FROM ai_usage WHERE user_id = ${userId} AND day = ${day} AND kind = ${kind}), 0) < ${limitOf(ctx, kind)}`;

/** Counts one explanation; put `ensure(hasQuota)` before it in the same batch. */
export const chargeExplanation = (ctx: Pick<Ctx, "db">, userId: string, day: string): Statement =>
  ctx.db
    .insert(aiUsage)
    .values({ userId, day, kind: "explanations", used: 1 })
    .onConflictDoUpdate({
      target: [aiUsage.userId, aiUsage.day, aiUsage.kind],
      set: { used: sql`${aiUsage.used} + 1` },
    });

export const giveBackExplanation = (ctx: Pick<Ctx, "db">, userId: string, day: string): Statement =>
  ctx.db
    .update(aiUsage)
    .set({ used: sql`${aiUsage.used} - 1` })
    .where(
      and(eq(aiUsage.userId, userId), eq(aiUsage.day, day), eq(aiUsage.kind, "explanations"), sql`${aiUsage.used} > 0`),
    );

/** The refusal of somebody whose day is spent, with the seconds to their midnight. */
export const quotaExceeded = (ctx: Ctx, kind: QuotaKind, day: string, timezone: string): AppError =>
  new AppError("QUOTA_EXCEEDED", "Today's AI quota is spent; it is renewed at your midnight.", {
    details: { limit: limitOf(ctx, kind) },
    retryAfter: (endOfDay(day, timezone).getTime() - ctx.clock.now().getTime()) / 1000,
  });

export async function getUsage(ctx: Ctx, actor: UserActor): Promise<AiUsage> {
  const now = ctx.clock.now();
  const utcDay = now.toISOString().slice(0, 10);
  const rows = await ctx.db
    .select({ timezone: users.timezone, day: aiUsage.day, kind: aiUsage.kind, used: aiUsage.used })
    .from(users)
    .leftJoin(
      aiUsage,
      and(eq(aiUsage.userId, users.id), inArray(aiUsage.day, [addDays(utcDay, -1), utcDay, addDays(utcDay, 1)])),
    )
    .where(eq(users.id, actor.id));
  const timezone = rows[0]?.timezone ?? "UTC";
  const day = localDay(now, timezone);
  const allowance = (kind: QuotaKind) => {
    const used = rows.find((row) => row.day === day && row.kind === kind)?.used ?? 0;
    const limit = limitOf(ctx, kind);
    return { used, limit, remaining: Math.max(0, limit - used) };
  };
  return {
    day,
    jobs: allowance("jobs"),
    explanations: allowance("explanations"),
    resetsAt: endOfDay(day, timezone).toISOString(),
  };
}
