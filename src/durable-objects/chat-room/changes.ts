import { clock } from "../../platform/clock.ts";
import type { Archive } from "./archive.ts";
import type { Broadcast, Origin } from "./broadcast.ts";
import type { RoomInfo, Speaker } from "./identity.ts";
import { mutedRefusal } from "./intake.ts";
import { type MessageRow, toMessage } from "./messages.ts";
import { accept, type Outcome, type Refusal, refuse } from "./outcome.ts";
import { type Edit, encode, type MemberChange, type Message, type Reaction, type ServerPayloads } from "./protocol.ts";
import { countFor } from "./reactions.ts";
import type { Roster } from "./roster.ts";

const EDIT_WINDOW_MS = 15 * 60_000;
const MAX_REACTION_KINDS = 20;

export type ReactionChange = ServerPayloads["reaction_changed"];

const gone = (): Refusal => refuse("NOT_FOUND", "There is no such message, or it was deleted.");

interface Parts {
  archive: Archive;
  broadcast: Broadcast;
  roster: Roster;
}

/** What happens to messages, members and the room after they are there: each change stored with its number, then told. */
export class Changes {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  edit(speaker: Speaker, { messageId, body }: Edit, origin?: Origin): Outcome<Message> {
    const { messages, log } = this.#parts.archive;
    const now = clock.now().getTime();
    const row = this.#live(messageId);
    if (row === undefined) return gone();
    if (row.author_id !== speaker.user.id) return refuse("FORBIDDEN", "Only its author may edit a message.");
    if (now - row.created_at > EDIT_WINDOW_MS) return refuse("FORBIDDEN", "A message may be edited for 15 minutes.");
    const muted = mutedRefusal(speaker, now);
    if (muted !== undefined) return muted;
    const seq = this.#store(() => {
      messages.edit(row.seq, body, now);
      return log.append("message_updated", { body }, now, { messageSeq: row.seq });
    });
    const edited = { ...row, body, edited_at: now };
    this.#tellUpdated(seq, edited, now, origin);
    return accept(this.#parts.archive.view(edited, speaker.user.id));
  }

  delete(speaker: Speaker, messageId: string, origin?: Origin): Outcome<Message> {
    const { messages, log } = this.#parts.archive;
    const row = this.#live(messageId);
    if (row === undefined) return gone();
    if (row.author_id !== speaker.user.id && speaker.role === "member") {
      return refuse("FORBIDDEN", "Only its author or a moderator may delete a message.");
    }
    const now = clock.now().getTime();
    const payload = { messageId, deletedBy: speaker.user.id, deletedAt: new Date(now).toISOString() };
    const seq = this.#store(() => {
      messages.erase(row.seq, now);
      return log.append("message_deleted", payload, now, { messageSeq: row.seq });
    });
    this.#parts.broadcast.tell("message_deleted", { seq, ...payload }, now, origin);
    return accept(toMessage({ ...row, body: null, deleted_at: now }, []));
  }

  /** Adding what is there already stores nothing; a `ref` is answered with the event that added it. */
  addReaction(speaker: Speaker, { messageId, emoji }: Reaction, origin?: Origin): Outcome<ReactionChange> {
    const { reactions } = this.#parts.archive;
    const userId = speaker.user.id;
    const now = clock.now().getTime();
    const row = this.#live(messageId);
    if (row === undefined) return gone();
    const muted = mutedRefusal(speaker, now);
    if (muted !== undefined) return muted;
    const kinds = reactions.on(row.seq);
    const count = kinds.find((kind) => kind.emoji === emoji)?.users.length ?? 0;
    const there = reactions.find(row.seq, emoji, userId);
    if (there !== undefined) {
      const change = { seq: there, messageId, emoji, userId, action: "added" as const, count };
      if (origin?.ref !== undefined) this.#parts.broadcast.reply(origin, "reaction_changed", change);
      return accept(change);
    }
    if (count === 0 && kinds.length >= MAX_REACTION_KINDS) {
      return refuse("LIMIT_REACHED", `A message takes at most ${MAX_REACTION_KINDS} kinds of reactions.`);
    }
    return this.#reacted(row, { messageId, emoji, userId, action: "added", count: count + 1 }, origin);
  }

  removeReaction(speaker: Speaker, { messageId, emoji }: Reaction, origin?: Origin): Outcome<ReactionChange> {
    const { reactions } = this.#parts.archive;
    const userId = speaker.user.id;
    const row = this.#live(messageId);
    if (row === undefined) return gone();
    const users = reactions.on(row.seq).find((kind) => kind.emoji === emoji)?.users ?? [];
    if (!users.includes(userId)) return refuse("NOT_FOUND", "You have not reacted like that.");
    return this.#reacted(row, { messageId, emoji, userId, action: "removed", count: users.length - 1 }, origin);
  }

  /** False when the change with this key was announced before. */
  announceMember(change: MemberChange, key?: string): boolean {
    const { archive, broadcast } = this.#parts;
    if (key !== undefined && archive.log.has(key)) return false;
    const now = clock.now().getTime();
    const seq = this.#store(() => {
      const seq = archive.log.append("member_changed", change, now, { key });
      if (change.change === "joined") archive.marks.advance(change.userId, seq);
      return seq;
    });
    broadcast.tell("member_changed", { seq, ...change }, now);
    return true;
  }

  announceRoom(room: RoomInfo, key?: string): boolean {
    const { archive, broadcast } = this.#parts;
    if (key !== undefined && archive.log.has(key)) return false;
    const now = clock.now().getTime();
    const seq = this.#store(() => {
      archive.keepRoom(room);
      return archive.log.append("room_changed", { room }, now, { key });
    });
    broadcast.tell("room_changed", { seq, room }, now);
    return true;
  }

  #reacted(row: MessageRow, change: Omit<ReactionChange, "seq">, origin?: Origin): Outcome<ReactionChange> {
    const { archive, broadcast } = this.#parts;
    const now = clock.now().getTime();
    const seq = this.#store(() => {
      const seq = archive.log.append("reaction_changed", change, now, { messageSeq: row.seq });
      if (change.action === "added") archive.reactions.add(row.seq, change.emoji, change.userId, seq);
      else archive.reactions.remove(row.seq, change.emoji, change.userId);
      return seq;
    });
    broadcast.tell("reaction_changed", { seq, ...change }, now, origin);
    return accept({ seq, ...change });
  }

  /** One text for all, except for those who reacted to the message (`mine`) and the one who asked (`ref`). */
  #tellUpdated(seq: number, row: MessageRow, at: number, origin?: Origin): void {
    const { archive, broadcast, roster } = this.#parts;
    const kinds = archive.reactions.on(row.seq);
    const reacted = new Set(kinds.flatMap((kind) => kind.users));
    const text = (viewerId?: string, ref?: Origin["ref"]) =>
      encode("message_updated", { seq, message: toMessage(row, countFor(kinds, viewerId)) }, at, ref);
    broadcast.add({
      text: text(),
      textFor: (socket) => {
        const viewerId = roster.session(socket)?.user.id ?? "";
        const ref = socket === origin?.socket ? origin.ref : undefined;
        return reacted.has(viewerId) || ref !== undefined ? text(viewerId, ref) : undefined;
      },
    });
  }

  #live(messageId: string): MessageRow | undefined {
    const row = this.#parts.archive.messages.byId(messageId);
    return row?.deleted_at === null ? row : undefined;
  }

  #store(write: () => number): number {
    return this.#parts.archive.storage.transactionSync(write);
  }
}
