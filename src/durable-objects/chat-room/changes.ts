import { clock } from "../../platform/clock.ts";
import type { Archive } from "./archive.ts";
import type { Broadcast, Origin } from "./broadcast.ts";
import { filesOf } from "./files.ts";
import type { RoomInfo, Speaker } from "./identity.ts";
import { mutedRefusal } from "./intake.ts";
import { mentionsIn } from "./mentions.ts";
import { type MessageRow, toMessage } from "./messages.ts";
import { accept, type Outcome, type Refusal, refuse } from "./outcome.ts";
import type { Edit, MemberChange, Message, Reaction, ServerPayloads } from "./protocol.ts";
import { RateWindow } from "./rate-window.ts";
import type { Roster } from "./roster.ts";
import type { Tellings } from "./tellings.ts";
import { tellUpdated } from "./updates.ts";

const EDIT_WINDOW_MS = 15 * 60_000;
const MAX_REACTION_KINDS = 20;

export type ReactionChange = ServerPayloads["reaction_changed"];

const gone = (): Refusal => refuse("NOT_FOUND", "There is no such message, or it was deleted.");

interface Parts {
  archive: Archive;
  broadcast: Broadcast;
  roster: Roster;
  tellings: Tellings;
}

/** What happens to messages, members and the room after they are there: each change stored with its number, then told. */
export class Changes {
  readonly #parts: Parts;
  readonly #rate = new RateWindow(30, 10_000);

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  edit(speaker: Speaker, { messageId, body }: Edit, origin?: Origin): Outcome<Message> {
    const { messages, log, words } = this.#parts.archive;
    const now = clock.now().getTime();
    const row = this.#live(messageId);
    if (row === undefined) return gone();
    if (row.author_id !== speaker.user.id) return refuse("FORBIDDEN", "Only its author may edit a message.");
    if (now - row.created_at > EDIT_WINDOW_MS) return refuse("FORBIDDEN", "A message may be edited for 15 minutes.");
    const refusal = mutedRefusal(speaker, now) ?? this.#hurried(speaker);
    if (refusal !== undefined) return refusal;
    const update = { body, editedAt: now, pinnedAt: row.pinned_at, pinnedBy: row.pinned_by };
    const seq = this.#store(() => {
      messages.edit(row.seq, body, now);
      words.changed(row.seq, body);
      this.#tellOfNewNames(row, body);
      return log.append("message_updated", update, now, { messageSeq: row.seq });
    });
    const edited = { ...row, body, edited_at: now };
    tellUpdated(this.#parts, seq, edited, now, origin);
    return accept(this.#parts.archive.view(edited, speaker.user.id));
  }

  delete(speaker: Speaker, messageId: string, origin?: Origin): Outcome<Message> {
    const { messages, log, words } = this.#parts.archive;
    const row = this.#live(messageId);
    if (row === undefined) return gone();
    if (row.author_id !== speaker.user.id && speaker.role === "member") {
      return refuse("FORBIDDEN", "Only its author or a moderator may delete a message.");
    }
    const hurried = this.#hurried(speaker);
    if (hurried !== undefined) return hurried;
    const now = clock.now().getTime();
    const payload = { messageId, deletedBy: speaker.user.id, deletedAt: new Date(now).toISOString() };
    const seq = this.#store(() => {
      messages.erase(row.seq, now);
      words.changed(row.seq, null);
      this.#tellOfLoss(row, speaker);
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
    const refusal = mutedRefusal(speaker, now) ?? this.#hurried(speaker);
    if (refusal !== undefined) return refusal;
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
    const hurried = this.#hurried(speaker);
    if (hurried !== undefined) return hurried;
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

  /** An edit that names somebody new tells them; who was named before has been told. */
  #tellOfNewNames(row: MessageRow, body: string): void {
    const known = new Set(mentionsIn(row.body ?? ""));
    const usernames = mentionsIn(body).filter((name) => !known.has(name));
    const roomId = this.#parts.archive.room?.id;
    if (usernames.length === 0 || roomId === undefined) return;
    const about = { roomId, messageId: row.id, authorId: row.author_id };
    this.#parts.tellings.add({ type: "message.names_people", ...about, usernames });
  }

  /** A moderator answers for what they delete, and nobody keeps the files. */
  #tellOfLoss(row: MessageRow, { user }: Speaker): void {
    const roomId = this.#parts.archive.room?.id;
    if (roomId === undefined) return;
    const about = { roomId, messageId: row.id, authorId: row.author_id };
    if (row.author_id !== user.id)
      this.#parts.tellings.add({ type: "message.moderated", ...about, moderatorId: user.id });
    const keys = filesOf(roomId, row);
    if (keys.length > 0) this.#parts.tellings.add({ type: "files.abandoned", roomId, keys });
  }

  #hurried({ user, rateLimits }: Speaker): Refusal | undefined {
    const retryAfterMs = rateLimits ? this.#rate.take(user.id, Date.now()) : 0;
    return retryAfterMs > 0 ? refuse("RATE_LIMITED", "Too many changes.", { retryAfterMs }) : undefined;
  }

  #live(messageId: string): MessageRow | undefined {
    const row = this.#parts.archive.messages.byId(messageId);
    return row?.deleted_at === null ? row : undefined;
  }

  #store(write: () => number): number {
    return this.#parts.archive.storage.transactionSync(write);
  }
}
