import { z } from "zod";
import type { ServiceContext } from "../../context.ts";
import { spentStates } from "../../db/schema/identities.ts";
import { tokenClock } from "../../platform/clock.ts";
import { hashToken, randomToken } from "../../platform/secrets.ts";
import { seal, unseal } from "../../platform/sealing.ts";

export const FLOW_SECONDS = 10 * 60;

/** A browser on its way to a provider and back. It lives sealed in a cookie of that browser; D1 learns of it when it ends. */
const Flow = z.object({
  provider: z.string(),
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  redirectTo: z.string(),
  /** Who was signed in when it began: they want this login linked to their account. */
  link: z.object({ id: z.string(), sessionId: z.string() }).nullable(),
  expiresAt: z.number(),
});
export type Flow = z.infer<typeof Flow>;

type Ctx = Pick<ServiceContext, "config" | "db">;

export const newFlow = (began: Pick<Flow, "provider" | "redirectTo" | "link">): Flow => ({
  ...began,
  state: randomToken(),
  nonce: randomToken(),
  codeVerifier: randomToken(),
  expiresAt: tokenClock.now().getTime() + FLOW_SECONDS * 1000,
});

const sealOf = ({ config }: Pick<Ctx, "config">) => ({ secret: config.TOKEN_SECRET, purpose: "oauth-flow" }) as const;

export const sealFlow = (ctx: Pick<Ctx, "config">, flow: Flow): Promise<string> =>
  seal(JSON.stringify(flow), sealOf(ctx));

/** The flow that this browser began with this state, or null; it is spent by being asked for. */
export async function takeFlow(
  ctx: Ctx,
  cookie: string | undefined,
  provider: string,
  state: string | null,
): Promise<Flow | null> {
  const text = cookie === undefined ? null : await unseal(cookie, sealOf(ctx));
  if (text === null) return null;
  const flow = Flow.parse(JSON.parse(text));
  const fits = flow.provider === provider && flow.state === state && flow.expiresAt > tokenClock.now().getTime();
  if (!fits) return null;
  const spent = await ctx.db
    .insert(spentStates)
    .values({ hash: await hashToken(flow.state), expiresAt: new Date(flow.expiresAt) })
    .onConflictDoNothing()
    .returning({ hash: spentStates.hash });
  return spent.length > 0 ? flow : null;
}
