import { lt } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { notifications } from "../../db/schema/notifications.ts";
import { mailNotifications } from "./mailing.ts";
import { pushNotifications } from "./pushing.ts";

const KEPT_MS = 90 * 24 * 60 * 60 * 1000;

/** What waited for its time, and what failed and is to be tried again. */
export async function sendNotifications(
  ctx: ServiceContext,
): Promise<{ mails: number; digests: number; pushes: number }> {
  return { ...(await mailNotifications(ctx)), pushes: await pushNotifications(ctx) };
}

/** Forgets what was told long ago, with what became of it. No cause comes again after that. */
export async function purgeNotifications(ctx: Pick<ServiceContext, "db" | "clock">): Promise<void> {
  const before = new Date(ctx.clock.now().getTime() - KEPT_MS);
  await ctx.db.delete(notifications).where(lt(notifications.createdAt, before));
}
