import type { ServiceContext } from "../../context.ts";
import type { EventOf } from "../../events/catalogue.ts";
import type { OutboxMessage } from "../../events/outbox.ts";
import { event } from "../../events/outbox.ts";

/** What the room's object hears of a member, as far as D1 can still confirm it later. */
export type MemberNews = Omit<EventOf<"room.member_changed">, "type" | "roomId">;

/** A change of the room or of a member, on its way to the room's object by event; told at once under the same key, it counts once. */
export interface Announcement {
  message: OutboxMessage;
  tell(ctx: ServiceContext): Promise<void>;
}

type Room = ReturnType<ServiceContext["rooms"]>;

export function announcement(body: RoomEvent, tell: (room: Room, key: string) => Promise<void>): Announcement {
  const message = event(body);
  return { message, tell: async (ctx) => await tell(ctx.rooms(body.roomId), message.envelope.id) };
}

type RoomEvent = EventOf<"room.changed"> | EventOf<"room.deleted"> | EventOf<"room.member_changed">;

export const memberAnnouncement = (
  roomId: string,
  news: MemberNews,
  user?: { id: string; username: string; avatarUrl: string | null },
): Announcement =>
  announcement({ type: "room.member_changed", roomId, ...news }, (room, key) =>
    room.memberChanged({ ...news, ...(user && { user }) }, key),
  );

/** Tells the object what is committed, so that the caller sees its effect; if that fails, the event does it a moment later. */
export async function tellNow(ctx: ServiceContext, announcements: readonly Announcement[]): Promise<void> {
  for (const one of announcements) {
    try {
      await one.tell(ctx);
    } catch (error) {
      ctx.logger.error("a room was not told at once; the event tells it", error);
      return;
    }
  }
}
