import { eq } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { sessions } from "../../db/schema/auth.ts";
import { sign } from "../../platform/secrets.ts";
import { invalidToken } from "./one-time.ts";

/** A signed "this was not me": it names a session and can only end it and have a new password chosen, so it needs no end of its own. */
export async function disavowal(ctx: Pick<ServiceContext, "config">, sessionId: string): Promise<string> {
  return `${sessionId}.${await sign(`not_me:${sessionId}`, ctx.config.TOKEN_SECRET)}`;
}

/** The session that a token disavows, and whose it is. Throws `INVALID_TOKEN`. */
export async function disavowedSession(
  ctx: Pick<ServiceContext, "config" | "db">,
  token: string,
): Promise<{ sessionId: string; userId: string }> {
  const sessionId = token.split(".")[0] ?? "";
  const [given, right] = [token, await disavowal(ctx, sessionId)].map((text) => new TextEncoder().encode(text));
  if (!given || given.length !== right?.length || !crypto.subtle.timingSafeEqual(given, right)) throw invalidToken();
  const [session] = await ctx.db.select({ userId: sessions.userId }).from(sessions).where(eq(sessions.id, sessionId));
  if (!session) throw invalidToken();
  return { sessionId, userId: session.userId };
}
