import { subscriber } from "../../events/dispatch.ts";
import { CAUSES } from "./causes.ts";
import { notifyOf } from "./creation.ts";
import { closeListeners, tellLive } from "./live.ts";
import { pushSoon } from "./pushing.ts";

export const notificationSubscribers = [
  subscriber({
    name: "notifications",
    on: CAUSES,
    react: (ctx, cause, eventId) => notifyOf(ctx, cause, eventId),
  }),
  subscriber({
    name: "live-notifications",
    on: ["notification.created"],
    react: async (ctx, event) => {
      ctx.later(pushSoon(ctx, event.notificationId));
      await tellLive(ctx, event);
      return {};
    },
  }),
  subscriber({
    name: "notification-sockets",
    on: ["session.ended"],
    react: async (ctx, event) => {
      await closeListeners(ctx, event);
      return {};
    },
  }),
];
