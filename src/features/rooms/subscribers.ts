import { and, eq } from "drizzle-orm";
import { roomMembers } from "../../db/schema/rooms.ts";
import { subscriber } from "../../events/dispatch.ts";
import { audited } from "../audit/service.ts";
import { followCircle } from "./circles.ts";
import { departFromRooms } from "./departure.ts";
import { tellMember, tellRoom } from "./news.ts";
import { followPerson, mentionMembers } from "./people.ts";
import { dissolve } from "./service.ts";

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
  subscriber({
    name: "tell-room",
    on: ["room.changed", "room.deleted", "room.member_changed"],
    react: async (ctx, event, eventId) => {
      if (event.type === "room.member_changed") await tellMember(ctx, event, eventId);
      else if (event.type === "room.changed") await tellRoom(ctx, event.roomId, eventId);
      else await dissolve(ctx, event.roomId);
      return {};
    },
  }),
  subscriber({
    name: "follow-people",
    on: ["user.changed"],
    react: async (ctx, event, eventId) => {
      await followPerson(ctx, event, eventId);
      return {};
    },
  }),
  subscriber({
    name: "follow-circle",
    on: ["circle.changed"],
    inOrder: true,
    react: (ctx, { goalId, userId }) => followCircle(ctx, goalId, userId),
  }),
  subscriber({ name: "mention-members", on: ["message.names_people"], react: mentionMembers }),
  subscriber({
    name: "audit-moderation",
    on: ["message.moderated"],
    react: async (ctx, { roomId, messageId, authorId, moderatorId }) => {
      const target = { type: "message", id: messageId };
      const entry = { action: "message.deleted", target, details: { roomId, authorId } };
      return { statements: [audited(ctx, { id: moderatorId }, entry)] };
    },
  }),
  subscriber({
    name: "delete-files",
    on: ["files.abandoned"],
    react: async (ctx, { keys }) => {
      await ctx.files?.delete(keys);
      return {};
    },
  }),
];
