import { clock } from "../../platform/clock.ts";
import { AdaptiveWindow, clamp } from "./adaptive-window.ts";
import { type Entry, Fanout } from "./fanout.ts";
import { encode, type Ref, type ServerFrameType, type ServerPayloads } from "./protocol.ts";
import type { Roster } from "./roster.ts";
import { SlowReaders } from "./slow-readers.ts";

/** The socket whose request this is, when it came over one, and the ref to repeat to it. */
export interface Origin {
  socket: WebSocket;
  ref?: Ref | undefined;
}

interface Hooks {
  /** Stores what still waits to be stored, so that it goes out with the burst. */
  prepare: () => void;
  lost: (socket: WebSocket) => void;
  /** When the runtime last answered a ping of this socket, in ms; 0 for never. */
  pingedAt: (socket: WebSocket) => number;
  slow: (socket: WebSocket) => void;
}

/** Tells the room. Everything goes through one queue, so every socket sees the order in which things were stored. */
export class Broadcast {
  readonly #roster: Roster;
  readonly #hooks: Hooks;
  readonly #work: (() => void)[] = [];
  #draining = false;
  readonly #fanout = new Fanout<WebSocket>();
  readonly #readers = new SlowReaders<WebSocket>();
  readonly #bursts = new AdaptiveWindow(
    () => clamp(this.#roster.size / 25, 10, 100),
    () => this.#drain(),
  );
  readonly #signals = new AdaptiveWindow(
    () => clamp(this.#roster.size / 2, 10, 250),
    () => this.#drain(),
  );

  constructor(roster: Roster, hooks: Hooks) {
    this.#roster = roster;
    this.#hooks = hooks;
  }

  add(entry: Entry<WebSocket>): void {
    this.#fanout.add(entry);
  }

  tell<T extends ServerFrameType>(type: T, payload: ServerPayloads[T], at: number, origin?: Origin): void {
    const text = encode(type, payload, at);
    if (origin?.ref === undefined) this.add({ text });
    else this.add({ text, textFor: (s) => (s === origin.socket ? encode(type, payload, at, origin.ref) : undefined) });
  }

  /** Queues an answer for one socket; it leaves with the next burst. */
  reply<T extends ServerFrameType>(origin: Origin, type: T, payload: ServerPayloads[T]): void {
    this.#fanout.reply(origin.socket, encode(type, payload, clock.now().getTime(), origin.ref));
  }

  /** Something that is not stored; of the same `key` only the latest goes out, to all sockets but those of `except`. */
  signal<T extends ServerFrameType>(
    key: string,
    type: T,
    payload: ServerPayloads[T],
    except: (socket: WebSocket) => boolean,
  ): void {
    const text = encode(type, payload, clock.now().getTime());
    this.#fanout.signal(`${type} ${key}`, { text, textFor: (socket) => (except(socket) ? null : undefined) });
    this.#signals.request();
  }

  /** Does this with the next burst: what a burst stores, it also tells, in one turn and one commit. */
  later(work: () => void): void {
    this.#work.push(work);
    this.due();
  }

  /** The same for a caller who waits for what comes of it. */
  inTurn<T>(act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.later(() => {
        try {
          resolve(act());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Asks for a burst: at once in an idle room, at the end of the open window under load. */
  due(): void {
    if (!this.#draining) this.#bursts.request();
  }

  flush(): void {
    this.#bursts.run();
  }

  /** A sign of life of this socket. */
  heard(socket: WebSocket): void {
    this.#readers.heard(socket, Date.now());
  }

  #drain(): void {
    this.#draining = true;
    let lost: readonly WebSocket[] = [];
    let characters = 0;
    try {
      for (const work of this.#work.splice(0)) work();
      this.#hooks.prepare();
    } finally {
      ({ lost, characters } = this.#fanout.drain(this.#roster.sockets()));
      this.#draining = false;
    }
    for (const socket of lost) this.#hooks.lost(socket);
    if (this.#readers.sent(characters)) this.#dropSlowReaders();
  }

  #dropSlowReaders(): void {
    const now = Date.now();
    const { pingedAt, slow } = this.#hooks;
    const open = [...this.#roster.sockets()];
    for (const socket of open) if (this.#readers.isSlow(socket, now, pingedAt(socket))) slow(socket);
  }
}
