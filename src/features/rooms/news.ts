import { and, eq } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { roomMembers, rooms } from "../../db/schema/rooms.ts";
import { users } from "../../db/schema/users.ts";
import type { EventOf } from "../../events/catalogue.ts";
import { roomInfo } from "./service.ts";

type News = EventOf<"room.member_changed">;

/** Tells the object of a room how the room is now; of one that is gone, another event tells. */
export async function tellRoom(ctx: ServiceContext, roomId: string, eventId: string): Promise<void> {
  const [room] = await ctx.db.select().from(rooms).where(eq(rooms.id, roomId));
  if (room) await ctx.rooms(roomId).roomChanged(roomInfo(room), eventId);
}

/** Tells the object of a room what became of a member, unless something else has become of them since, which has an event of its own. */
export async function tellMember(ctx: ServiceContext, news: News, eventId: string): Promise<void> {
  const { roomId, userId } = news;
  const [now] = await ctx.db
    .select({
      username: users.username,
      avatarUrl: users.avatarUrl,
      role: roomMembers.role,
      state: roomMembers.state,
      mutedUntil: roomMembers.mutedUntil,
    })
    .from(rooms)
    .innerJoin(users, eq(users.id, userId))
    .leftJoin(roomMembers, and(eq(roomMembers.roomId, rooms.id), eq(roomMembers.userId, userId)))
    .where(eq(rooms.id, roomId));
  if (!now || !stillTrue(news, now)) return;
  const user = { id: userId, username: now.username, avatarUrl: now.avatarUrl };
  const { type: _, roomId: __, ...change } = news;
  await ctx.rooms(roomId).memberChanged({ ...change, ...(COMES_OR_GOES.has(news.change) && { user }) }, eventId);
}

const COMES_OR_GOES = new Set<News["change"]>(["joined", "left"]);

interface Now {
  role: "owner" | "moderator" | "member" | null;
  state: "invited" | "joined" | "banned" | null;
  mutedUntil: Date | null;
}

function stillTrue(news: News, { role, state, mutedUntil }: Now): boolean {
  switch (news.change) {
    case "joined":
      return state === "joined";
    case "left":
      return state !== "joined";
    case "banned":
      return state === "banned";
    case "unbanned":
      return state !== "banned";
    case "role":
      return state === "joined" && role === news.role;
    default:
      return state === "joined" && (mutedUntil?.toISOString() ?? null) === (news.mutedUntil ?? null);
  }
}
