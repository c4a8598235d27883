/** A sliding window per person: at most `limit` acts in any `windowMs`. Forgets people whose window is empty. */
export class RateWindow {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #acts = new Map<string, number[]>();

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** Takes one act at `now` (ms): 0 when it is allowed, otherwise the ms to wait; a refused act is not counted. */
  take(person: string, now: number): number {
    const recent = (this.#acts.get(person) ?? []).filter((at) => at > now - this.#windowMs);
    const oldest = recent[0];
    if (oldest !== undefined && recent.length >= this.#limit) return oldest + this.#windowMs - now;
    this.#acts.delete(person);
    this.#acts.set(person, [...recent, now]);
    this.#forget(now);
    return 0;
  }

  #forget(now: number): void {
    for (const [person, acts] of this.#acts) {
      if ((acts.at(-1) ?? 0) > now - this.#windowMs) return;
      this.#acts.delete(person);
    }
  }
}
