import { z } from "zod";

const id = z.string();

/** Every domain event. Fields may be added; what is in the outbox of a running deployment must still parse. */
export const DomainEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("user.registered"), userId: id, origin: z.string() }),
  z.object({ type: z.literal("user.email_verified"), userId: id }),
  /** Name, picture, role, status, privacy or existence of somebody changed: rooms, boards and sockets look again. */
  z.object({ type: z.literal("user.changed"), userId: id, what: z.enum(["profile", "role", "status", "privacy"]) }),
  z.object({ type: z.literal("user.blocked"), blockerId: id, blockedId: id }),
  z.object({ type: z.literal("user.deleted"), userId: id }),
  z.object({ type: z.literal("session.reuse_detected"), userId: id, sessionId: id, origin: z.string().optional() }),
  /** Somebody whose devices are known came with another, or from another country. */
  z.object({ type: z.literal("session.new_device"), userId: id, sessionId: id, origin: z.string() }),
  /** Logged out: this session, every one of the user, or every one but that which changed the password. */
  z.object({
    type: z.literal("session.ended"),
    userId: id,
    sessionId: id.optional(),
    exceptSessionId: id.optional(),
  }),

  z.object({ type: z.literal("goal.completed"), goalId: id, userId: id }),
  z.object({ type: z.literal("circle.changed"), goalId: id, userId: id, change: z.enum(["joined", "left"]) }),
  z.object({ type: z.literal("submission.in_review"), submissionId: id, challengeId: id, authorId: id }),
  z.object({ type: z.literal("submission.withdrawn"), submissionId: id, challengeId: id, authorId: id }),
  /** Accepted, sent back, or reversed. `deciderId` is a teacher; without one, rules or peers decided. */
  z.object({
    type: z.literal("submission.decided"),
    submissionId: id,
    challengeId: id,
    authorId: id,
    status: z.enum(["accepted", "needs_work", "reversed"]),
    deciderId: id.optional(),
  }),
  z.object({ type: z.literal("feedback.ready"), jobId: id, submissionId: id, userId: id }),
  z.object({ type: z.literal("review.assigned"), assignmentId: id, submissionId: id, reviewerId: id }),
  /** A lease ended without a review: the work may need somebody else. */
  z.object({ type: z.literal("review.slot_freed"), submissionId: id }),
  z.object({ type: z.literal("review.submitted"), reviewId: id, submissionId: id, reviewerId: id }),
  z.object({ type: z.literal("review.rated"), reviewId: id, reviewerId: id, helpful: z.int() }),

  /** The ledger of somebody moved; the boards of these scopes are behind. */
  z.object({ type: z.literal("xp.changed"), userId: id, scopes: z.array(z.string()) }),
  /** A board is to be made again from the ledger; the rest says how far that is, for the event that goes on with it. */
  z.object({
    type: z.literal("board.behind"),
    scope: z.string(),
    /** Takes over from a rebuild that is under way. */
    insist: z.boolean().optional(),
    generation: z.int().optional(),
    after: id.optional(),
    sweptTo: z.int().optional(),
  }),
  z.object({ type: z.literal("level.reached"), userId: id, level: z.int() }),
  z.object({ type: z.literal("badge.earned"), userId: id, code: z.string() }),
  /** `day` is the local day that still wants an activity. */
  z.object({ type: z.literal("streak.at_risk"), userId: id, day: z.string(), streak: z.int() }),

  z.object({ type: z.literal("room.invited"), roomId: id, userId: id, inviterId: id }),
  z.object({
    type: z.literal("message.mentioned"),
    roomId: id,
    messageId: id,
    authorId: id,
    usernames: z.array(z.string()),
  }),

  /** It is stored: sockets and pushes may tell. */
  z.object({ type: z.literal("notification.created"), notificationId: id, userId: id }),
  /** A message to a webhook is stored and may be sent. */
  z.object({ type: z.literal("webhook.due"), deliveryId: id }),
  z.object({ type: z.literal("webhook.disabled"), webhookId: id, reason: z.enum(["failing", "gone"]) }),
  /** A message says `@name` so often; who of them are members who may know of it gets `message.mentioned`. */
  z.object({
    type: z.literal("message.names_people"),
    roomId: id,
    messageId: id,
    authorId: id,
    usernames: z.array(z.string()),
  }),
  /** Deleted by somebody else than its author. */
  z.object({ type: z.literal("message.moderated"), roomId: id, messageId: id, authorId: id, moderatorId: id }),
  /** What was uploaded for a message that is gone. */
  z.object({ type: z.literal("files.abandoned"), roomId: id, keys: z.array(z.string()) }),
  /** The room's object is to be told, should whoever made the change not have come to it. */
  z.object({ type: z.literal("room.changed"), roomId: id }),
  z.object({ type: z.literal("room.deleted"), roomId: id }),
  z.object({
    type: z.literal("room.member_changed"),
    roomId: id,
    userId: id,
    change: z.enum(["joined", "left", "role", "muted", "banned", "unbanned"]),
    role: z.enum(["owner", "moderator", "member"]).optional(),
    mutedUntil: z.string().nullable().optional(),
  }),
]);

export type DomainEvent = z.infer<typeof DomainEvent>;
export type EventType = DomainEvent["type"];
export type EventOf<T extends EventType> = Extract<DomainEvent, { type: T }>;

/** What an event is about: the first of these ids that it bears. Events of one aggregate have an order; others have none. */
const AGGREGATES = ["submissionId", "roomId", "goalId", "userId"] as const;

export function aggregateOf(event: DomainEvent): string {
  const ids = event as Partial<Record<(typeof AGGREGATES)[number], string>>;
  const name = AGGREGATES.find((key) => ids[key] !== undefined);
  return name === undefined ? event.type : `${name.slice(0, -2)}:${ids[name]}`;
}
