import type { DomainEvent } from "../../events/catalogue.ts";
import { subscriber } from "../../events/dispatch.ts";
import { give, standingsOf } from "./service.ts";

/** Whose facts an event may have moved. */
function whoseFacts(event: DomainEvent): string | undefined {
  if ("userId" in event) return event.userId;
  if ("authorId" in event) return event.authorId;
  return "reviewerId" in event ? event.reviewerId : undefined;
}

export const achievementSubscribers = [
  subscriber({
    name: "achievements",
    on: ["xp.changed", "submission.decided", "review.rated", "goal.completed", "circle.changed", "user.email_verified"],
    react: async (ctx, event) => {
      const userId = whoseFacts(event);
      if (userId === undefined) return {};
      const { statements, messages } = give(ctx, await standingsOf(ctx, [userId]));
      return { statements, messages };
    },
  }),
];
