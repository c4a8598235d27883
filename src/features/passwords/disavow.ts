import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { commit, event } from "../../events/outbox.ts";
import { audited } from "../audit/service.ts";
import { disavowedSession } from "../auth/disavowal.ts";
import { revokeSession } from "../auth/sessions.ts";
import { mailWhose, messageOf } from "../mails/links.ts";

/** "This was not me": ends the session that the mail told of, and mails a link to choose a new password, once. */
export async function disavow(ctx: ServiceContext, token: string): Promise<void> {
  const { sessionId, userId } = await disavowedSession(ctx, token);
  const mail = await mailWhose(ctx, {
    who: sql`users.id = ${userId}`,
    template: "password_reset",
    dedupeKey: `password_reset:not_me:${sessionId}`,
  });
  const { insert, written } = messageOf(ctx, mail);
  const results = await commit(
    ctx,
    [
      revokeSession(ctx, { userId, sessionId, reason: "disavowed" }),
      ...mail.statements,
      insert,
      audited(ctx, { id: userId }, { action: "session.disavowed", target: { type: "session", id: sessionId } }),
      written,
    ],
    [event({ type: "session.ended", userId, sessionId })],
  );
  if ((results.at(-1) as unknown[]).length > 0) ctx.relayLater([mail.message]);
  await ctx.denyList.denySession(sessionId);
}
