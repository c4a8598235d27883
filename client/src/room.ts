import type { RoomHears, RoomTells } from "./frames.ts";
import { Listeners } from "./listeners.ts";
import type { Frame, LiveOptions, Way } from "./live-socket.ts";
import { LiveSocket } from "./live-socket.ts";

interface RoomOptions extends Pick<LiveOptions, "onState" | "WebSocket"> {
  way: () => Promise<Way>;
  /** The last `seq` that is known from before; what came since is told first. */
  after?: number | undefined;
}

interface Unsent {
  draft: RoomHears["send_message"];
  settle: (ack: RoomTells["message_ack"]) => void;
  refuse: (error: RoomError) => void;
}

/** What the room refused, by its code. */
export class RoomError extends Error {
  override readonly name = "RoomError";
  readonly code: string;

  constructor({ code, message }: { code: string; message: string }) {
    super(message);
    this.code = code;
  }
}

/**
 * A room over its socket. After a break it asks for everything since the last `seq`, tells nothing twice, and sends
 * again what was not acknowledged; the `clientId` keeps that from being said twice.
 */
export class RoomSocket {
  readonly #listeners = new Listeners<RoomTells>();
  readonly #unsent = new Map<string, Unsent>();
  readonly #socket: LiveSocket;
  #seq: number | undefined;

  constructor({ way, after, ...options }: RoomOptions) {
    this.#seq = after;
    this.#socket = new LiveSocket({
      ...options,
      way: async () => {
        const { url, ticket } = await way();
        return { url: this.#seq === undefined ? url : `${url}?after=${this.#seq}`, ticket };
      },
      onFrame: (frame) => this.#hear(frame),
    });
  }

  /** Returns what ends it. */
  on<T extends keyof RoomTells>(type: T, listener: (payload: RoomTells[T]) => void): () => void {
    return this.#listeners.on(type, listener);
  }

  /** The last event that is known; keep it to go on from there in another session. */
  get seq(): number | undefined {
    return this.#seq;
  }

  /** Settles when the room has stored it, however often the connection breaks until then. */
  say(
    body: string,
    more: Omit<RoomHears["send_message"], "body" | "clientId"> = {},
  ): Promise<RoomTells["message_ack"]> {
    const draft = { ...more, body, clientId: crypto.randomUUID() };
    return new Promise((settle, refuse) => {
      this.#unsent.set(draft.clientId, { draft, settle, refuse });
      this.#send(draft);
    });
  }

  /** Anything else that a room hears; false when there is no connection just now. */
  send<T extends keyof RoomHears>(type: T, payload: RoomHears[T]): boolean {
    return this.#socket.send({ type, payload });
  }

  close(): void {
    this.#socket.close();
  }

  #send(draft: Unsent["draft"]): void {
    this.#socket.send({ type: "send_message", payload: draft, ref: draft.clientId });
  }

  #hear({ type, payload, ref }: Frame): void {
    if (type === "message_ack") {
      const ack = payload as RoomTells["message_ack"];
      this.#unsent.get(ack.clientId)?.settle(ack);
      this.#unsent.delete(ack.clientId);
    } else if (type === "error") this.#refused(payload as RoomTells["error"], String(ref));
    else if (!this.#isNew(type, payload)) return;
    this.#listeners.tell(type, payload);
    if (type === "welcome") for (const { draft } of this.#unsent.values()) this.#send(draft);
  }

  #refused(error: RoomTells["error"], ref: string): void {
    this.#unsent.get(ref)?.refuse(new RoomError(error));
    this.#unsent.delete(ref);
  }

  /** Keeps the place; false for what was told before. */
  #isNew(type: string, payload: unknown): boolean {
    const { seq, lastSeq } = payload as { seq?: number; lastSeq?: number };
    if (type === "welcome") this.#seq ??= lastSeq;
    else if (type === "sync_complete" || type === "sync_reset") this.#seq = lastSeq;
    else if (seq !== undefined) {
      if (this.#seq !== undefined && seq <= this.#seq) return false;
      this.#seq = seq;
    }
    return true;
  }
}
