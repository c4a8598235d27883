import { z } from "zod";
import { Speaker } from "./identity.ts";
import { type Present, Status } from "./protocol.ts";

/** What outlives hibernation beside each socket, in its attachment. */
export const Session = Speaker.extend({
  sessionId: z.string(),
  expiresAt: z.number(),
  status: Status,
  malformed: z.number(),
});
export type Session = z.infer<typeof Session>;

/** Who is here: every open socket, and the sockets of each person. Presence is a count, not a flag. */
export class Roster {
  readonly #sessions = new Map<WebSocket, Session>();
  readonly #byUser = new Map<string, Set<WebSocket>>();

  constructor(sockets: readonly WebSocket[]) {
    for (const socket of sockets) {
      const session = Session.safeParse(socket.deserializeAttachment());
      if (session.success) this.#place(socket, session.data);
    }
  }

  get size(): number {
    return this.#sessions.size;
  }

  get people(): number {
    return this.#byUser.size;
  }

  sockets(): IterableIterator<WebSocket> {
    return this.#sessions.keys();
  }

  session(socket: WebSocket): Session | undefined {
    return this.#sessions.get(socket);
  }

  entries(): [WebSocket, Session][] {
    return [...this.#sessions];
  }

  connections(userId: string): number {
    return this.#byUser.get(userId)?.size ?? 0;
  }

  add(socket: WebSocket, session: Session): void {
    socket.serializeAttachment(session);
    this.#place(socket, session);
  }

  /** Undefined when the socket was gone already: a close is seen twice when this side began it. */
  remove(socket: WebSocket): Session | undefined {
    const session = this.#sessions.get(socket);
    if (session === undefined) return undefined;
    this.#sessions.delete(socket);
    const others = this.#byUser.get(session.user.id);
    others?.delete(socket);
    if (others?.size === 0) this.#byUser.delete(session.user.id);
    return session;
  }

  change(socket: WebSocket, change: Partial<Session>): void {
    const session = this.#sessions.get(socket);
    if (session !== undefined) this.add(socket, { ...session, ...change });
  }

  changeUser(userId: string, change: Partial<Session>): void {
    for (const socket of this.#byUser.get(userId) ?? []) this.change(socket, change);
  }

  presence(userId: string): Present | undefined {
    const [socket] = this.#byUser.get(userId) ?? [];
    const session = socket === undefined ? undefined : this.#sessions.get(socket);
    if (session === undefined) return undefined;
    return { ...session.user, status: session.status, connections: this.connections(userId) };
  }

  /** How many people are here, and the first `limit` of them. */
  online(limit: number): { online: number; members: Present[] } {
    const members: Present[] = [];
    for (const userId of this.#byUser.keys()) {
      if (members.length === limit) break;
      const presence = this.presence(userId);
      if (presence !== undefined) members.push(presence);
    }
    return { online: this.#byUser.size, members };
  }

  /** Who is here, by id, behind `after`. */
  page(after: string, limit: number): Present[] {
    const ids = [...this.#byUser.keys()].filter((id) => id > after).sort();
    return ids.slice(0, limit).flatMap((id) => this.presence(id) ?? []);
  }

  #place(socket: WebSocket, session: Session): void {
    this.#sessions.set(socket, session);
    const { id } = session.user;
    this.#byUser.set(id, (this.#byUser.get(id) ?? new Set()).add(socket));
  }
}
