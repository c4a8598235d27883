import type { SQL } from "drizzle-orm";
import { and, desc, eq, lt, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { ServiceContext } from "../../context.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { messageReports } from "../../db/schema/message-reports.ts";
import { users } from "../../db/schema/users.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { can, requirePermission } from "../../platform/actor.ts";
import { AppError, brokeUnique, notFound } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { audited } from "../audit/service.ts";
import { findAccess } from "../rooms/queries.ts";
import { assertModerates, assertReads } from "../rooms/rules.ts";
import type { Decision, Receipt, Report, ReportFilters } from "./schema.ts";

/** For moderators of the room and for administrators. What was said is kept with it, should it be deleted or edited. */
export async function reportMessage(
  ctx: ServiceContext,
  actor: UserActor,
  { roomId, messageId, reason }: { roomId: string; messageId: string; reason: string },
): Promise<Receipt> {
  assertReads(await findAccess(ctx, actor, roomId));
  const message = await ctx.rooms(roomId).message(messageId, actor.id);
  if (message === null || message.body === null) throw notFound("message");
  if (message.author.id === actor.id) throw new AppError("NOT_YOURSELF", "You cannot report your own message.");
  const row = {
    id: newId(),
    roomId,
    messageId,
    messageSeq: message.seq,
    body: message.body,
    authorId: message.author.id,
    reporterId: actor.id,
    reason,
    createdAt: ctx.clock.now(),
  };
  const entry = { action: "message.reported", target: { type: "message", id: messageId }, details: { roomId } };
  try {
    await commit(ctx, [ctx.db.insert(messageReports).values(row), audited(ctx, actor, entry)]);
  } catch (error) {
    if (brokeUnique(error, "message_reports"))
      throw new AppError("CONFLICT", "You have reported this message already.");
    throw error;
  }
  return { id: row.id, status: "open" };
}

/** Of one room for who moderates it, or for an administrator. Newest first. */
export async function listReports(
  ctx: ServiceContext,
  actor: UserActor,
  roomId: string,
  { status, ...query }: ReportFilters & PageQuery,
): Promise<Paged<Report>> {
  await assertJudges(ctx, actor, roomId);
  return await pageOf(ctx, { roomId, status }, query, eq(messageReports.roomId, roomId));
}

/** Of every room, for administrators. */
export async function listAllReports(
  ctx: ServiceContext,
  actor: UserActor,
  { status, ...query }: ReportFilters & PageQuery,
): Promise<Paged<Report>> {
  requirePermission(actor, "rooms:moderate");
  return await pageOf(ctx, { status }, query, undefined);
}

/** An open report is decided once. What to do about the message and its author are acts of their own. */
export async function decideReport(
  ctx: ServiceContext,
  actor: UserActor,
  { roomId, reportId, status }: Decision & { roomId: string; reportId: string },
): Promise<Report> {
  await assertJudges(ctx, actor, roomId);
  const mine = and(eq(messageReports.id, reportId), eq(messageReports.roomId, roomId));
  const target = { type: "message_report", id: reportId };
  const open = sql`EXISTS (SELECT 1 FROM message_reports WHERE id = ${reportId} AND room_id = ${roomId} AND status = 'open')`;
  const change = { status, decidedBy: actor.id, decidedAt: ctx.clock.now() };
  const entry = { action: `message_report.${status}`, target, details: { roomId } };
  try {
    const results = await commit(ctx, [
      ensure(ctx.db, open),
      ctx.db.update(messageReports).set(change).where(mine),
      audited(ctx, actor, entry),
      reportRows(ctx, mine),
    ]);
    const [row] = results[3] as ReportRow[];
    if (!row) throw notFound("report");
    return toReport(row);
  } catch (error) {
    if (!wasRefused(error)) throw error;
    const [row] = await reportRows(ctx, mine);
    if (!row) throw notFound("report");
    throw new AppError("ILLEGAL_TRANSITION", `This report is ${row.status} already.`);
  }
}

/** Who reported something is no business of the room's members. */
async function assertJudges(ctx: ServiceContext, actor: UserActor, roomId: string): Promise<void> {
  const access = await findAccess(ctx, actor, roomId);
  if (!can(actor, "rooms:moderate")) assertModerates(access);
}

async function pageOf(
  ctx: ServiceContext,
  filters: { roomId?: string; status: Report["status"] },
  query: PageQuery,
  where: SQL | undefined,
): Promise<Paged<Report>> {
  const list = { name: "message reports", filters };
  const { after, offset } = await startOf(ctx, list, query);
  const behind = after === null ? undefined : lt(messageReports.id, after);
  const rows = await reportRows(ctx, and(where, eq(messageReports.status, filters.status), behind))
    .orderBy(desc(messageReports.id))
    .limit(query.limit + 1)
    .offset(offset);
  const paged = await toPage(ctx, list, query, rows, ({ reportId }) => reportId);
  return { ...paged, items: paged.items.map(toReport) };
}

const authors = alias(users, "author");
const reporters = alias(users, "reporter");
const nameOf = (who: "author" | "reporter") =>
  sql<string>`CASE WHEN ${sql.raw(who)}.privacy ->> 'showName' THEN ${sql.raw(who)}.display_name ELSE ${sql.raw(who)}.username END`.as(
    `${who}_shown`,
  );

/** Every column under a name of its own: D1 collapses same names. */
const reportRows = (ctx: Pick<ServiceContext, "db">, where: SQL | undefined) =>
  ctx.db
    .select({
      reportId: sql<string>`${messageReports.id}`.as("report_id"),
      roomId: messageReports.roomId,
      messageId: messageReports.messageId,
      messageSeq: messageReports.messageSeq,
      body: messageReports.body,
      reason: messageReports.reason,
      status: sql<Report["status"]>`${messageReports.status}`.as("report_status"),
      createdAt: sql<number>`${messageReports.createdAt}`.as("reported_at"),
      decidedAt: sql<number | null>`${messageReports.decidedAt}`.as("report_decided_at"),
      authorId: messageReports.authorId,
      authorUsername: sql<string>`${authors.username}`.as("author_username"),
      authorName: nameOf("author"),
      authorAvatar: sql<string | null>`${authors.avatarUrl}`.as("author_avatar"),
      reporterId: messageReports.reporterId,
      reporterUsername: sql<string>`${reporters.username}`.as("reporter_username"),
      reporterName: nameOf("reporter"),
      reporterAvatar: sql<string | null>`${reporters.avatarUrl}`.as("reporter_avatar"),
    })
    .from(messageReports)
    .innerJoin(authors, eq(authors.id, messageReports.authorId))
    .innerJoin(reporters, eq(reporters.id, messageReports.reporterId))
    .where(where);

type ReportRow = Awaited<ReturnType<typeof reportRows>>[number];

const toReport = (row: ReportRow): Report => ({
  id: row.reportId,
  roomId: row.roomId,
  messageId: row.messageId,
  messageSeq: row.messageSeq,
  body: row.body,
  author: {
    id: row.authorId,
    username: row.authorUsername,
    displayName: row.authorName,
    avatarUrl: row.authorAvatar,
  },
  reporter: {
    id: row.reporterId,
    username: row.reporterUsername,
    displayName: row.reporterName,
    avatarUrl: row.reporterAvatar,
  },
  reason: row.reason,
  status: row.status,
  createdAt: new Date(row.createdAt).toISOString(),
  decidedAt: row.decidedAt === null ? null : new Date(row.decidedAt).toISOString(),
});
