import { subscriber } from "../../events/dispatch.ts";
import { withdrawOf } from "./withdrawals.ts";

export const submissionSubscribers = [
  subscriber({
    name: "withdraw-work-of-the-absent",
    on: ["user.changed", "user.deleted"],
    react: async (ctx, event) =>
      event.type === "user.deleted" || event.what === "status" ? await withdrawOf(ctx, event.userId) : {},
  }),
];
