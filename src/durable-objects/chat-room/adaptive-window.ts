/** Runs `work` at once when the room is idle, and once per window under load. An idle window keeps no timer. */
export class AdaptiveWindow {
  readonly #lengthMs: () => number;
  readonly #work: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastRun = Number.NEGATIVE_INFINITY;

  constructor(lengthMs: () => number, work: () => void) {
    this.#lengthMs = lengthMs;
    this.#work = work;
  }

  request(): void {
    if (this.#timer !== undefined) return;
    const length = this.#lengthMs();
    if (Date.now() - this.#lastRun >= length) this.run();
    else this.#timer = setTimeout(() => this.run(), length);
  }

  run(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lastRun = Date.now();
    this.#work();
  }
}

export const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
