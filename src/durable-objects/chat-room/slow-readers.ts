/** A frame, or a `ping` that the runtime answers by itself, shows that somebody reads. */
const SILENCE_MS = 60_000;
const UNHEARD_CHARACTERS = 16 * 1024 * 1024;
const LOOK_EVERY = 1024 * 1024;

interface Hearing {
  at: number;
  total: number;
}

/**
 * Finds sockets that are sent much and give no sign of life. The runtime buffers without a bound and does not say how much
 * is waiting (there is no `bufferedAmount`), so what was sent since a client was last heard of stands for it.
 */
export class SlowReaders<S extends object> {
  readonly #heard = new WeakMap<S, Hearing>();
  #total = 0;
  #lookedAt = 0;

  /** A socket has opened, or has sent something. */
  heard(socket: S, now: number): void {
    this.#heard.set(socket, { at: now, total: this.#total });
  }

  /** Everybody was sent so many characters. True when it is time to look for slow ones. */
  sent(characters: number): boolean {
    this.#total += characters;
    if (this.#total - this.#lookedAt < LOOK_EVERY) return false;
    this.#lookedAt = this.#total;
    return true;
  }

  /** `pingedAt`: when the runtime last answered a ping of this socket, in ms. */
  isSlow(socket: S, now: number, pingedAt: number): boolean {
    const last = this.#heard.get(socket);
    if (last === undefined || pingedAt > last.at) this.heard(socket, now);
    else return now - last.at > SILENCE_MS && this.#total - last.total > UNHEARD_CHARACTERS;
    return false;
  }
}
