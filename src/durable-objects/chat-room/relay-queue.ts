import type { Item } from "../room-relay/delivery.ts";
import type { Session } from "./roster.ts";

interface Saying {
  text: string;
  to: string[];
}

type Waiting = Saying | Exclude<Item, { text: string }>;

/** What waits to be told to a relay. The same text for many sockets is one item; each socket's own order is kept. */
export class RelayQueue {
  #items: Waiting[] = [];
  readonly #byText = new Map<string, number>();
  readonly #lastOf = new Map<string, number>();
  #characters = 0;

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** Of all texts, each counted once. */
  get characters(): number {
    return this.#characters;
  }

  send(id: string, text: string): void {
    const at = this.#byText.get(text) ?? -1;
    const said = this.#items[at];
    if (said !== undefined && "to" in said && at > (this.#lastOf.get(id) ?? -1)) {
      said.to.push(id);
      this.#lastOf.set(id, at);
      return;
    }
    this.#byText.set(text, this.#items.length);
    this.#characters += text.length;
    this.#push(id, { text, to: [id] });
  }

  keep(id: string, session: Session): void {
    this.#push(id, { id, keep: session });
  }

  close(id: string, code: number, reason: string): void {
    this.#push(id, { id, close: { code, reason } });
  }

  /** Empties it. `all`: the sockets that the relay will know of when it has done this. */
  take(all: ReadonlySet<string>): Item[] {
    const items = this.#items.map((item) => ("to" in item ? shortest(item, all) : item));
    this.clear();
    return items;
  }

  clear(): void {
    this.#items = [];
    this.#byText.clear();
    this.#lastOf.clear();
    this.#characters = 0;
  }

  #push(id: string, item: Waiting): void {
    this.#lastOf.set(id, this.#items.length);
    this.#items.push(item);
  }
}

/** For more than half of all it is shorter to say who is left out. */
function shortest({ text, to }: Saying, all: ReadonlySet<string>): Item {
  if (to.length * 2 <= all.size) return { text, to };
  const meant = new Set(to);
  return { text, except: [...all].filter((id) => !meant.has(id)) };
}
