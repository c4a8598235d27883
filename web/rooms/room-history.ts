import type { Draft, Frame, Message } from "./wire.ts";

type Taken = "taken" | "known" | "gap";

/**
 * What a client knows of a room: the events it has seen, in order, and the messages they leave behind.
 * Give it every frame; on a `gap` ask for `sync { after: lastSeq }`, after `sync_complete` send the outbox again.
 */
export class RoomHistory {
  readonly #me: string;
  readonly #messages = new Map<string, Message>();
  readonly #outbox = new Map<string, Draft>();
  #lastSeq = 0;

  constructor(me: string) {
    this.#me = me;
  }

  /** Give it as `after` when you connect again. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Ascending by seq; a deleted message keeps its place without a body. */
  get messages(): Message[] {
    return [...this.#messages.values()].toSorted((a, b) => a.seq - b.seq);
  }

  /** What was said here and is not acknowledged, in the order in which it was said. */
  get outbox(): Draft[] {
    return [...this.#outbox.values()];
  }

  say(draft: Draft): void {
    this.#outbox.set(draft.clientId, draft);
  }

  /** Takes a refused draft back. */
  withdraw(clientId: string): Draft | undefined {
    const draft = this.#outbox.get(clientId);
    this.#outbox.delete(clientId);
    return draft;
  }

  /** A page of older messages, as they are now. */
  addOlder(messages: readonly Message[]): void {
    for (const message of messages) if (!this.#messages.has(message.id)) this.#messages.set(message.id, message);
  }

  take(frame: Frame): Taken {
    if (frame.type === "message_ack") {
      this.#outbox.delete(frame.payload.clientId);
      return "taken";
    }
    if (frame.type === "sync_reset") {
      this.#messages.clear();
      this.addOlder(frame.payload.messages);
      for (const { author, clientId } of frame.payload.messages) if (author.id === this.#me) this.withdraw(clientId);
      this.#lastSeq = frame.payload.lastSeq;
      return "taken";
    }
    if (frame.type === "error" || !("seq" in frame.payload)) return "taken";
    const { seq } = frame.payload;
    if (seq <= this.#lastSeq) return "known";
    if (seq > this.#lastSeq + 1) return "gap";
    this.#lastSeq = seq;
    this.#happen(frame);
    return "taken";
  }

  /** Numbered frames of types that came after this client only move `lastSeq`. */
  #happen(frame: Frame): void {
    switch (frame.type) {
      case "chat_message": {
        const { id, author, clientId, body } = frame.payload;
        const deletedAt = body === null ? frame.timestamp : null;
        this.#messages.set(id, {
          ...frame.payload,
          reactions: [],
          pinnedAt: null,
          pinnedBy: null,
          editedAt: null,
          deletedAt,
        });
        if (author.id === this.#me) this.#outbox.delete(clientId);
        return;
      }
      case "message_updated":
        this.#change(frame.payload.message.id, frame.payload.message);
        return;
      case "message_deleted": {
        const { messageId, deletedAt } = frame.payload;
        this.#change(messageId, { body: null, reactions: [], deletedAt });
        return;
      }
      case "reaction_changed":
        this.#react(frame.payload);
        return;
      default:
    }
  }

  #react({ messageId, emoji, userId, action, count }: Extract<Frame, { type: "reaction_changed" }>["payload"]): void {
    const message = this.#messages.get(messageId);
    if (message === undefined || message.deletedAt !== null) return;
    const before = message.reactions.find((kind) => kind.emoji === emoji);
    const mine = userId === this.#me ? action === "added" : (before?.mine ?? false);
    const now = { emoji, count, mine };
    const reactions = before
      ? message.reactions.map((kind) => (kind === before ? now : kind)).filter((kind) => kind.count > 0)
      : [...message.reactions, ...(count > 0 ? [now] : [])];
    this.#change(messageId, { reactions });
  }

  /** A message that is older than all that was fetched is not here, and comes as it is when it is fetched. */
  #change(id: string, change: Partial<Message>): void {
    const message = this.#messages.get(id);
    if (message !== undefined) this.#messages.set(id, { ...message, ...change });
  }
}
