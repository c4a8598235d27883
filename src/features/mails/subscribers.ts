import { subscriber } from "../../events/dispatch.ts";
import { orderMail } from "./service.ts";

export const mailSubscribers = [
  subscriber({
    name: "welcome-mail",
    on: ["user.registered"],
    react: async (ctx, { userId, origin }) =>
      orderMail(ctx, { userId, template: "welcome", appUrl: origin, dedupeKey: `welcome:${userId}` }),
  }),
  subscriber({
    name: "reuse-mail",
    on: ["session.reuse_detected"],
    react: async (ctx, { userId, sessionId }) =>
      orderMail(ctx, {
        userId,
        template: "session_reuse",
        appUrl: ctx.appUrl,
        dedupeKey: `session_reuse:${sessionId}`,
      }),
  }),
];
