import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { NotificationKind } from "../../db/schema/notifications.ts";
import type { EventOf } from "../../events/catalogue.ts";
import { BADGES } from "../achievements/catalogue.ts";
import { endOfDay } from "../xp/days.ts";
import type { WordKey } from "./words/en.ts";

/** A notification before its recipient's language and wishes are known. */
export interface Draft {
  userId: string;
  kind: NotificationKind;
  /** One cause, one notification: told twice or by two events, it is the same. */
  dedupeKey: string;
  words: WordKey;
  values: Readonly<Record<string, string | number>>;
  url: string;
  data: Readonly<Record<string, string | number>>;
  /** When it stops being true, given the zone of whoever gets it. */
  expires?: (timezone: string) => Date;
}

type Ctx = Pick<ServiceContext, "db">;

/** The events of which somebody is told. */
export const CAUSES = [
  "submission.decided",
  "feedback.ready",
  "review.assigned",
  "review.rated",
  "message.mentioned",
  "room.invited",
  "badge.earned",
  "level.reached",
  "streak.at_risk",
  "webhook.disabled",
] as const;
export type Cause = EventOf<(typeof CAUSES)[number]>;

/** What names things; nothing when they are gone meanwhile, and then nobody is told. */
export async function draftsOf(ctx: Ctx, cause: Cause, eventId: string): Promise<Draft[]> {
  switch (cause.type) {
    case "submission.decided":
    case "feedback.ready":
    case "review.assigned":
      return await aboutWork(ctx, cause);
    case "review.rated":
      return await ratedReview(ctx, cause);
    case "message.mentioned":
      return await mentions(ctx, cause);
    case "room.invited":
      return await invitation(ctx, cause, eventId);
    case "webhook.disabled":
      return await brokenWebhook(ctx, cause);
    default:
      return [ownProgress(cause)];
  }
}

type Work = EventOf<"submission.decided" | "feedback.ready" | "review.assigned">;

async function aboutWork(ctx: Ctx, cause: Work): Promise<Draft[]> {
  const { submissionId } = cause;
  const [work] = await ctx.db.all<{ title: string; challengeId: string }>(sql`
    SELECT c.title AS title, c.id AS challengeId FROM submissions s JOIN challenges c ON c.id = s.challenge_id WHERE s.id = ${submissionId}`);
  if (!work) return [];
  const { challengeId } = work;
  const shared = {
    values: { challenge: work.title },
    url: `/submissions/${submissionId}`,
    data: { submissionId, challengeId },
  };
  if (cause.type === "feedback.ready") {
    const { userId, jobId } = cause;
    return [{ ...shared, userId, kind: "feedback_ready", words: "feedback_ready", dedupeKey: `feedback:${jobId}` }];
  }
  if (cause.type === "review.assigned") {
    const { assignmentId, reviewerId } = cause;
    return [
      {
        userId: reviewerId,
        kind: "review_assigned",
        words: "review_assigned",
        dedupeKey: `assignment:${assignmentId}`,
        values: shared.values,
        url: `/reviews/assignments/${assignmentId}`,
        data: { assignmentId, submissionId },
      },
    ];
  }
  const { authorId, status } = cause;
  return [
    {
      ...shared,
      userId: authorId,
      kind: "submission_decided",
      words: `submission_${status}`,
      dedupeKey: `decision:${submissionId}:${status}`,
      data: { ...shared.data, status },
    },
  ];
}

async function ratedReview(ctx: Ctx, { reviewId, reviewerId, helpful }: EventOf<"review.rated">): Promise<Draft[]> {
  const [work] = await ctx.db.all<{ title: string; submissionId: string }>(sql`
    SELECT c.title AS title, s.id AS submissionId FROM reviews r JOIN submissions s ON s.id = r.submission_id
    JOIN challenges c ON c.id = s.challenge_id WHERE r.id = ${reviewId}`);
  if (!work) return [];
  return [
    {
      userId: reviewerId,
      kind: "review_rated",
      words: "review_rated",
      dedupeKey: `rating:${reviewId}`,
      values: { challenge: work.title, helpful },
      url: `/submissions/${work.submissionId}`,
      data: { reviewId, submissionId: work.submissionId, helpful },
    },
  ];
}

/** Neither has blocked the other. */
const onSpeakingTerms = (one: string) => sql`NOT EXISTS (SELECT 1 FROM blocks b
  WHERE (b.blocker_id = ${one} AND b.blocked_id = u.id) OR (b.blocker_id = u.id AND b.blocked_id = ${one}))`;

/** Only members hear that they were named: a name typed in a room that somebody never entered is nothing to them. */
async function mentions(
  ctx: Ctx,
  { roomId, messageId, authorId, usernames }: EventOf<"message.mentioned">,
): Promise<Draft[]> {
  const named = await ctx.db.all<{ userId: string; room: string; kind: string; name: string }>(sql`
    SELECT u.id AS userId, r.name AS room, r.kind AS kind, a.username AS name
    FROM users u JOIN room_members m ON m.user_id = u.id AND m.room_id = ${roomId} AND m.state = 'joined'
    JOIN rooms r ON r.id = m.room_id JOIN users a ON a.id = ${authorId}
    WHERE u.username IN (SELECT lower(value) FROM json_each(${JSON.stringify(usernames)})) AND u.id <> ${authorId}
      AND ${onSpeakingTerms(authorId)}`);
  return named.map(({ userId, room, kind, name }) => ({
    userId,
    kind: "mention",
    words: kind === "direct" ? "mention_direct" : "mention",
    dedupeKey: `mention:${messageId}`,
    values: { name, room },
    url: `/rooms/${roomId}?message=${messageId}`,
    data: { roomId, messageId, authorId },
  }));
}

async function invitation(
  ctx: Ctx,
  { roomId, userId, inviterId }: EventOf<"room.invited">,
  eventId: string,
): Promise<Draft[]> {
  const [found] = await ctx.db.all<{ room: string; name: string }>(sql`
    SELECT r.name AS room, i.username AS name FROM rooms r JOIN users i ON i.id = ${inviterId} JOIN users u ON u.id = ${userId}
    WHERE r.id = ${roomId} AND ${onSpeakingTerms(inviterId)}`);
  if (!found) return [];
  return [
    {
      userId,
      kind: "invitation",
      words: "invitation",
      dedupeKey: `invitation:${eventId}`,
      values: { ...found },
      url: `/rooms/${roomId}`,
      data: { roomId, inviterId },
    },
  ];
}

/** Every admin is told: the one who made it may be gone. */
async function brokenWebhook(ctx: Ctx, { webhookId, reason }: EventOf<"webhook.disabled">): Promise<Draft[]> {
  const admins = await ctx.db.all<{ userId: string; url: string; since: number | null }>(sql`
    SELECT u.id AS userId, w.url AS url, w.disabled_at AS since FROM webhooks w JOIN users u ON u.role IN ('admin', 'superadmin') AND u.status = 'active' AND u.deleted_at IS NULL
    WHERE w.id = ${webhookId}`);
  return admins.map(({ userId, url, since }) => ({
    userId,
    kind: "system",
    words: reason === "gone" ? "webhook_gone" : "webhook_failing",
    dedupeKey: `webhook:${webhookId}:${since}`,
    values: { host: new URL(url).host },
    url: `/admin/webhooks/${webhookId}`,
    data: { webhookId, reason },
  }));
}

function ownProgress(cause: EventOf<"badge.earned" | "level.reached" | "streak.at_risk">): Draft {
  const { userId } = cause;
  if (cause.type === "badge.earned") {
    const { code } = cause;
    const badge = BADGES.find((one) => one.code === code)?.name ?? code;
    const about = { kind: "badge_earned", words: "badge_earned", dedupeKey: `badge:${code}` } as const;
    return { userId, ...about, values: { badge }, url: "/achievements", data: { code } };
  }
  if (cause.type === "level.reached") {
    const { level } = cause;
    const about = { kind: "level_up", words: "level_up", dedupeKey: `level:${level}` } as const;
    return { userId, ...about, values: { level }, url: "/dashboard", data: { level } };
  }
  const { day, streak } = cause;
  return {
    userId,
    kind: "streak_at_risk",
    words: "streak_at_risk",
    dedupeKey: `streak:${day}`,
    values: { streak },
    url: "/dashboard",
    data: { day, streak },
    expires: (timezone) => endOfDay(day, timezone),
  };
}
