import { clock } from "../../platform/clock.ts";
import type { Archive } from "./archive.ts";
import type { Broadcast } from "./broadcast.ts";
import { AdaptiveWindow } from "./adaptive-window.ts";
import { catchUp } from "./catch-up.ts";
import type { Gauge } from "./gauge.ts";
import type { Identity } from "./identity.ts";
import { encode, type ServerPayloads, type Status } from "./protocol.ts";
import type { Roster } from "./roster.ts";

/** So many people fit a list; of more, clients are told how many they are and some of them, at most once a second. */
const MEMBERS_LISTED = 100;
const MEMBERS_SAMPLED = 20;
const SUMMARY_EVERY_MS = 1_000;
/** A crowd is one until it has become a good deal smaller, lest people at the border be told one way and then the other. */
const CROWD_ENDS_AT = 80;

interface Parts {
  archive: Archive;
  broadcast: Broadcast;
  roster: Roster;
  gauge: Gauge;
}

/** People coming and going. */
export class Presence {
  readonly #parts: Parts;
  readonly #summaries: AdaptiveWindow;
  #crowded: boolean;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#summaries = new AdaptiveWindow(
      () => SUMMARY_EVERY_MS,
      () => parts.broadcast.signal("room", "presence_summary", this.#summary(), () => false),
    );
    this.#crowded = parts.roster.people > MEMBERS_LISTED;
  }

  /** Greets a socket, replays what it missed if it says where it stopped, and tells the others. */
  enter(socket: WebSocket, identity: Identity): void {
    const { archive, broadcast, roster, gauge } = this.#parts;
    const { user, role, mutedUntil, rateLimits, sessionId, expiresAt, after } = identity;
    archive.keepRoom(identity.room);
    const status = roster.presence(user.id)?.status ?? "online";
    roster.add(socket, { user, role, mutedUntil, rateLimits, sessionId, expiresAt, status, malformed: 0 });
    broadcast.heard(socket);
    socket.send(encode("welcome", this.#welcome(identity, status), clock.now().getTime()));
    if (after !== null) catchUp(archive, { socket }, user.id, after);
    this.tell(user.id, socket);
    void gauge.changed();
  }

  leave(socket: WebSocket): void {
    const session = this.#parts.roster.remove(socket);
    if (session === undefined) return;
    this.tell(session.user.id);
    void this.#parts.gauge.changed();
  }

  hangUp(socket: WebSocket, code: number, reason: string): void {
    this.leave(socket);
    socket.close(code, reason);
  }

  /** Tells everybody but `except` how this person is here now, or in a crowd how many people are. */
  tell(userId: string, except?: WebSocket): ServerPayloads["presence_changed"] {
    const { broadcast, roster } = this.#parts;
    const { status, connections } = roster.presence(userId) ?? { status: "offline" as const, connections: 0 };
    const presence = { userId, status, connections };
    const wasCrowded = this.#crowded;
    this.#crowded = roster.people > (wasCrowded ? CROWD_ENDS_AT : MEMBERS_LISTED);
    if (this.#crowded || wasCrowded) this.#summaries.request();
    else broadcast.signal(`${userId} ${status}`, "presence_changed", presence, (socket) => socket === except);
    return presence;
  }

  #summary(): ServerPayloads["presence_summary"] {
    const { online, members } = this.#parts.roster.online(this.#crowded ? MEMBERS_SAMPLED : MEMBERS_LISTED);
    return { online, members, complete: members.length === online };
  }

  #welcome(
    { room, members, user, role, mutedUntil, blocked = [] }: Identity,
    status: Status,
  ): ServerPayloads["welcome"] {
    const { archive, roster } = this.#parts;
    archive.refresh(clock.now().getTime());
    return {
      room: { ...room, members, role, unread: archive.marks.unread(user.id) },
      self: {
        ...user,
        role,
        mutedUntil: mutedUntil === null ? null : new Date(mutedUntil).toISOString(),
        status,
        connections: roster.connections(user.id),
      },
      ...roster.online(MEMBERS_LISTED),
      lastSeq: archive.log.lastSeq(),
      readSeq: archive.marks.of(user.id),
      blocked,
    };
  }
}
