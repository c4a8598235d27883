import { lt } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { aiCalls, aiUsage } from "../../db/schema/ai.ts";

/** Long enough to look into a bill; what a day cost in all stays in `ai_spend`. */
const KEPT_MS = 90 * 24 * 60 * 60 * 1000;

/** Forgets what single calls took, and the quotas of days gone by. */
export async function purgeAiCalls({ db, clock }: Pick<ServiceContext, "db" | "clock">): Promise<void> {
  const before = new Date(clock.now().getTime() - KEPT_MS);
  await batch(db, [
    db.delete(aiCalls).where(lt(aiCalls.createdAt, before)),
    db.delete(aiUsage).where(lt(aiUsage.day, before.toISOString().slice(0, 10))),
  ]);
}
