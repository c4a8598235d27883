import { z } from "zod";

const id = z.string();

/** Every domain event. Fields may be added; what is in the outbox of a running deployment must still parse. */
export const DomainEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("user.registered"), userId: id, origin: z.string() }),
  z.object({ type: z.literal("session.reuse_detected"), userId: id, sessionId: id }),
  /** Logged out: this session, or every one of the user. */
  z.object({ type: z.literal("session.ended"), userId: id, sessionId: id.optional() }),
  z.object({ type: z.literal("feedback.ready"), jobId: id, submissionId: id, userId: id }),
  /** The ledger of somebody moved; the boards of these scopes are behind. */
  z.object({ type: z.literal("xp.changed"), userId: id, scopes: z.array(z.string()) }),
]);

export type DomainEvent = z.infer<typeof DomainEvent>;
export type EventType = DomainEvent["type"];
export type EventOf<T extends EventType> = Extract<DomainEvent, { type: T }>;
