import type { EventLog } from "./event-log.ts";
import type { MessageRow, MessageStore } from "./messages.ts";
import type { Progress } from "./progress.ts";

const DAY_MS = 86_400_000;
const SWEPT_AT_ONCE = 2_000;

/** The last of `first … last` that `isOld`, or `first - 1`; whatever is behind an old one is old. */
export function lastOld(first: number, last: number, isOld: (seq: number) => boolean): number {
  let [low, high] = [first - 1, last];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isOld(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Forgets what is older than the room wants to remember: hidden the moment it is due, off the disk a little later. */
export class Retention {
  readonly #storage: DurableObjectStorage;
  readonly #messages: MessageStore;
  readonly #log: EventLog;
  readonly #progress: Progress;

  constructor(
    storage: DurableObjectStorage,
    { messages, log, progress }: { messages: MessageStore; log: EventLog; progress: Progress },
  ) {
    this.#storage = storage;
    this.#messages = messages;
    this.#log = log;
    this.#progress = progress;
  }

  /** From now on history begins behind the last thing that is too old at `now` (ms). */
  enforce(days: number | null | undefined, now: number): void {
    if (!days) return;
    const { forgottenTo } = this.#progress;
    const isOld = (seq: number): boolean => (this.#madeAt(seq) ?? Infinity) < now - days * DAY_MS;
    if (!isOld(forgottenTo + 1)) return;
    this.#progress.forgottenTo = lastOld(forgottenTo + 2, this.#log.lastSeq(), isOld);
  }

  /** When the oldest thing that is left is too old, in ms. */
  dueAt(days: number | null | undefined): number {
    if (!days) return Infinity;
    return (this.#madeAt(this.#progress.forgottenTo + 1) ?? Infinity) + days * DAY_MS;
  }

  get pending(): boolean {
    return this.#progress.sweptTo < this.#progress.forgottenTo;
  }

  /** Takes some of what is forgotten off the disk; returns the messages whose attachments went with it. */
  sweep(now: number): MessageRow[] {
    const low = this.#progress.sweptTo + 1;
    const high = Math.min(this.#progress.forgottenTo, low + SWEPT_AT_ONCE - 1);
    if (high < low) return [];
    return this.#storage.transactionSync(() => {
      const bereft = this.#messages.withAttachmentsBetween(low, high);
      const { sql } = this.#storage;
      sql.exec("DELETE FROM words WHERE rowid BETWEEN ? AND ?", low, high);
      sql.exec("DELETE FROM reactions WHERE message_seq BETWEEN ? AND ?", low, high);
      sql.exec("DELETE FROM events WHERE seq BETWEEN ? AND ?", low, high);
      this.#messages.forget(low, high, now);
      this.#progress.sweptTo = high;
      return bereft;
    });
  }

  /** Every number between the forgotten and the last is one of a message or of an event. */
  #madeAt(seq: number): number | undefined {
    const query = "SELECT created_at FROM messages WHERE seq = ? UNION ALL SELECT created_at FROM events WHERE seq = ?";
    return this.#storage.sql.exec<{ created_at: number }>(query, seq, seq).toArray()[0]?.created_at;
  }
}
