import { subscriber } from "../../events/dispatch.ts";

export const userSubscribers = [
  /** The request that changed somebody denies their tokens by itself; should it have died before that, this does. */
  subscriber({
    name: "deny-tokens",
    on: ["user.changed", "user.deleted"],
    react: async (ctx, event, eventId) => {
      if (event.type === "user.changed" && event.what !== "role" && event.what !== "status") return {};
      const tokenFromBefore = { id: event.userId, sessionId: "", tokenId: eventId };
      if (!(await ctx.denyList.isDenied(tokenFromBefore))) await ctx.denyList.denyUser(event.userId);
      return {};
    },
  }),
];
