import { DurableObject } from "cloudflare:workers";
import { Archive } from "./archive.ts";
import { Broadcast } from "./broadcast.ts";
import { Changes, type ReactionChange } from "./changes.ts";
import { Frames } from "./frames.ts";
import { decodeIdentity, IDENTITY_HEADER, type Person, type RoomInfo, type Speaker } from "./identity.ts";
import { Intake } from "./intake.ts";
import type { Page } from "./messages.ts";
import { type Outcome, refuse } from "./outcome.ts";
import { type Draft, type Edit, type MemberChange, type Message, type Reaction } from "./protocol.ts";
import { disguise, messagesBy, type OwnMessage } from "./personal.ts";
import { Presence } from "./presence.ts";
import { Roster, type Session } from "./roster.ts";

const SOCKETS_A_PERSON = 8;

/** Which sockets to close: a person's, one login's, or all. */
export type Closing = { userId: string; exceptSessionId?: string } | { sessionId: string } | "everybody";

/** One room: its history, who is in it now, and the order in which everybody sees what happens. */
export class ChatRoom extends DurableObject<Env> {
  readonly #archive: Archive;
  readonly #roster: Roster;
  readonly #broadcast: Broadcast;
  readonly #intake: Intake;
  readonly #changes: Changes;
  readonly #presence: Presence;
  readonly #frames: Frames;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    const archive = new Archive(ctx.storage);
    const roster = new Roster(ctx.getWebSockets());
    const lost = (socket: WebSocket) => this.#presence.leave(socket);
    const broadcast = new Broadcast(roster, { prepare: () => this.#intake.storePending(), lost });
    this.#archive = archive;
    this.#roster = roster;
    this.#broadcast = broadcast;
    this.#intake = new Intake(archive, broadcast);
    this.#presence = new Presence({ archive, broadcast, roster });
    this.#changes = new Changes({ archive, broadcast, roster });
    this.#frames = new Frames({
      archive,
      broadcast,
      roster,
      intake: this.#intake,
      presence: this.#presence,
      changes: this.#changes,
    });
  }

  /** Only the upgrade, with the identity that the Worker vouches for. Everything else is RPC. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response(null, { status: 426 });
    const identity = decodeIdentity(request.headers.get(IDENTITY_HEADER));
    if (identity === undefined) return new Response(null, { status: 401 });
    await this.#wakeAt(identity.expiresAt);
    if (this.#roster.connections(identity.user.id) >= SOCKETS_A_PERSON) {
      const refusal = refuse("TOO_MANY_SOCKETS", `You have ${SOCKETS_A_PERSON} connections to this room already.`);
      return Response.json(refusal, { status: 429 });
    }
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    this.#presence.enter(server, identity);
    const headers = { ...(identity.subprotocol && { "sec-websocket-protocol": identity.subprotocol }) };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  override webSocketMessage(socket: WebSocket, raw: string | ArrayBuffer): void {
    this.#frames.receive(socket, raw);
  }

  /** The runtime has answered the close by itself; closing again throws for 1006. */
  override webSocketClose(socket: WebSocket): void {
    this.#presence.leave(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#presence.leave(socket);
  }

  /** Hangs up on sockets that have outlived their access token, and waits for the next to do so. */
  override async alarm(): Promise<void> {
    const now = Date.now();
    const open = this.#roster.entries();
    for (const [socket, { expiresAt }] of open)
      if (expiresAt <= now) this.#presence.hangUp(socket, 4401, "token expired");
    const next = Math.min(...open.map(([, { expiresAt }]) => expiresAt).filter((at) => at > now));
    if (Number.isFinite(next)) await this.ctx.storage.setAlarm(next);
  }

  send(room: RoomInfo, speaker: Speaker, draft: Draft): Promise<Outcome<Message>> {
    this.#archive.keepRoom(room);
    return new Promise((resolve) => this.#intake.send(speaker, draft, resolve));
  }

  edit(speaker: Speaker, edit: Edit): Promise<Outcome<Message>> {
    return this.#broadcast.inTurn(() => this.#changes.edit(speaker, edit));
  }

  delete(speaker: Speaker, messageId: string): Promise<Outcome<Message>> {
    return this.#broadcast.inTurn(() => this.#changes.delete(speaker, messageId));
  }

  addReaction(speaker: Speaker, reaction: Reaction): Promise<Outcome<ReactionChange>> {
    return this.#broadcast.inTurn(() => this.#changes.addReaction(speaker, reaction));
  }

  removeReaction(speaker: Speaker, reaction: Reaction): Promise<Outcome<ReactionChange>> {
    return this.#broadcast.inTurn(() => this.#changes.removeReaction(speaker, reaction));
  }

  history(page: Page & { viewerId: string }): { messages: Message[]; hasMore: boolean } {
    return this.#archive.history(page, page.viewerId);
  }

  markRead(userId: string, seq: number): { readSeq: number } {
    const readSeq = this.#archive.markRead(userId, seq);
    this.#broadcast.signal(userId, "read_changed", { userId, readSeq }, () => false);
    return { readSeq };
  }

  overview(userId: string): { lastMessage: Message | null; lastSeq: number; unread: number; readSeq: number } {
    const { log, marks, messages } = this.#archive;
    const latest = messages.latest();
    const lastMessage = latest === undefined ? null : this.#archive.view(latest, userId);
    return { lastMessage, lastSeq: log.lastSeq(), unread: marks.unread(userId), readSeq: marks.of(userId) };
  }

  /** Records and tells a change of membership; with the same `key` again it does nothing. */
  memberChanged(change: MemberChange, key?: string): void {
    this.#broadcast.flush();
    const { userId, role, mutedUntil } = change;
    if (!this.#changes.announceMember(change, key)) return;
    const until = mutedUntil ? Date.parse(mutedUntil) : null;
    this.#roster.changeUser(userId, { ...(role && { role }), ...(mutedUntil !== undefined && { mutedUntil: until }) });
    if (change.change === "left" || change.change === "banned") this.closeSockets({ userId }, 4403, "not a member");
    else this.#broadcast.flush();
  }

  /** Records and tells a change of the room itself; with the same `key` again it does nothing. */
  roomChanged(room: RoomInfo, key?: string): void {
    this.#changes.announceRoom(room, key);
    this.#broadcast.flush();
  }

  closeSockets(whose: Closing, code: number, reason: string): void {
    this.#broadcast.flush();
    for (const [socket, session] of this.#roster.entries()) {
      if (isMeant(session, whose)) this.#presence.hangUp(socket, code, reason);
    }
  }

  /** What somebody wrote here, in parts: ask again with `next` until it is null. */
  exportOf(userId: string, after: number): { messages: OwnMessage[]; next: number | null } {
    this.#broadcast.flush();
    return messagesBy(this.#archive, userId, after);
  }

  /** Makes somebody who is gone unrecognisable in all that is kept here, and hangs up on them. Twice is once. */
  forget(person: Person): void {
    this.closeSockets({ userId: person.id }, 4401, "the account was deleted");
    disguise(this.#archive, person);
  }

  /** Hangs up on everybody and forgets the room. */
  dissolve(): void {
    this.closeSockets("everybody", 4403, "the room was deleted");
    this.#archive.clear();
  }

  ping(): "pong" {
    this.#archive.log.lastSeq();
    return "pong";
  }

  async #wakeAt(at: number): Promise<void> {
    const alarm = await this.ctx.storage.getAlarm();
    if (alarm === null || alarm > at) await this.ctx.storage.setAlarm(at);
  }
}

function isMeant({ user, sessionId }: Session, whose: Closing): boolean {
  if (whose === "everybody") return true;
  if ("sessionId" in whose) return sessionId === whose.sessionId;
  return user.id === whose.userId && sessionId !== whose.exceptSessionId;
}
