import { and, eq, inArray, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { formerMembers, roomMembers, rooms } from "../../db/schema/rooms.ts";
import type { Reaction } from "../../events/dispatch.ts";
import { everyRoomOf } from "../personal-data/export.ts";
import { tombstoneName } from "../users/rules.ts";
import { roomInfo } from "./service.ts";

interface Successor {
  roomId: string;
  userId: string;
}

/**
 * Takes somebody who was deleted out of every room they ever were in. Their words stay under the tombstone's name; a room
 * of theirs goes to its longest-standing moderator, or else member. `eventId` keeps a repetition from being told twice.
 */
export async function departFromRooms(ctx: ServiceContext, userId: string, eventId: string): Promise<Reaction> {
  const [all, joined, direct, successors] = await ctx.db.batch([
    everyRoomOf(ctx, userId),
    ctx.db
      .select({ roomId: roomMembers.roomId })
      .from(roomMembers)
      .where(and(eq(roomMembers.userId, userId), eq(roomMembers.state, "joined"))),
    ctx.db
      .select()
      .from(rooms)
      .where(
        and(
          eq(rooms.kind, "direct"),
          inArray(
            rooms.id,
            ctx.db.select({ roomId: roomMembers.roomId }).from(roomMembers).where(eq(roomMembers.userId, userId)),
          ),
        ),
      ),
    successorsTo(ctx, userId),
  ]);
  const nobody = { id: userId, username: tombstoneName(userId), avatarUrl: null };
  const present = new Set(joined.map((row) => row.roomId));
  const renamed = new Map(direct.map((room) => [room.id, roomInfo(room)]));
  const heirs = new Map(successors.map((row) => [row.roomId, row.userId]));
  await Promise.all(
    all.map(async ({ roomId }) => {
      const room = ctx.rooms(roomId);
      await room.forget(nobody);
      const info = renamed.get(roomId);
      if (info) await room.roomChanged(info, `${eventId} room`);
      if (present.has(roomId) && !info)
        await room.memberChanged({ userId, change: "left", user: nobody }, `${eventId} left`);
      const heir = heirs.get(roomId);
      if (heir) await room.memberChanged({ userId: heir, change: "role", role: "owner" }, `${eventId} owner`);
    }),
  );
  return { statements: [...successors.map((heir) => promote(ctx, heir)), ...forget(ctx, userId)] };
}

const successorsTo = (ctx: ServiceContext, userId: string) =>
  ctx.db
    .select({
      roomId: sql<string>`mine.room_id`.as("owned_room_id"),
      userId:
        sql<string>`(SELECT m.user_id FROM room_members m WHERE m.room_id = mine.room_id AND m.state = 'joined' AND m.user_id <> ${userId}
        ORDER BY m.role = 'moderator' DESC, m.joined_at, m.user_id LIMIT 1)`.as("heir_id"),
    })
    .from(sql`room_members AS mine`)
    .where(sql`mine.user_id = ${userId} AND mine.role = 'owner' AND heir_id IS NOT NULL`);

const promote = (ctx: ServiceContext, { roomId, userId }: Successor) =>
  ctx.db
    .update(roomMembers)
    .set({ role: "owner" })
    .where(and(eq(roomMembers.roomId, roomId), eq(roomMembers.userId, userId)));

/** The former memberships last: a trigger notes one for each membership that ends. */
const forget = (ctx: ServiceContext, userId: string) => [
  ctx.db.delete(roomMembers).where(eq(roomMembers.userId, userId)),
  ctx.db.delete(formerMembers).where(eq(formerMembers.userId, userId)),
];
