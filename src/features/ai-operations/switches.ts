import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { AI_FEATURES, aiSpend, aiSwitches } from "../../db/schema/ai.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { requirePermission } from "../../platform/actor.ts";
import { AppError } from "../../platform/errors.ts";
import { audited } from "../audit/service.ts";
import type { SetSwitch, Switch } from "./schema.ts";

type Ctx = ServiceContext;
type Feature = (typeof AI_FEATURES)[number];

const CLOSED_FOR_S = 300;

export const utcDay = (at: Date): string => at.toISOString().slice(0, 10);

/** The switches that were touched, and what today cost so far; to be batched with what else is read. */
export const selectGate = (ctx: Pick<Ctx, "db" | "clock">) =>
  ctx.db
    .select({
      offFeatures: sql<string>`(SELECT json_group_array(feature) FROM ai_switches WHERE enabled = 0)`.as(
        "off_features",
      ),
      spentMicros:
        sql<number>`COALESCE((SELECT ${aiSpend.costMicros} FROM ai_spend WHERE day = ${utcDay(ctx.clock.now())}), 0)`.as(
          "spent_micros",
        ),
    })
    .from(sql`(SELECT 1)`);

type Gate = Awaited<ReturnType<typeof selectGate>>[number];

/** Why a feature cannot be used now; null when it can. Calls that run side by side may pass the budget by what they cost. */
export function closedBy(ctx: Pick<Ctx, "config">, gate: Gate | undefined, feature: Feature): string | null {
  const off = JSON.parse(gate?.offFeatures ?? "[]") as string[];
  if (ctx.config.AI_DISABLED.includes(feature) || off.includes(feature)) return "This AI feature is switched off.";
  const budget = ctx.config.AI_DAILY_BUDGET;
  if (budget !== undefined && (gate?.spentMicros ?? 0) >= budget * 1_000_000)
    return "Today's AI budget of this community is spent.";
  return null;
}

export function assertOpen(ctx: Pick<Ctx, "config">, gate: Gate | undefined, feature: Feature): void {
  const reason = closedBy(ctx, gate, feature);
  if (reason !== null) throw new AppError("UNAVAILABLE", reason, { details: { feature }, retryAfter: CLOSED_FOR_S });
}

export async function listSwitches(ctx: Ctx, actor: UserActor): Promise<Switch[]> {
  requirePermission(actor, "templates:manage");
  const rows = await ctx.db.select().from(aiSwitches);
  return AI_FEATURES.map((feature) => {
    const row = rows.find((one) => one.feature === feature);
    if (ctx.config.AI_DISABLED.includes(feature))
      return { feature, enabled: false, reason: "Switched off by the configuration.", changedAt: null };
    return {
      feature,
      enabled: row?.enabled ?? true,
      reason: row?.reason ?? "",
      changedAt: row?.changedAt.toISOString() ?? null,
    };
  });
}

/** Works at once and everywhere; jobs that wait fail with the reason, and their quota comes back. */
export async function setSwitch(ctx: Ctx, actor: UserActor, feature: Feature, input: SetSwitch): Promise<Switch> {
  requirePermission(actor, "templates:manage");
  const now = ctx.clock.now();
  const row = { feature, ...input, changedBy: actor.id, changedAt: now };
  await commit(ctx, [
    ctx.db.insert(aiSwitches).values(row).onConflictDoUpdate({ target: aiSwitches.feature, set: row }),
    audited(ctx, actor, {
      action: input.enabled ? "ai.switched_on" : "ai.switched_off",
      target: { type: "ai_feature", id: feature },
      details: { reason: input.reason },
    }),
  ]);
  return { feature, ...input, changedAt: now.toISOString() };
}
