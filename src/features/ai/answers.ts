import type { z } from "zod";
import type { ServiceContext } from "../../context.ts";
import { hashToken } from "../../platform/secrets.ts";

type Ctx = Pick<ServiceContext, "cache" | "ai" | "logger">;

const KEPT_S = 7 * 24 * 60 * 60;

/** The same question, to the same model, with the same version of the template. */
export const answerKey = async (
  { ai }: Pick<Ctx, "ai">,
  template: { name: string; version: number },
  input: unknown,
): Promise<string> =>
  `ai:${template.name}:${await hashToken(JSON.stringify([template.version, ai.name, ai.model, input]))}`;

/** The answer that was given to this question before. A cache that fails is a cache that has nothing. */
export async function recallAnswer<T>(ctx: Ctx, key: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    const found = schema.safeParse(await ctx.cache.get(key, "json"));
    return found.success ? found.data : undefined;
  } catch (error) {
    ctx.logger.warn("ai cache not read", { error: String(error) });
    return undefined;
  }
}

export async function keepAnswer(ctx: Ctx, key: string, answer: unknown): Promise<void> {
  try {
    await ctx.cache.put(key, JSON.stringify(answer), { expirationTtl: KEPT_S });
  } catch (error) {
    ctx.logger.warn("ai cache not written", { error: String(error) });
  }
}
