import { clock } from "../../platform/clock.ts";
import { newId } from "../../platform/ids.ts";
import { createLogger } from "../../platform/logger.ts";
import type { Archive } from "./archive.ts";
import type { Broadcast } from "./broadcast.ts";
import type { Speaker } from "./identity.ts";
import { mentionsIn } from "./mentions.ts";
import { accept, type Outcome, type Refusal, refuse } from "./outcome.ts";
import { type ChatMessage, type Draft, encode, type Message } from "./protocol.ts";
import { RateWindow } from "./rate-window.ts";
import type { Tellings } from "./tellings.ts";

const UNTOUCHED = { reactions: [], pinnedAt: null, pinnedBy: null, editedAt: null, deletedAt: null };

/** Nothing is written where there are no attachments. */
const toRow = ({ author, attachments, ...message }: ChatMessage, createdAt: number) => ({
  ...message,
  ...(attachments.length > 0 && { attachments }),
  authorId: author.id,
  createdAt,
});

type Settle = (outcome: Outcome<Message>) => void;

interface Pending {
  speaker: Speaker;
  draft: Draft;
  settle: Settle[];
}

/** The way new messages come in: let in or refused one by one, stored by one statement a burst. */
export class Intake {
  readonly #archive: Archive;
  readonly #broadcast: Broadcast;
  readonly #tellings: Tellings;
  readonly #rate = new RateWindow(20, 10_000);
  #pending = new Map<string, Pending>();

  constructor({ archive, broadcast, tellings }: { archive: Archive; broadcast: Broadcast; tellings: Tellings }) {
    this.#archive = archive;
    this.#broadcast = broadcast;
    this.#tellings = tellings;
  }

  /** Settles when the message is stored: at once in an idle room, with its burst under load. */
  send(speaker: Speaker, draft: Draft, settle: Settle): void {
    const key = `${speaker.user.id} ${draft.clientId}`;
    const twin = this.#pending.get(key);
    const stored = this.#archive.messages.byClientId(speaker.user.id, draft.clientId);
    if (twin !== undefined) twin.settle.push(settle);
    else if (stored !== undefined) settle(accept(this.#archive.view(stored, speaker.user.id)));
    else {
      const refusal = this.#refusal(speaker, draft);
      if (refusal === undefined) this.#pending.set(key, { speaker, draft, settle: [settle] });
      else settle(refusal);
    }
    this.#broadcast.due();
  }

  /** Stores all that waits and makes it ready to be told. */
  storePending(): void {
    if (this.#pending.size === 0) return;
    const pending = [...this.#pending.values()];
    this.#pending = new Map();
    try {
      this.#store(pending);
    } catch (error) {
      createLogger().error("messages were not stored", error, { messages: pending.length });
      const refusal = refuse("UNAVAILABLE", "The room could not store this message. Send it again.");
      for (const { settle } of pending) for (const tell of settle) tell(refusal);
    }
  }

  #store(pending: readonly Pending[]): void {
    const { storage, messages, log, words } = this.#archive;
    const createdAt = clock.now().getTime();
    const iso = new Date(createdAt).toISOString();
    const first = log.lastSeq() + 1;
    const fresh = pending.map(({ speaker, draft: { clientId, body, replyTo, attachments = [] }, settle }, i) => {
      const said = { seq: first + i, id: newId(), clientId, author: speaker.user, body, replyTo, attachments };
      return { message: { ...said, createdAt: iso }, settle };
    });
    storage.transactionSync(() => {
      for (const { speaker } of pending) messages.introduce(speaker.user);
      messages.insert(fresh.map(({ message }) => toRow(message, createdAt)));
      for (const { message } of fresh) this.#tellOfNames(message);
    });
    words.stored(first + fresh.length - 1);
    for (const { message, settle } of fresh) {
      this.#broadcast.add({ text: encode("chat_message", message, createdAt) });
      for (const tell of settle) tell(accept({ ...message, ...UNTOUCHED }));
    }
  }

  #tellOfNames({ id, author, body }: ChatMessage): void {
    const usernames = mentionsIn(body ?? "");
    const roomId = this.#archive.room?.id;
    if (usernames.length === 0 || roomId === undefined) return;
    this.#tellings.add({ type: "message.names_people", roomId, messageId: id, authorId: author.id, usernames });
  }

  #refusal(speaker: Speaker, { replyTo }: Draft): Refusal | undefined {
    const now = clock.now().getTime();
    const muted = mutedRefusal(speaker, now);
    if (muted !== undefined) return muted;
    if (replyTo !== null && this.#archive.messages.byId(replyTo) === undefined)
      return refuse("NOT_FOUND", "The message you reply to is not in this room.");
    const slowModeMs = (this.#archive.room?.slowModeSeconds ?? 0) * 1000;
    if (slowModeMs > 0) {
      this.#broadcast.flush();
      const wait = (this.#archive.messages.lastSpokeAt(speaker.user.id) ?? -Infinity) + slowModeMs - now;
      if (wait > 0) return refuse("SLOW_MODE", "This room is in slow mode.", { retryAfterMs: wait });
    }
    const retryAfterMs = speaker.rateLimits ? this.#rate.take(speaker.user.id, Date.now()) : 0;
    return retryAfterMs > 0 ? refuse("RATE_LIMITED", "Too many messages.", { retryAfterMs }) : undefined;
  }
}

export function mutedRefusal({ mutedUntil }: Speaker, now: number): Refusal | undefined {
  if (mutedUntil === null || mutedUntil <= now) return undefined;
  return refuse("MUTED", "You are muted in this room.", { mutedUntil: new Date(mutedUntil).toISOString() });
}
