import type { ServiceContext } from "../../context.ts";
import { DomainEvent } from "../../events/catalogue.ts";
import { dispatch } from "../../events/dispatch.ts";
import { achievementSubscribers } from "../../features/achievements/subscribers.ts";
import { mailSubscribers } from "../../features/mails/subscribers.ts";
import { leaderboardSubscribers } from "../../features/leaderboards/subscribers.ts";
import { notificationSubscribers } from "../../features/notifications/subscribers.ts";
import { pushSubscribers } from "../../features/push/subscribers.ts";
import { reviewSubscribers } from "../../features/reviews/subscribers.ts";
import { roomSubscribers } from "../../features/rooms/subscribers.ts";
import { submissionSubscribers } from "../../features/submissions/subscribers.ts";
import { userSubscribers } from "../../features/users/subscribers.ts";
import { webhookSubscribers } from "../../features/webhooks/subscribers.ts";
import { xpSubscribers } from "../../features/xp/subscribers.ts";
import { consume } from "../consume.ts";

/** Everybody who reacts to events. */
const SUBSCRIBERS = [
  ...achievementSubscribers,
  ...leaderboardSubscribers,
  ...mailSubscribers,
  ...notificationSubscribers,
  ...pushSubscribers,
  ...reviewSubscribers,
  ...roomSubscribers,
  ...submissionSubscribers,
  ...userSubscribers,
  ...webhookSubscribers,
  ...xpSubscribers,
];

export const consumeEvents = (ctx: ServiceContext, messages: readonly Message[]): Promise<void> =>
  consume(ctx, messages, DomainEvent, (context, envelope) => dispatch(context, SUBSCRIBERS, envelope));
