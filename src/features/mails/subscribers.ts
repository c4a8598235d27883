import { sql } from "drizzle-orm";
import { subscriber } from "../../events/dispatch.ts";
import { disavowal } from "../auth/disavowal.ts";
import { deviceOfSession } from "../auth/sessions.ts";
import { mailWhose } from "./links.ts";
import { mailTo } from "./orders.ts";

export const mailSubscribers = [
  subscriber({
    name: "welcome-mail",
    on: ["user.registered"],
    react: async (ctx, { userId, origin }) => {
      const who = sql`users.id = ${userId}`;
      const { statements, message } = await mailWhose(ctx, {
        who,
        template: "welcome",
        appUrl: origin,
        dedupeKey: `welcome:${userId}`,
      });
      return { statements, messages: [message] };
    },
  }),
  subscriber({
    name: "reuse-mail",
    on: ["session.reuse_detected"],
    react: async (ctx, { userId, sessionId, origin = ctx.appUrl }) =>
      mailTo(ctx, {
        userId,
        template: "session_reuse",
        appUrl: origin,
        data: { disavowal: await disavowal(ctx, sessionId) },
        dedupeKey: `session_reuse:${sessionId}`,
      }),
  }),
  subscriber({
    name: "new-device-mail",
    on: ["session.new_device"],
    react: async (ctx, { userId, sessionId, origin }) => {
      const seen = await deviceOfSession(ctx, sessionId);
      if (!seen) return {};
      return mailTo(ctx, {
        userId,
        template: "new_device",
        appUrl: origin,
        data: { ...seen, disavowal: await disavowal(ctx, sessionId) },
        dedupeKey: `new_device:${sessionId}`,
      });
    },
  }),
];
