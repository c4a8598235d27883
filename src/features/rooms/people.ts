import { and, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { roomMembers } from "../../db/schema/rooms.ts";
import { users } from "../../db/schema/users.ts";
import type { EventOf } from "../../events/catalogue.ts";
import type { Reaction } from "../../events/dispatch.ts";
import { event } from "../../events/outbox.ts";

/** How many room objects are told at a time. */
const ROOMS_AT_A_TIME = 20;
const SUSPENDED = 4401;

/** Brings a new name or picture into every room that may show it, and hangs up on somebody who was suspended. */
export async function followPerson(
  ctx: ServiceContext,
  { userId, what }: EventOf<"user.changed">,
  eventId: string,
): Promise<void> {
  if (what !== "profile" && what !== "status") return;
  const [[user], found] = await ctx.db.batch([
    ctx.db
      .select({ id: users.id, username: users.username, avatarUrl: users.avatarUrl, status: users.status })
      .from(users)
      .where(eq(users.id, userId)),
    ctx.db
      .select({ roomId: sql<string>`room_id`.as("known_room"), joined: sql<number>`max(joined)`.as("is_joined") })
      .from(
        sql`(SELECT room_id, state = 'joined' AS joined FROM room_members WHERE user_id = ${userId}
          UNION ALL SELECT room_id, 0 FROM former_members WHERE user_id = ${userId}) GROUP BY room_id`,
      ),
  ]);
  if (!user || (what === "status" && user.status !== "suspended")) return;
  const { status: _, ...person } = user;
  for (let i = 0; i < found.length; i += ROOMS_AT_A_TIME) {
    await Promise.all(
      found.slice(i, i + ROOMS_AT_A_TIME).map(async ({ roomId, joined }) => {
        const room = ctx.rooms(roomId);
        if (what === "status") await room.closeSockets({ userId }, SUSPENDED, "the account is suspended");
        else await room.personChanged(person, joined ? eventId : null);
      }),
    );
  }
}

/** Of the names in a message those of members, who may know of it and have not blocked its author. */
export async function mentionMembers(
  ctx: ServiceContext,
  { roomId, messageId, authorId, usernames }: EventOf<"message.names_people">,
): Promise<Reaction> {
  const members = await ctx.db
    .select({ username: users.username })
    .from(roomMembers)
    .innerJoin(users, and(eq(users.id, roomMembers.userId), eq(users.status, "active")))
    .where(
      sql`${roomMembers.roomId} = ${roomId} AND ${roomMembers.state} = 'joined' AND ${users.id} <> ${authorId}
        AND ${users.username} IN (SELECT value FROM json_each(${JSON.stringify(usernames)}))
        AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = ${users.id} AND b.blocked_id = ${authorId})`,
    );
  if (members.length === 0) return {};
  const named = members.map(({ username }) => username);
  return { messages: [event({ type: "message.mentioned", roomId, messageId, authorId, usernames: named })] };
}
