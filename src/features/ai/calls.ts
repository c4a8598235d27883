import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { type AI_FEATURES, aiCalls, aiSpend } from "../../db/schema/ai.ts";
import type { AiFailure, AiUsage } from "../../platform/ai/provider.ts";
import { newId } from "../../platform/ids.ts";
import { count } from "../../platform/metrics.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "config" | "ai">;

export interface Call {
  userId: string;
  jobId?: string | undefined;
  feature: (typeof AI_FEATURES)[number];
  templateVersion: number;
  outcome: "OK" | AiFailure;
  usage: AiUsage | undefined;
  startedAt: Date;
}

/** Millionths of the currency: a price for a million tokens is as many millionths for one. */
export const costMicros = (
  { AI_PRICE_INPUT, AI_PRICE_OUTPUT }: Pick<ServiceContext["config"], "AI_PRICE_INPUT" | "AI_PRICE_OUTPUT">,
  { inputTokens, outputTokens }: AiUsage,
): number => Math.round(inputTokens * AI_PRICE_INPUT + outputTokens * AI_PRICE_OUTPUT);

/** What a call took, for the batch that writes its effect. */
export function recordCall(ctx: Ctx, { startedAt, usage, ...call }: Call): Statement[] {
  const now = ctx.clock.now();
  const { inputTokens, outputTokens } = usage ?? { inputTokens: 0, outputTokens: 0 };
  const cost = costMicros(ctx.config, { inputTokens, outputTokens });
  const { model } = ctx.ai;
  count("ai_tokens_total", { model, direction: "input" }, inputTokens);
  count("ai_tokens_total", { model, direction: "output" }, outputTokens);
  return [
    ctx.db.insert(aiCalls).values({
      ...call,
      id: newId(),
      provider: ctx.ai.name,
      model,
      inputTokens,
      outputTokens,
      latencyMs: Math.max(0, now.getTime() - startedAt.getTime()),
      costMicros: cost,
      createdAt: now,
    }),
    ctx.db
      .insert(aiSpend)
      .values({ day: now.toISOString().slice(0, 10), calls: 1, inputTokens, outputTokens, costMicros: cost })
      .onConflictDoUpdate({
        target: aiSpend.day,
        set: {
          calls: sql`${aiSpend.calls} + 1`,
          inputTokens: sql`${aiSpend.inputTokens} + ${inputTokens}`,
          outputTokens: sql`${aiSpend.outputTokens} + ${outputTokens}`,
          costMicros: sql`${aiSpend.costMicros} + ${cost}`,
        },
      }),
  ];
}
