import { subscriber } from "../../events/dispatch.ts";
import { mailTo } from "./orders.ts";

export const mailSubscribers = [
  subscriber({
    name: "welcome-mail",
    on: ["user.registered"],
    react: async (ctx, { userId, origin }) =>
      mailTo(ctx, { userId, template: "welcome", appUrl: origin, dedupeKey: `welcome:${userId}` }),
  }),
  subscriber({
    name: "reuse-mail",
    on: ["session.reuse_detected"],
    react: async (ctx, { userId, sessionId }) =>
      mailTo(ctx, { userId, template: "session_reuse", dedupeKey: `session_reuse:${sessionId}` }),
  }),
];
