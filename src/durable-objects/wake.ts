/** The one alarm of an object, set to whatever is due first. */
export class Wake {
  readonly #storage: DurableObjectStorage;
  #at: number | null | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Real time in ms, to the second; Infinity for nothing. */
  async at(dueMs: number): Promise<void> {
    if (!Number.isFinite(dueMs)) return;
    const due = Math.ceil(dueMs / 1000) * 1000;
    if (this.#at === undefined) this.#at = await this.#storage.getAlarm();
    if (this.#at !== null && this.#at <= due) return;
    this.#at = due;
    await this.#storage.setAlarm(Math.max(due, Date.now()));
  }

  /** To be said first when the alarm goes off. */
  rang(): void {
    this.#at = null;
  }
}
