import { lt } from "drizzle-orm";
import type { ServiceContext } from "../context.ts";
import { batch } from "../db/client.ts";
import { idempotencyKeys, loginFailures, refreshTokens, sessions } from "../db/schema/auth.ts";
import { cronRuns } from "../db/schema/cron.ts";
import { deadLetters, eventDeliveries } from "../db/schema/events.ts";
import { spentStates } from "../db/schema/identities.ts";
import { mfaChallenges } from "../db/schema/mfa.ts";
import { passkeyChallenges } from "../db/schema/passkeys.ts";
import { tickets } from "../db/schema/tickets.ts";
import { sweep } from "../events/relay.ts";
import { purgeAiCalls } from "../features/ai/upkeep.ts";
import { compareBoards, keepFinals, wakeBoards } from "../features/leaderboards/upkeep.ts";
import { expireLeases, rescueStuck } from "../features/reviews/upkeep.ts";
import { ensureSuperadmin } from "../features/admin/superadmin.ts";
import { turnLeagueWeeks } from "../features/leagues/weeks.ts";
import { lookAgainForBadges, reconcileBadges } from "../features/achievements/upkeep.ts";
import { proveLedger } from "../features/xp/proof.ts";
import { purgeMails } from "../features/mails/upkeep.ts";
import { purgeNotifications, sendNotifications } from "../features/notifications/upkeep.ts";
import { sendWebhooks } from "../features/webhooks/sending.ts";
import { purgeWebhookDeliveries } from "../features/webhooks/upkeep.ts";
import { remindOfStreaks } from "../features/xp/risk.ts";
import type { CronJob } from "./schedule.ts";

const DAY_MS = 86_400_000;
const DELIVERIES_KEPT_DAYS = 14;
/** Longer than any session may rest, so that the reuse of an old token is still noticed. */
const SPENT_TOKENS_KEPT_DAYS = 91;
const RUNS_KEPT_DAYS = 7;
const REPLAYED_LETTERS_KEPT_DAYS = 30;
/** Until then a session still tells a known device from a new one. */
const ENDED_SESSIONS_KEPT_DAYS = 90;

/** What runs when. A job belongs to its feature; here it gets its name and its time. */
export const CRON_JOBS: readonly CronJob[] = [
  { name: "relay-outbox", every: "minute", run: sweep },
  { name: "expire-review-leases", every: "minute", run: expireLeases },
  { name: "rescue-stuck-reviews", every: "ten-minutes", run: rescueStuck },
  { name: "seed-superadmin", every: "minute", run: ensureSuperadmin },
  { name: "prove-ledger", every: "day", atHour: 3, run: proveLedger },
  { name: "reconcile-badges", every: "ten-minutes", run: reconcileBadges },
  { name: "look-again-for-badges", every: "hour", run: lookAgainForBadges },
  { name: "league-weeks", every: "ten-minutes", run: turnLeagueWeeks },
  { name: "compare-leaderboards", every: "minute", run: compareBoards },
  { name: "wake-leaderboards", every: "minute", run: wakeBoards },
  { name: "keep-final-standings", every: "ten-minutes", run: keepFinals },
  { name: "purge-mails", every: "day", atHour: 4, run: purgeMails },
  { name: "send-notifications", every: "minute", run: sendNotifications },
  { name: "send-webhooks", every: "minute", run: (ctx) => sendWebhooks(ctx) },
  { name: "remind-of-streaks", every: "hour", run: remindOfStreaks },
  { name: "purge-notifications", every: "day", atHour: 4, run: purgeNotifications },
  { name: "purge-ai-calls", every: "day", atHour: 4, run: purgeAiCalls },
  { name: "purge-webhook-deliveries", every: "day", atHour: 4, run: purgeWebhookDeliveries },
  { name: "purge-expired", every: "hour", run: purgeExpired },
];

async function purgeExpired(ctx: ServiceContext): Promise<void> {
  const now = ctx.clock.now().getTime();
  const before = (days: number) => new Date(now - days * DAY_MS);
  await batch(ctx.db, [
    ctx.db.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, before(1))),
    ctx.db.delete(eventDeliveries).where(lt(eventDeliveries.createdAt, before(DELIVERIES_KEPT_DAYS))),
    ctx.db.delete(cronRuns).where(lt(cronRuns.startedAt, before(RUNS_KEPT_DAYS))),
    ctx.db.delete(deadLetters).where(lt(deadLetters.replayedAt, before(REPLAYED_LETTERS_KEPT_DAYS))),
    ctx.db
      .delete(refreshTokens)
      .where(lt(refreshTokens.usedAt, new Date(Date.now() - SPENT_TOKENS_KEPT_DAYS * DAY_MS))),
    ctx.db
      .delete(sessions)
      .where(lt(sessions.absoluteExpiresAt, new Date(Date.now() - ENDED_SESSIONS_KEPT_DAYS * DAY_MS))),
    ctx.db.delete(loginFailures).where(lt(loginFailures.since, before(1))),
    ...[spentStates, mfaChallenges, passkeyChallenges, tickets].map((table) =>
      ctx.db.delete(table).where(lt(table.expiresAt, new Date(Date.now()))),
    ),
  ]);
}
