import { createLogger } from "../../platform/logger.ts";
import type { Delivery, Holding, Receipt } from "../room-relay/delivery.ts";
import { RelayQueue } from "./relay-queue.ts";
import type { Session } from "./roster.ts";

const COME_AGAIN = 1012;
const MOST_CHARACTERS_WAITING = 8 * 1024 * 1024;
/** A relay that fails so often in a row is given up; its people come again when they speak. */
const MOST_FAILURES = 3;

/** Stands in a room for a socket that a relay holds: what the room does to it, the relay is told to do. */
export class RelayedSocket {
  readonly id: string;
  readonly #link: RelayLink;

  constructor(id: string, link: RelayLink) {
    this.id = id;
    this.#link = link;
  }

  send(text: string): void {
    this.#link.queue((queue) => queue.send(this.id, text));
  }

  close(code: number, reason: string): void {
    this.#link.sockets.delete(this.id);
    this.#link.queue((queue) => queue.close(this.id, code, reason));
  }

  serializeAttachment(session: Session): void {
    this.#link.queue((queue) => queue.keep(this.id, session));
  }
}

export interface Relay {
  deliver(delivery: Delivery): Promise<Receipt>;
  holding(): Promise<Holding>;
}

interface Hooks {
  /** A fresh stub: one that has failed stays broken. */
  reach(): Relay;
  /** The number of the newest thing in the room. */
  seq(): number;
  gone(socket: RelayedSocket): void;
  /** A socket that the relay holds and the room has forgotten. */
  found(socket: RelayedSocket, session: Session): void;
  /** Tells all of these what happened after `seq`. */
  catchUp(sockets: Iterable<RelayedSocket>, after: number): void;
  later(work: Promise<unknown>): void;
}

/** One relay of a room, told in order: the next delivery leaves when the one before has arrived. */
export class RelayLink {
  readonly sockets = new Map<string, RelayedSocket>();
  readonly #hooks: Hooks;
  readonly #queue = new RelayQueue();
  #relay: Relay;
  #telling = false;
  #failures = 0;
  #life: string | undefined;
  #waiting: (() => void)[] = [];

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
    this.#relay = hooks.reach();
  }

  socket(id: string): RelayedSocket {
    const socket = new RelayedSocket(id, this);
    this.sockets.set(id, socket);
    return socket;
  }

  queue(put: (queue: RelayQueue) => void): void {
    put(this.#queue);
    if (this.#telling) return;
    this.#telling = true;
    this.#hooks.later(this.#tell());
  }

  /** When what waits now has been told, or given up. */
  told(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /**
   * Makes both sides one again: who is held there is here and nobody else, and all are told what they missed.
   * What waits is dropped first, since it is told once more.
   */
  async resume(): Promise<void> {
    const { seq, sockets } = await this.#holding();
    this.#queue.clear();
    const held = new Set(sockets.map(({ id }) => id));
    for (const socket of this.sockets.values()) if (!held.has(socket.id)) this.#giveUp(socket);
    for (const { id, session } of sockets) {
      if (!this.sockets.has(id)) this.#hooks.found(this.socket(id), session);
    }
    this.#hooks.catchUp([...this.sockets.values()], seq);
  }

  async #tell(): Promise<void> {
    // What this turn still says goes along.
    await Promise.resolve();
    while (!this.#queue.isEmpty) {
      if (this.#queue.characters > MOST_CHARACTERS_WAITING) await this.resume();
      const items = this.#queue.take(new Set(this.sockets.keys()));
      const waiting = this.#waiting.splice(0);
      try {
        const { gone, life } = await this.#relay.deliver({ seq: this.#hooks.seq(), items });
        for (const id of gone) this.#lose(this.sockets.get(id));
        this.#failures = 0;
        await this.#lives(life);
      } catch (error) {
        this.#failures += 1;
        createLogger().error("a relay was not reached", error);
        await this.resume();
      }
      for (const resolve of waiting) resolve();
    }
    this.#telling = false;
  }

  async #holding(): Promise<Holding> {
    this.#relay = this.#hooks.reach();
    if (this.#failures > MOST_FAILURES) return { seq: 0, sockets: [] };
    try {
      return await this.#relay.holding();
    } catch (error) {
      createLogger().error("a relay does not answer; its people will come again", error);
      return { seq: 0, sockets: [] };
    }
  }

  /** In its new life a relay was told what it must know, but it may hold fewer sockets than in the one before. */
  async #lives(life: string): Promise<void> {
    const before = this.#life;
    this.#life = life;
    if (before === undefined || before === life) return;
    const asked = [...this.sockets.values()];
    const held = new Set((await this.#holding()).sockets.map(({ id }) => id));
    for (const socket of asked) if (!held.has(socket.id)) this.#giveUp(socket);
  }

  /** It may have come to the relay after that was asked. */
  #giveUp(socket: RelayedSocket): void {
    this.#lose(socket);
    this.#queue.close(socket.id, COME_AGAIN, "the room was interrupted; come back with after");
  }

  #lose(socket: RelayedSocket | undefined): void {
    if (socket === undefined) return;
    this.sockets.delete(socket.id);
    this.#hooks.gone(socket);
  }
}
