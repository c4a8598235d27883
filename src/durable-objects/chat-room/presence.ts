import { clock } from "../../platform/clock.ts";
import type { Archive } from "./archive.ts";
import type { Broadcast } from "./broadcast.ts";
import { catchUp } from "./catch-up.ts";
import type { Identity } from "./identity.ts";
import { encode, type ServerPayloads, type Status } from "./protocol.ts";
import type { Roster } from "./roster.ts";

const MEMBERS_IN_WELCOME = 100;

interface Parts {
  archive: Archive;
  broadcast: Broadcast;
  roster: Roster;
}

/** People coming and going. */
export class Presence {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Greets a socket, replays what it missed if it says where it stopped, and tells the others. */
  enter(socket: WebSocket, identity: Identity): void {
    const { archive, roster } = this.#parts;
    const { user, role, mutedUntil, rateLimits, sessionId, expiresAt, after } = identity;
    archive.keepRoom(identity.room);
    const status = roster.presence(user.id)?.status ?? "online";
    roster.add(socket, { user, role, mutedUntil, rateLimits, sessionId, expiresAt, status, malformed: 0 });
    socket.send(encode("welcome", this.#welcome(identity, status), clock.now().getTime()));
    if (after !== null) catchUp(archive, { socket }, user.id, after);
    this.tell(user.id, socket);
  }

  leave(socket: WebSocket): void {
    const session = this.#parts.roster.remove(socket);
    if (session !== undefined) this.tell(session.user.id);
  }

  hangUp(socket: WebSocket, code: number, reason: string): void {
    this.leave(socket);
    socket.close(code, reason);
  }

  /** Tells everybody but `except` how this person is here now. */
  tell(userId: string, except?: WebSocket): ServerPayloads["presence_changed"] {
    const { broadcast, roster } = this.#parts;
    const { status, connections } = roster.presence(userId) ?? { status: "offline" as const, connections: 0 };
    const presence = { userId, status, connections };
    broadcast.signal(`${userId} ${status}`, "presence_changed", presence, (socket) => socket === except);
    return presence;
  }

  #welcome({ room, members, user, role, mutedUntil }: Identity, status: Status): ServerPayloads["welcome"] {
    const { archive, roster } = this.#parts;
    return {
      room: { ...room, members, role, unread: archive.marks.unread(user.id) },
      self: {
        ...user,
        role,
        mutedUntil: mutedUntil === null ? null : new Date(mutedUntil).toISOString(),
        status,
        connections: roster.connections(user.id),
      },
      ...roster.online(MEMBERS_IN_WELCOME),
      lastSeq: archive.log.lastSeq(),
      readSeq: archive.marks.of(user.id),
    };
  }
}
