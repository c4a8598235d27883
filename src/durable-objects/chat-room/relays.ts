import type { Archive } from "./archive.ts";
import { join } from "./fanout.ts";
import type { Frames } from "./frames.ts";
import type { Identity } from "./identity.ts";
import type { Presence } from "./presence.ts";
import { type Relay, RelayedSocket, RelayLink } from "./relay-link.ts";
import type { Roster } from "./roster.ts";

const KEY = "relays";
const MOST_EVENTS_REPLAYED = 1000;
const COME_AGAIN = 1012;

interface Parts {
  archive: Archive;
  roster: Roster;
  presence: Presence;
  frames: Frames;
  reach(name: string): Relay;
  later(work: Promise<unknown>): void;
}

/** A room uses no more of a socket than a relayed one has. */
const asSocket = (socket: RelayedSocket): WebSocket => socket as unknown as WebSocket;

/** The relays of a big room. Their sockets are in the roster like its own, so that all that a room does reaches them. */
export class Relays {
  readonly #parts: Parts;
  readonly #links = new Map<string, RelayLink>();
  /** Those with sockets, kept so that a room that has forgotten all knows whom to ask. */
  #names: Set<string>;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#names = new Set(parts.archive.storage.kv.get<string[]>(KEY) ?? []);
  }

  get inUse(): boolean {
    return this.#names.size > 0;
  }

  /** After the room has lost its memory, before it does anything else. */
  async resume(): Promise<void> {
    await Promise.all([...this.#names].map(async (name) => await this.#link(name).resume()));
  }

  /** Settles when the relay has the greeting. */
  async enter(name: string, id: string, identity: Identity): Promise<void> {
    this.#keep(name, true);
    const link = this.#link(name);
    this.#parts.presence.enter(asSocket(link.socket(id)), identity);
    await link.told();
  }

  /** False when there is no such socket here. */
  frame(name: string, id: string, raw: string | ArrayBuffer): boolean {
    const socket = this.#links.get(name)?.sockets.get(id);
    if (socket !== undefined) this.#parts.frames.receive(asSocket(socket), raw);
    return socket !== undefined;
  }

  leave(name: string, id: string): void {
    const link = this.#links.get(name);
    const socket = link?.sockets.get(id);
    if (link === undefined || socket === undefined) return;
    link.sockets.delete(id);
    this.#gone(name, socket);
  }

  isRelayed(socket: WebSocket): boolean {
    return socket instanceof RelayedSocket;
  }

  #link(name: string): RelayLink {
    const known = this.#links.get(name);
    if (known !== undefined) return known;
    const { archive, roster, reach, later } = this.#parts;
    const link = new RelayLink({
      reach: () => reach(name),
      seq: () => archive.log.lastSeq(),
      gone: (socket) => this.#gone(name, socket),
      found: (socket, session) => roster.add(asSocket(socket), session),
      catchUp: (sockets, after) => this.#catchUp(sockets, after),
      later,
    });
    this.#links.set(name, link);
    return link;
  }

  #gone(name: string, socket: RelayedSocket): void {
    this.#parts.presence.leave(asSocket(socket));
    if (this.#links.get(name)?.sockets.size === 0) this.#keep(name, false);
  }

  #keep(name: string, inUse: boolean): void {
    if (this.#names.has(name) === inUse) return;
    if (inUse) this.#names.add(name);
    else this.#names.delete(name);
    this.#parts.archive.storage.kv.put(KEY, [...this.#names]);
  }

  /** All are at the same place, and only edits look different to different people. */
  #catchUp(sockets: Iterable<RelayedSocket>, after: number): void {
    const { archive, roster, presence } = this.#parts;
    const missed = archive.log.lastSeq() - after;
    if (missed <= 0) return;
    const shared = missed > MOST_EVENTS_REPLAYED ? [] : archive.log.replay(after, "");
    const same = !shared.some((frame) => frame.includes('"type":"message_updated"'));
    for (const socket of sockets) {
      const viewerId = roster.session(asSocket(socket))?.user.id ?? "";
      if (missed > MOST_EVENTS_REPLAYED) presence.hangUp(asSocket(socket), COME_AGAIN, "come back with after");
      else socket.send(join(same ? shared : archive.log.replay(after, viewerId)));
    }
  }
}
