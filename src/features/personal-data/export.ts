import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { eq, getTableColumns, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { auditLog } from "../../db/schema/audit.ts";
import { formerMembers, roomMembers } from "../../db/schema/rooms.ts";
import type { UserActor } from "../../platform/actor.ts";
import { requireFreshUser } from "../auth/fresh.ts";
import { toUser } from "../users/schema.ts";
import type { Holding } from "./holdings.ts";
import { HOLDINGS } from "./holdings.ts";
import type { PersonalData } from "./schema.ts";

/** How many room objects are asked at a time. */
const ROOMS_AT_A_TIME = 10;

/** Everything that is held on the caller: the rows that `HOLDINGS` names, what is said about them, and what they wrote in rooms. */
export async function exportPersonalData(ctx: ServiceContext, actor: UserActor): Promise<PersonalData> {
  const user = await requireFreshUser(ctx, actor);
  const exported = HOLDINGS.flatMap((holding) =>
    typeof holding.exported === "string" ? [{ holding, name: holding.exported }] : [],
  );
  const [roomIds, aboutMe, ...rows] = await ctx.db.batch([
    everyRoomOf(ctx, actor.id),
    ctx.db
      .select({ at: auditLog.at, action: auditLog.action, details: auditLog.details })
      .from(auditLog)
      .where(eq(auditLog.targetId, actor.id)),
    ...exported.map(({ holding }) => rowsOf(ctx, holding, actor.id)),
  ]);
  const held = Object.fromEntries(exported.map(({ name }, index) => [name, rows[index] ?? []]));
  const messages = await messagesOf(
    ctx,
    actor.id,
    roomIds.map((row) => row.roomId),
  );
  return {
    exportedAt: ctx.clock.now().toISOString(),
    profile: toUser(user),
    ...held,
    auditLogAboutMe: aboutMe,
    messages,
  };
}

/** Rows as the code names their fields, instants and JSON decoded. */
function rowsOf(ctx: Pick<ServiceContext, "db">, { column, omit = [] }: Holding, userId: string) {
  const fields = Object.entries(getTableColumns(column.table)) as [string, SQLiteColumn][];
  const wanted = fields.filter(([name, field]) => field.name !== column.name && !omit.includes(name));
  return ctx.db.select(Object.fromEntries(wanted)).from(column.table).where(eq(column, userId));
}

/** The rooms that somebody is in, was in, or is invited to: wherever words of theirs can be. */
export const everyRoomOf = (ctx: Pick<ServiceContext, "db">, userId: string) =>
  ctx.db
    .selectDistinct({ roomId: sql<string>`room_id`.as("room_id_") })
    .from(
      sql`(SELECT room_id FROM ${roomMembers} WHERE user_id = ${userId} UNION SELECT room_id FROM ${formerMembers} WHERE user_id = ${userId})`,
    );

async function messagesOf(ctx: ServiceContext, userId: string, roomIds: readonly string[]): Promise<unknown[]> {
  const all: unknown[] = [];
  for (let i = 0; i < roomIds.length; i += ROOMS_AT_A_TIME) {
    const some = roomIds.slice(i, i + ROOMS_AT_A_TIME);
    all.push(...(await Promise.all(some.map((roomId) => messagesIn(ctx, userId, roomId)))).flat());
  }
  return all;
}

type OwnMessages = Awaited<ReturnType<ReturnType<ServiceContext["rooms"]>["exportOf"]>>;

async function messagesIn(ctx: ServiceContext, userId: string, roomId: string): Promise<unknown[]> {
  const all: unknown[] = [];
  let after: number | null = 0;
  while (after !== null) {
    const part: OwnMessages = await ctx.rooms(roomId).exportOf(userId, after);
    all.push(...part.messages.map((message) => ({ roomId, ...message })));
    after = part.next;
  }
  return all;
}
