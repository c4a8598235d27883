import { clock } from "../../platform/clock.ts";
import type { Search } from "./archive.ts";
import type { ReactionChange } from "./changes.ts";
import type { Person, RoomInfo, Speaker } from "./identity.ts";
import type { Page } from "./messages.ts";
import type { Outcome } from "./outcome.ts";
import { disguise, introduce, messagesBy, type OwnMessage } from "./personal.ts";
import type { Draft, Edit, MemberChange, Message, Present, Reaction } from "./protocol.ts";
import { RoomObject } from "./room-object.ts";
import type { Session } from "./roster.ts";

/** Which sockets to close: a person's, one login's, or all. */
export type Closing = { userId: string; exceptSessionId?: string } | { sessionId: string } | "everybody";

/** One room: its history, who is in it now, and the order in which everybody sees what happens. */
export class ChatRoom extends RoomObject {
  send(room: RoomInfo, speaker: Speaker, draft: Draft): Promise<Outcome<Message>> {
    this.archive.keepRoom(room);
    return new Promise((resolve) => this.intake.send(speaker, draft, resolve));
  }

  edit(speaker: Speaker, edit: Edit): Promise<Outcome<Message>> {
    return this.broadcast.inTurn(() => this.changes.edit(speaker, edit));
  }

  delete(speaker: Speaker, messageId: string): Promise<Outcome<Message>> {
    return this.broadcast.inTurn(() => this.changes.delete(speaker, messageId));
  }

  addReaction(speaker: Speaker, reaction: Reaction): Promise<Outcome<ReactionChange>> {
    return this.broadcast.inTurn(() => this.changes.addReaction(speaker, reaction));
  }

  removeReaction(speaker: Speaker, reaction: Reaction): Promise<Outcome<ReactionChange>> {
    return this.broadcast.inTurn(() => this.changes.removeReaction(speaker, reaction));
  }

  /** Holds a message up for everybody, or no longer. */
  pin(speaker: Speaker, messageId: string, wanted: boolean): Promise<Outcome<Message>> {
    return this.broadcast.inTurn(() => this.pins.pin(speaker, messageId, wanted));
  }

  /** The last to be pinned first. */
  pinned(viewerId: string): Message[] {
    this.archive.refresh(clock.now().getTime());
    return this.archive.views(this.archive.messages.pinned(), viewerId);
  }

  /** What a message said, version by version; null when there is no such message any more. */
  versions(messageId: string): { body: string; at: number }[] | null {
    this.archive.refresh(clock.now().getTime());
    const row = this.archive.messages.byId(messageId);
    return row?.deleted_at === null ? this.archive.log.versions(row) : null;
  }

  message(messageId: string, viewerId: string): Message | null {
    this.archive.refresh(clock.now().getTime());
    const row = this.archive.messages.byId(messageId);
    return row === undefined ? null : this.archive.view(row, viewerId);
  }

  /** Messages with all the words of the query, newest first. */
  search(search: Search, viewerId: string): Message[] {
    this.archive.refresh(clock.now().getTime());
    return this.archive.search(search, viewerId);
  }

  /** Who is here, by id; `next` is null at the end. */
  present(after: string, limit: number): { members: Present[]; hasMore: boolean } {
    const members = this.roster.page(after, limit + 1);
    return { members: members.slice(0, limit), hasMore: members.length > limit };
  }

  history(page: Page & { viewerId: string }): { messages: Message[]; hasMore: boolean } {
    this.archive.refresh(clock.now().getTime());
    return this.archive.history(page, page.viewerId);
  }

  markRead(userId: string, seq: number): { readSeq: number } {
    const readSeq = this.archive.markRead(userId, seq);
    this.broadcast.signal(userId, "read_changed", { userId, readSeq }, () => false);
    return { readSeq };
  }

  overview(userId: string): { lastMessage: Message | null; lastSeq: number; unread: number; readSeq: number } {
    this.archive.refresh(clock.now().getTime());
    const { log, marks, messages } = this.archive;
    const latest = messages.latest();
    const lastMessage = latest === undefined ? null : this.archive.view(latest, userId);
    return { lastMessage, lastSeq: log.lastSeq(), unread: marks.unread(userId), readSeq: marks.of(userId) };
  }

  /** Records and tells a change of membership; with the same `key` again it does nothing. */
  memberChanged(change: MemberChange, key?: string): void {
    this.broadcast.flush();
    const { userId, role, mutedUntil } = change;
    if (!this.changes.announceMember(change, key)) return;
    const until = mutedUntil ? Date.parse(mutedUntil) : null;
    this.roster.changeUser(userId, { ...(role && { role }), ...(mutedUntil !== undefined && { mutedUntil: until }) });
    if (change.change === "left" || change.change === "banned") this.closeSockets({ userId }, 4403, "not a member");
    else this.broadcast.flush();
  }

  /** Records and tells a change of the room itself; with the same `key` again it does nothing. */
  async roomChanged(room: RoomInfo, key?: string): Promise<void> {
    this.changes.announceRoom(room, key);
    this.broadcast.flush();
    await this.roomKept();
  }

  /** Somebody has another name or picture: here and in all they have said. Without a `key` nobody is told. */
  personChanged(user: Person, key: string | null): void {
    this.broadcast.flush();
    introduce(this.archive, user);
    this.roster.changeUser(user.id, { user });
    if (key !== null && this.changes.announceMember({ userId: user.id, change: "profile", user }, key))
      this.broadcast.flush();
  }

  closeSockets(whose: Closing, code: number, reason: string): void {
    this.broadcast.flush();
    for (const [socket, session] of this.roster.entries()) {
      if (isMeant(session, whose)) this.presence.hangUp(socket, code, reason);
    }
  }

  /** What somebody wrote here, in parts: ask again with `next` until it is null. */
  exportOf(userId: string, after: number): { messages: OwnMessage[]; next: number | null } {
    this.broadcast.flush();
    return messagesBy(this.archive, userId, after);
  }

  /** Makes somebody who is gone unrecognisable in all that is kept here, and hangs up on them. Twice is once. */
  forget(person: Person): void {
    this.closeSockets({ userId: person.id }, 4401, "the account was deleted");
    disguise(this.archive, person);
  }

  /** Hangs up on everybody and forgets the room. */
  dissolve(): void {
    this.closeSockets("everybody", 4403, "the room was deleted");
    this.archive.clear();
  }

  ping(): "pong" {
    this.archive.log.lastSeq();
    return "pong";
  }
}

function isMeant({ user, sessionId }: Session, whose: Closing): boolean {
  if (whose === "everybody") return true;
  if ("sessionId" in whose) return sessionId === whose.sessionId;
  return user.id === whose.userId && sessionId !== whose.exceptSessionId;
}
