import { and, eq } from "drizzle-orm";
import { roomMembers } from "../../db/schema/rooms.ts";
import { subscriber } from "../../events/dispatch.ts";

const SESSION_ENDED = 4401;

export const roomSubscribers = [
  subscriber({
    name: "close-sockets",
    on: ["session.ended"],
    react: async (ctx, { userId, sessionId }) => {
      const joined = await ctx.db
        .select({ roomId: roomMembers.roomId })
        .from(roomMembers)
        .where(and(eq(roomMembers.userId, userId), eq(roomMembers.state, "joined")));
      const whose = sessionId === undefined ? { userId } : { sessionId };
      await Promise.all(
        joined.map(({ roomId }) => ctx.rooms(roomId).closeSockets(whose, SESSION_ENDED, "the session has ended")),
      );
      return {};
    },
  }),
];
