import { and, count, desc, eq, isNull, lt, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Channel, DeliveryStatus } from "../../db/schema/notifications.ts";
import { notifications } from "../../db/schema/notifications.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { notFound } from "../../platform/errors.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import type { Delivery, Notification, ReadRequest, UnreadCount } from "./schema.ts";

/** Newest first. What somebody wants told by other channels only is not in it. */
export async function listNotifications(
  ctx: Pick<ServiceContext, "db" | "config">,
  actor: UserActor,
  { unread = false }: { unread?: boolean | undefined },
  query: PageQuery,
): Promise<Paged<Notification>> {
  const list = { name: "notifications", filters: { userId: actor.id, unread } };
  const { after, offset } = await startOf(ctx, list, query);
  const rows = await ctx.db
    .select()
    .from(notifications)
    .where(
      and(
        eq(notifications.userId, actor.id),
        sql`${notifications.listed} = 1`,
        unread ? isNull(notifications.readAt) : undefined,
        after === null ? undefined : lt(notifications.id, after),
      ),
    )
    .orderBy(desc(notifications.id))
    .limit(query.limit + 1)
    .offset(offset);
  const paged = await toPage(ctx, list, query, rows, ({ id }) => id);
  return { ...paged, items: paged.items.map(toNotification) };
}

export async function countUnread(ctx: Pick<ServiceContext, "db">, actor: UserActor): Promise<UnreadCount> {
  const [row] = await selectUnread(ctx, actor.id);
  return { count: row?.unread ?? 0 };
}

/** For one's own batch: a column `unread`. */
export const selectUnread = ({ db }: Pick<ServiceContext, "db">, userId: string) =>
  db
    .select({ unread: count().as("unread") })
    .from(notifications)
    .where(and(eq(notifications.userId, userId), isNull(notifications.readAt), sql`${notifications.listed} = 1`));

/** Marks them read and calls off what other channels were still to tell of them. Ids that are not one's own do nothing. */
export async function markRead(ctx: ServiceContext, actor: UserActor, request: ReadRequest): Promise<UnreadCount> {
  const now = ctx.clock.now();
  const asOf = Date.now();
  const own = and(
    eq(notifications.userId, actor.id),
    isNull(notifications.readAt),
    sql`${notifications.listed} = 1`,
    request.ids !== undefined
      ? sql`${notifications.id} IN (SELECT value FROM json_each(${JSON.stringify(request.ids)}))`
      : undefined,
  );
  const [, , unread] = await commit(ctx, [
    ctx.db.run(sql`
      UPDATE notification_deliveries SET status = 'suppressed', reason = 'seen', due_at = NULL, at = ${now.getTime()}
      WHERE due_at IS NOT NULL AND notification_id IN (SELECT ${notifications.id} FROM ${notifications} WHERE ${own})`),
    ctx.db.update(notifications).set({ readAt: now }).where(own),
    selectUnread(ctx, actor.id),
  ]);
  const count = (unread as { unread: number }[])[0]?.unread ?? 0;
  ctx.later(tellUnread(ctx, actor.id, { count, asOf }));
  return { count };
}

/** Sockets that miss it hear the right number with the next notification. */
async function tellUnread(ctx: ServiceContext, userId: string, unread: { count: number; asOf: number }): Promise<void> {
  try {
    await ctx.hubs(userId).unread(unread);
  } catch (error) {
    ctx.logger.error("sockets were not told what is unread", error);
  }
}

interface DeliveryRow {
  channel: Channel;
  status: DeliveryStatus;
  reason: string | null;
  at: number;
  mailStatus: "queued" | "sent" | "failed" | null;
  mailAt: number | null;
  suppressed: string | null;
  failure: string | null;
}

/** What became of one of my notifications, by channel. Once a mail carries it, that mail says how it stands. */
export async function listDeliveries(
  ctx: Pick<ServiceContext, "db">,
  actor: UserActor,
  id: string,
): Promise<Delivery[]> {
  const rows = await ctx.db.all<DeliveryRow>(sql`
    SELECT d.channel AS channel, d.status AS status, d.reason AS reason, d.at AS at,
      m.status AS mailStatus, m.sent_at AS mailAt, m.suppressed AS suppressed, m.failure AS failure
    FROM notifications n JOIN notification_deliveries d ON d.notification_id = n.id
    LEFT JOIN mails m ON m.dedupe_key = d.mail_key
    WHERE n.id = ${id} AND n.user_id = ${actor.id}
    ORDER BY CASE d.channel WHEN 'in_app' THEN 1 WHEN 'email' THEN 2 ELSE 3 END`);
  if (rows.length === 0) throw notFound("notification");
  return rows.map(toDelivery);
}

function toDelivery(row: DeliveryRow): Delivery {
  const channel = row.channel === "in_app" ? "inApp" : row.channel;
  const at = (ms: number) => new Date(ms).toISOString();
  if (row.mailStatus === "sent") return { channel, status: "sent", at: at(row.mailAt ?? row.at) };
  if (row.mailStatus === "failed") {
    const status = row.suppressed === null ? "failed" : "suppressed";
    return { channel, status, reason: row.suppressed ?? "not_delivered", at: at(row.at) };
  }
  return { channel, status: row.status, ...(row.reason !== null && { reason: row.reason }), at: at(row.at) };
}

export const toNotification = (row: typeof notifications.$inferSelect): Notification => ({
  id: row.id,
  kind: row.kind,
  title: row.title,
  body: row.body,
  url: row.url,
  data: row.data,
  createdAt: row.createdAt.toISOString(),
  readAt: row.readAt?.toISOString() ?? null,
});
