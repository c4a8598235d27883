import { subscriber } from "../../events/dispatch.ts";
import { newLevel } from "./levels.ts";
import { referralAwards } from "./referrals.ts";

export const xpSubscribers = [
  subscriber({
    name: "levels",
    on: ["xp.changed"],
    react: (ctx, { userId }) => newLevel(ctx, userId),
  }),
  subscriber({
    name: "referrals",
    on: ["user.email_verified", "submission.decided"],
    react: (ctx, event) =>
      event.type === "user.email_verified"
        ? referralAwards(ctx, event.userId)
        : event.status === "accepted"
          ? referralAwards(ctx, event.authorId)
          : Promise.resolve({}),
  }),
];
