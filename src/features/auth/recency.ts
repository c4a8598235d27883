import { and, eq, isNull } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { sessions } from "../../db/schema/auth.ts";
import type { UserActor } from "../../platform/actor.ts";
import { tokenClock } from "../../platform/clock.ts";
import { AppError } from "../../platform/errors.ts";
import { isRecent } from "./rules.ts";

type Ctx = Pick<ServiceContext, "db">;

/**
 * For calls that a stolen access token must not be enough for. Throws `TOKEN_REVOKED` when D1 says that the session has
 * ended, and `STEP_UP_REQUIRED` when nobody has shown a factor to it for ten minutes. One round trip.
 */
export async function requireRecent(ctx: Ctx, actor: Pick<UserActor, "id" | "sessionId">): Promise<void> {
  const [session] = await ctx.db
    .select({ createdAt: sessions.createdAt, verifiedAt: sessions.verifiedAt })
    .from(sessions)
    .where(and(eq(sessions.id, actor.sessionId), eq(sessions.userId, actor.id), isNull(sessions.revokedAt)));
  if (!session) throw new AppError("TOKEN_REVOKED", "This session has ended; sign in again.");
  if (!isRecent(session, tokenClock.now()))
    throw new AppError("STEP_UP_REQUIRED", "Show your password, a code or a passkey again for this.", {
      details: { stepUp: "/api/v1/auth/step-up" },
    });
}

/** Notes that this session was shown a factor just now. */
export const factorShown = (ctx: Ctx, { sessionId }: UserActor): Statement =>
  ctx.db.update(sessions).set({ verifiedAt: tokenClock.now() }).where(eq(sessions.id, sessionId));
