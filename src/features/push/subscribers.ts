import { and, eq, ne } from "drizzle-orm";
import { pushSubscriptions } from "../../db/schema/push.ts";
import { subscriber } from "../../events/dispatch.ts";

export const pushSubscribers = [
  subscriber({
    name: "push-logout",
    on: ["session.ended"],
    react: async (ctx, { userId, sessionId, exceptSessionId }) => ({
      statements: [
        ctx.db
          .delete(pushSubscriptions)
          .where(
            and(
              eq(pushSubscriptions.userId, userId),
              sessionId === undefined ? undefined : eq(pushSubscriptions.sessionId, sessionId),
              exceptSessionId === undefined ? undefined : ne(pushSubscriptions.sessionId, exceptSessionId),
            ),
          ),
      ],
    }),
  }),
];
