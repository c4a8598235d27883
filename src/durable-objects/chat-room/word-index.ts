import { ideographsOf, wordsOf } from "../../platform/full-text.ts";
import type { MessageStore } from "./messages.ts";
import type { Progress } from "./progress.ts";

/** So many messages may wait for the index: a burst writes one table, and a search catches up quickly. */
const MOST_WAITING = 500;

/** Finds messages by their words. It runs behind the messages and catches up when it is asked. */
export class WordIndex {
  readonly #sql: SqlStorage;
  readonly #messages: MessageStore;
  readonly #progress: Progress;

  constructor(sql: SqlStorage, messages: MessageStore, progress: Progress) {
    this.#sql = sql;
    this.#messages = messages;
    this.#progress = progress;
  }

  /** Newest first: the seqs before `before` whose messages have every word of `query`, which may be the beginnings of words. */
  search(query: string, before: number, limit: number): number[] {
    const match = wordsOf(query);
    if (match === null) return [];
    this.#catchUp();
    const rows = this.#sql.exec<{ seq: number }>(
      `SELECT rowid AS seq FROM words WHERE words MATCH ? AND rowid < ? AND rowid > ? ORDER BY rowid DESC LIMIT ?`,
      match,
      before,
      this.#progress.forgottenTo,
      limit,
    );
    return rows.toArray().map(({ seq }) => seq);
  }

  /** After messages were stored, the last of them `lastSeq`. */
  stored(lastSeq: number): void {
    if (lastSeq - this.#progress.indexedTo >= MOST_WAITING) this.#catchUp();
  }

  /** After the words of a message have changed; null: it has none any more. */
  changed(seq: number, body: string | null): void {
    if (seq > this.#progress.indexedTo) return;
    this.#sql.exec("DELETE FROM words WHERE rowid = ?", seq);
    if (body !== null) this.#insert([{ seq, body }]);
  }

  #catchUp(): void {
    for (;;) {
      const waiting = this.#messages.wordsAfter(this.#progress.indexedTo, MOST_WAITING);
      const last = waiting.at(-1);
      if (last === undefined) return;
      this.#insert(waiting.filter(({ body }) => body !== null));
      this.#progress.indexedTo = last.seq;
    }
  }

  #insert(messages: readonly { seq: number; body: string | null }[]): void {
    const rows = messages.map(({ seq, body }) => ({ seq, text: `${body ?? ""} ${ideographsOf(body ?? "")}` }));
    this.#sql.exec(
      "INSERT INTO words (rowid, body) SELECT value ->> 'seq', value ->> 'text' FROM json_each(?)",
      JSON.stringify(rows),
    );
  }
}
