type Listener<P> = (payload: P) => void;

/** Who wants to hear of which frame; `Frames` is payload by type. */
export class Listeners<Frames> {
  readonly #byType = new Map<keyof Frames, Set<Listener<never>>>();

  /** Returns what ends it. */
  on<T extends keyof Frames>(type: T, listener: Listener<Frames[T]>): () => void {
    const of = this.#byType.get(type) ?? new Set();
    this.#byType.set(type, of.add(listener));
    return () => void of.delete(listener);
  }

  tell(type: string, payload: unknown): void {
    for (const listener of this.#byType.get(type as keyof Frames) ?? []) (listener as Listener<unknown>)(payload);
  }
}
