import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { award, xpChanged } from "./awards.ts";
import { localDay } from "./days.ts";
import { XP } from "./rules.ts";

interface Invitation {
  invitedId: string;
  invitedZone: string;
  inviterId: string;
  inviterZone: string;
}

/**
 * What an invitation pays once the invited person's address is verified and work of theirs is accepted, whichever comes last:
 * the same to both, under the invited person's id, so that it is paid once however often this is asked.
 */
export async function referralAwards(ctx: Pick<ServiceContext, "db" | "clock">, userId: string) {
  const [invitation] = await ctx.db.all<Invitation>(sql`
    SELECT invited.id AS invitedId, invited.timezone AS invitedZone, inviter.id AS inviterId, inviter.timezone AS inviterZone
    FROM users invited JOIN users inviter ON inviter.id = invited.referred_by AND inviter.id <> invited.id
    WHERE invited.id = ${userId} AND invited.email_verified_at IS NOT NULL AND invited.status = 'active' AND inviter.status = 'active'
      AND EXISTS (SELECT 1 FROM submissions WHERE author_id = invited.id AND status = 'accepted')
      AND NOT EXISTS (SELECT 1 FROM xp_entries WHERE user_id = inviter.id AND reason = 'referral' AND source_id = invited.id)`);
  if (!invitation) return {};
  const { invitedId, invitedZone, inviterId, inviterZone } = invitation;
  const pay = (receiver: string, zone: string) =>
    award(ctx, {
      userId: receiver,
      amount: XP.referral,
      reason: "referral",
      sourceType: "user",
      sourceId: invitedId,
      day: localDay(ctx.clock.now(), zone),
    });
  return {
    statements: [...pay(invitedId, invitedZone), ...pay(inviterId, inviterZone)],
    messages: [xpChanged(invitedId), xpChanged(inviterId)],
  };
}
