import type { Window } from "../../platform/seasons.ts";

/** What a socket remembers through hibernation. */
export interface Watcher {
  scope: string;
  window: Window;
  /** The season it was last told about. */
  season: string;
  userId: string;
  sessionId: string;
  expiresAt: number;
}

/** Which sockets to close: a person's, or one login's. */
export type Closing = { userId: string } | { sessionId: string };

/** The open sockets, each with who is behind it and what they were last told of themselves. */
export class Watchers {
  readonly #watchers = new Map<WebSocket, Watcher>();
  /** What each was told about themselves; memory only, like all that can be computed again. */
  readonly told = new Map<WebSocket, string>();

  constructor(sockets: readonly WebSocket[]) {
    for (const socket of sockets) this.#watchers.set(socket, socket.deserializeAttachment() as Watcher);
  }

  get size(): number {
    return this.#watchers.size;
  }

  entries(): [WebSocket, Watcher][] {
    return [...this.#watchers];
  }

  of(season: string): [WebSocket, Watcher][] {
    return this.entries().filter(([, watcher]) => watcher.season === season);
  }

  seasons(): Set<string> {
    return new Set([...this.#watchers.values()].map(({ season }) => season));
  }

  connections(userId: string): number {
    return this.entries().filter(([, watcher]) => watcher.userId === userId).length;
  }

  keep(socket: WebSocket, watcher: Watcher): void {
    socket.serializeAttachment(watcher);
    this.#watchers.set(socket, watcher);
  }

  leave(socket: WebSocket): void {
    this.#watchers.delete(socket);
    this.told.delete(socket);
  }

  close(isMeant: (watcher: Watcher) => boolean, code: number, reason: string): void {
    for (const [socket, watcher] of this.entries()) {
      if (!isMeant(watcher)) continue;
      this.leave(socket);
      socket.close(code, reason);
    }
  }

  /** A socket that cannot be written to is as good as closed. */
  send(socket: WebSocket, text: string): void {
    try {
      socket.send(text);
    } catch {
      this.leave(socket);
    }
  }
}
