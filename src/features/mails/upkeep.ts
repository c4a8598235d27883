import { and, eq, lt, ne } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { batch } from "../../db/client.ts";
import { mails, mailSuppressions } from "../../db/schema/mails.ts";

const DAY_MS = 86_400_000;
/** As long as somebody may ask what became of a mail; its dedupe key lives no longer, and no cause does. */
const MAILS_KEPT_DAYS = 90;
const BOUNCES_KEPT_DAYS = 30;

/** Forgets old mails that are done, and bounces that no longer count. */
export async function purgeMails(ctx: Pick<ServiceContext, "db" | "clock">): Promise<void> {
  const before = (days: number) => new Date(ctx.clock.now().getTime() - days * DAY_MS);
  const oldBounces = and(
    eq(mailSuppressions.reason, "bounced"),
    lt(mailSuppressions.createdAt, before(BOUNCES_KEPT_DAYS)),
  );
  await batch(ctx.db, [
    ctx.db.delete(mails).where(and(ne(mails.status, "queued"), lt(mails.createdAt, before(MAILS_KEPT_DAYS)))),
    ctx.db.delete(mailSuppressions).where(oldBounces),
  ]);
}
