export interface Receiver {
  send(text: string): void;
}

/** A frame for everybody; `textFor` gives the few who need another text theirs, and null to those who get none. */
export interface Entry<S extends Receiver> {
  text: string;
  textFor?: (socket: S) => string | null | undefined;
}

/** Several frames travel as a JSON array, one as itself. */
export const join = (frames: readonly string[]): string =>
  frames.length > 1 ? `[${frames.join(",")}]` : (frames[0] ?? "");

/** Collects what is due and sends it as one WebSocket message per socket, serialised once for all who get the same. */
export class Fanout<S extends Receiver> {
  #entries: Entry<S>[] = [];
  #signals = new Map<string, Entry<S>>();
  #replies = new Map<S, string[]>();

  add(entry: Entry<S>): void {
    this.#entries.push(entry);
  }

  /** Something unstored, such as typing: only the latest of a `key` goes out, after everything stored. */
  signal(key: string, entry: Entry<S>): void {
    this.#signals.delete(key);
    this.#signals.set(key, entry);
  }

  /** Goes to one socket, ahead of the burst. */
  reply(socket: S, text: string): void {
    this.#replies.set(socket, [...(this.#replies.get(socket) ?? []), text]);
  }

  /** Sends what is due; returns the sockets that could not be written to, and how much it was for each of the others. */
  drain(sockets: Iterable<S>): { lost: S[]; characters: number } {
    const entries = [...this.#entries, ...this.#signals.values()];
    const replies = this.#replies;
    this.#entries = [];
    this.#signals = new Map();
    this.#replies = new Map();

    const text = join(entries.map((entry) => entry.text));
    const personal = entries.filter((entry) => entry.textFor !== undefined);
    const lost: S[] = [];
    for (const socket of entries.length === 0 ? replies.keys() : sockets) {
      const own = replies.get(socket) ?? [];
      const same = own.length === 0 && personal.every((entry) => entry.textFor?.(socket) === undefined);
      const due = same ? text : join([...own, ...forOne(socket, entries)]);
      if (due !== "" && !trySend(socket, due)) lost.push(socket);
    }
    return { lost, characters: text.length };
  }
}

function forOne<S extends Receiver>(socket: S, entries: readonly Entry<S>[]): string[] {
  return entries.flatMap((entry) => {
    const own = entry.textFor?.(socket);
    return own === null ? [] : [own ?? entry.text];
  });
}

function trySend(socket: Receiver, text: string): boolean {
  try {
    socket.send(text);
    return true;
  } catch {
    return false;
  }
}
