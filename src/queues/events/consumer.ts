import type { ServiceContext } from "../../context.ts";
import { DomainEvent } from "../../events/catalogue.ts";
import { dispatch } from "../../events/dispatch.ts";
import { achievementSubscribers } from "../../features/achievements/subscribers.ts";
import { mailSubscribers } from "../../features/mails/subscribers.ts";
import { leaderboardSubscribers } from "../../features/leaderboards/subscribers.ts";
import { reviewSubscribers } from "../../features/reviews/subscribers.ts";
import { roomSubscribers } from "../../features/rooms/subscribers.ts";
import { userSubscribers } from "../../features/users/subscribers.ts";
import { xpSubscribers } from "../../features/xp/subscribers.ts";
import { consume } from "../consume.ts";

/** Everybody who reacts to events. */
const SUBSCRIBERS = [
  ...achievementSubscribers,
  ...leaderboardSubscribers,
  ...mailSubscribers,
  ...reviewSubscribers,
  ...roomSubscribers,
  ...userSubscribers,
  ...xpSubscribers,
];

export const consumeEvents = (ctx: ServiceContext, messages: readonly Message[]): Promise<void> =>
  consume(ctx, messages, DomainEvent, (context, envelope) => dispatch(context, SUBSCRIBERS, envelope));
