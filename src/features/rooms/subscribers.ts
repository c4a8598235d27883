import { and, eq } from "drizzle-orm";
import { roomMembers } from "../../db/schema/rooms.ts";
import { subscriber } from "../../events/dispatch.ts";
import { departFromRooms } from "./departure.ts";

const SESSION_ENDED = 4401;

export const roomSubscribers = [
  subscriber({
    name: "close-sockets",
    on: ["session.ended"],
    react: async (ctx, { userId, sessionId, exceptSessionId }) => {
      const joined = await ctx.db
        .select({ roomId: roomMembers.roomId })
        .from(roomMembers)
        .where(and(eq(roomMembers.userId, userId), eq(roomMembers.state, "joined")));
      const spared = exceptSessionId === undefined ? {} : { exceptSessionId };
      const whose = sessionId === undefined ? { userId, ...spared } : { sessionId };
      await Promise.all(
        joined.map(({ roomId }) => ctx.rooms(roomId).closeSockets(whose, SESSION_ENDED, "the session has ended")),
      );
      return {};
    },
  }),
  subscriber({
    name: "leave-rooms",
    on: ["user.deleted"],
    react: (ctx, { userId }, eventId) => departFromRooms(ctx, userId, eventId),
  }),
];
