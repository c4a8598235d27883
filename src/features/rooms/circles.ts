import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Reaction } from "../../events/dispatch.ts";
import { newId } from "../../platform/ids.ts";
import { memberAnnouncement } from "./announcements.ts";

/** So many people one statement brings into a room; the rest of a larger circle comes with the next ones. */
const MOST_AT_ONCE = 1_000;

interface Facts {
  belongs: number;
  state: "invited" | "joined" | "banned" | null;
  role: "owner" | "moderator" | "member" | null;
  roomId: string | null;
}

/** Makes the room of a circle with its first member, and keeps its members those of the circle. It asks how things are now, so order does not matter. */
export async function followCircle(ctx: ServiceContext, goalId: string, userId: string): Promise<Reaction> {
  const [facts] = await ctx.db.all<Facts>(sql`
    SELECT EXISTS (SELECT 1 FROM goal_members gm WHERE gm.goal_id = g.id AND gm.user_id = ${userId}) AS belongs,
      c.room_id AS roomId, m.state AS state, m.role AS role
    FROM goals g LEFT JOIN circle_rooms c ON c.goal_id = g.id
      LEFT JOIN room_members m ON m.room_id = c.room_id AND m.user_id = ${userId}
    WHERE g.id = ${goalId}`);
  if (!facts) return {};
  if (facts.belongs) return facts.state === null ? enter(ctx, goalId, userId, facts.roomId) : {};
  if (facts.roomId === null || facts.state !== "joined" || facts.role === "owner") return {};
  const { roomId } = facts;
  const leave = ctx.db.run(sql`DELETE FROM room_members WHERE room_id = ${roomId} AND user_id = ${userId}
    AND state <> 'banned' AND role <> 'owner'`);
  return { statements: [leave], messages: [memberAnnouncement(roomId, { userId, change: "left" }).message] };
}

/** `circle_rooms` decides whose room it is when two make one at a time; the other leaves nothing behind. */
function enter(ctx: ServiceContext, goalId: string, userId: string, known: string | null): Reaction {
  const now = ctx.clock.now().getTime();
  const id = known ?? newId();
  const none = sql`NOT EXISTS (SELECT 1 FROM circle_rooms WHERE goal_id = ${goalId})`;
  const make = [
    ctx.db.run(sql`INSERT INTO rooms (id, kind, name, slow_mode_seconds, created_by, created_at, updated_at)
      SELECT ${id}, 'goal', substr(title, 1, 80), 0, owner_id, ${now}, ${now} FROM goals WHERE id = ${goalId} AND ${none}`),
    ctx.db.run(sql`INSERT INTO circle_rooms (goal_id, room_id)
      SELECT ${goalId}, id FROM rooms WHERE id = ${id} AND ${none}`),
    ctx.db.run(sql`INSERT INTO room_members (room_id, user_id, role, state, joined_at)
      SELECT c.room_id, g.owner_id, 'owner', 'joined', ${now} FROM circle_rooms c JOIN goals g ON g.id = c.goal_id
      WHERE c.goal_id = ${goalId} ON CONFLICT DO NOTHING`),
  ];
  const fill = ctx.db.run(sql`INSERT INTO room_members (room_id, user_id, role, state, joined_at)
    SELECT c.room_id, gm.user_id, 'member', 'joined', ${now} FROM circle_rooms c JOIN goal_members gm ON gm.goal_id = c.goal_id
    WHERE c.goal_id = ${goalId} AND NOT EXISTS (SELECT 1 FROM room_members m WHERE m.room_id = c.room_id AND m.user_id = gm.user_id)
    ORDER BY gm.user_id <> ${userId}, gm.joined_at LIMIT ${MOST_AT_ONCE} ON CONFLICT DO NOTHING`);
  const joined = memberAnnouncement(id, { userId, change: "joined", role: "member" });
  return { statements: [...(known === null ? make : []), fill], messages: [joined.message] };
}
