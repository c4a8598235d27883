import type { SQL } from "drizzle-orm";
import { and, desc, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { roomMembers, rooms } from "../../db/schema/rooms.ts";
import { users } from "../../db/schema/users.ts";
import type { UserActor } from "../../platform/actor.ts";
import { notFound } from "../../platform/errors.ts";
import type { Standing } from "./rules.ts";
import { shownName } from "../users/schema.ts";

type Ctx = Pick<ServiceContext, "db">;

export type RoomRow = typeof rooms.$inferSelect;

/** A room as one user meets it. */
export interface Access extends Standing {
  room: RoomRow;
  user: { id: string; username: string; avatarUrl: string | null };
  mutedUntil: Date | null;
  members: number;
  /** The goal whose circle meets here. */
  goalId: string | null;
  /** Whom the user has blocked. */
  blocked: string[];
}

const accessRows = (ctx: Ctx, userId: string, where: SQL | undefined) =>
  ctx.db
    .select({
      room: rooms,
      username: users.username,
      avatarUrl: users.avatarUrl,
      role: roomMembers.role,
      membership: roomMembers.state,
      mutedUntil: roomMembers.mutedUntil,
      goalId: sql<string | null>`(SELECT c.goal_id FROM circle_rooms c WHERE c.room_id = "rooms"."id")`.as(
        "circle_goal",
      ),
      blocked: sql<string>`(SELECT json_group_array(b.blocked_id) FROM blocks b WHERE b.blocker_id = ${userId})`.as(
        "blocked",
      ),
      members:
        sql<number>`(SELECT count(*) FROM room_members m WHERE m.room_id = "rooms"."id" AND m.state = 'joined')`.as(
          "members",
        ),
    })
    .from(rooms)
    .innerJoin(users, eq(users.id, userId))
    .leftJoin(roomMembers, and(eq(roomMembers.roomId, rooms.id), eq(roomMembers.userId, userId)))
    .where(where);

const toAccess = (userId: string, row: Awaited<ReturnType<typeof accessRows>>[number]): Access => ({
  room: row.room,
  kind: row.room.kind,
  user: { id: userId, username: row.username, avatarUrl: row.avatarUrl },
  role: row.role,
  membership: row.membership,
  mutedUntil: row.mutedUntil,
  members: row.members,
  goalId: row.goalId,
  blocked: JSON.parse(row.blocked) as string[],
});

/** Throws `NOT_FOUND` when there is no such room; whether the actor may know of it is for `rules.ts`. */
export async function findAccess(ctx: Ctx, actor: Pick<UserActor, "id">, roomId: string): Promise<Access> {
  const [row] = await accessRows(ctx, actor.id, eq(rooms.id, roomId));
  if (!row) throw notFound("room");
  return toAccess(actor.id, row);
}

/** Newest rooms first. */
export async function pageOfAccess(
  ctx: Ctx,
  userId: string,
  where: SQL | undefined,
  limit: number,
  offset: number,
): Promise<Access[]> {
  const rows = await accessRows(ctx, userId, where).orderBy(desc(rooms.id)).limit(limit).offset(offset);
  return rows.map((row) => toAccess(userId, row));
}

/** Everybody the room knows of, by user id. */
export const memberRows = (ctx: Ctx, where: SQL | undefined) =>
  ctx.db
    .select({
      id: users.id,
      username: users.username,
      displayName: shownName,
      avatarUrl: users.avatarUrl,
      role: roomMembers.role,
      membership: roomMembers.state,
      mutedUntil: roomMembers.mutedUntil,
      joinedAt: roomMembers.joinedAt,
    })
    .from(roomMembers)
    .innerJoin(users, eq(users.id, roomMembers.userId))
    .where(where)
    .orderBy(roomMembers.userId);

export type MemberRow = Awaited<ReturnType<typeof memberRows>>[number];

export async function findPersonByUsername(ctx: Ctx, username: string) {
  const [person] = await ctx.db
    .select({ id: users.id, username: users.username, displayName: shownName, avatarUrl: users.avatarUrl })
    .from(users)
    .where(and(eq(users.username, username), eq(users.status, "active")));
  if (!person) throw notFound("user");
  return person;
}
