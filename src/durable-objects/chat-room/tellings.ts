import type { DomainEvent } from "../../events/catalogue.ts";
import { newId } from "../../platform/ids.ts";
import { createLogger } from "../../platform/logger.ts";
import type { Wake } from "../wake.ts";

const SENT_AT_ONCE = 50;
const TRY_AGAIN_MS = 30_000;

interface Hooks {
  send: (messages: { body: { id: string; version: 1; body: unknown } }[]) => Promise<unknown>;
  later: (work: Promise<void>) => void;
}

/**
 * Events for the world outside. Each is stored together with its cause, sent to the queue after that, and sent again by
 * the alarm if that failed; whoever reacts to events takes one with the same id once.
 */
export class Tellings {
  readonly #sql: SqlStorage;
  readonly #wake: Wake;
  readonly #hooks: Hooks;
  #sending: Promise<void> | undefined;

  constructor(sql: SqlStorage, wake: Wake, hooks: Hooks) {
    this.#sql = sql;
    this.#wake = wake;
    this.#hooks = hooks;
    if (this.pending) this.#hooks.later(this.send());
  }

  get pending(): boolean {
    return this.#sql.exec("SELECT 1 FROM tellings LIMIT 1").toArray().length > 0;
  }

  /** To be called in the turn that stores the cause. */
  add(event: DomainEvent): void {
    this.#sql.exec("INSERT INTO tellings (id, body) VALUES (?, ?)", newId(), JSON.stringify(event));
    this.#hooks.later(this.#wake.at(Date.now() + TRY_AGAIN_MS));
    this.#hooks.later(this.send());
  }

  /** Sends all that waits. Does not fail: what is left is left for the alarm. */
  send(): Promise<void> {
    this.#sending ??= this.#sendAll();
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    await Promise.resolve();
    try {
      for (;;) {
        const rows = this.#sql
          .exec<{ id: string; body: string }>("SELECT id, body FROM tellings ORDER BY id LIMIT ?", SENT_AT_ONCE)
          .toArray();
        if (rows.length === 0) break;
        await this.#hooks.send(rows.map(({ id, body }) => ({ body: { id, version: 1, body: JSON.parse(body) } })));
        const ids = JSON.stringify(rows.map(({ id }) => id));
        this.#sql.exec("DELETE FROM tellings WHERE id IN (SELECT value FROM json_each(?))", ids);
      }
    } catch (error) {
      createLogger().error("events of a room were not sent; the alarm sends them again", error);
      this.#hooks.later(this.#wake.at(Date.now() + TRY_AGAIN_MS));
    }
    this.#sending = undefined;
  }
}
