import { call, Refused, refresh, socketTo } from "./api.ts";
import type { RoomHistory } from "./room-history.ts";
import { type Frame, framesIn } from "./wire.ts";

export type Link = "connecting" | "live" | "waiting" | "signed out" | "shut out";

interface Listener {
  frames(frames: readonly Frame[]): void;
  link(link: Link): void;
}

const SESSION_ENDED = 4401;
const SHUT_OUT = 4403;
const LONGEST_WAIT_MS = 15_000;
const PING_EVERY_MS = 20_000;
const SILENCE_ENDS_MS = 45_000;

/** Keeps a room's socket open: comes back after every loss, asks for what was missed, sends again what is not acknowledged. */
export class Connection {
  readonly #roomId: string;
  readonly #history: RoomHistory;
  readonly #listener: Listener;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #attempts = 0;
  #heardAt = 0;
  #live = false;
  #closed = false;

  constructor(roomId: string, history: RoomHistory, listener: Listener) {
    this.#roomId = roomId;
    this.#history = history;
    this.#listener = listener;
    addEventListener("online", this.#hurry);
    addEventListener("offline", this.#lose);
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    removeEventListener("online", this.#hurry);
    removeEventListener("offline", this.#lose);
    this.#letGo()?.close(1000);
  }

  /** False when there is no connection: a message waits in the outbox, anything else is lost. */
  send(type: string, payload: object = {}, ref?: string): boolean {
    if (!this.#live) return false;
    this.#socket?.send(JSON.stringify({ type, payload, ...(ref === undefined ? {} : { ref }) }));
    return true;
  }

  #connect(): void {
    this.#listener.link("connecting");
    const socket = socketTo(this.#roomId, this.#history.lastSeq);
    this.#socket = socket;
    this.#heardAt = Date.now();
    this.#heartbeat = setInterval(() => this.#beat(), PING_EVERY_MS);
    socket.addEventListener("message", ({ data }) => this.#hear(String(data)));
    socket.addEventListener("close", ({ code }) => {
      if (socket === this.#socket) void this.#lost(code);
    });
  }

  #hear(text: string): void {
    this.#heardAt = Date.now();
    if (text === "pong") return;
    const frames = framesIn(text);
    for (const frame of frames) {
      if (this.#history.take(frame) === "gap") this.send("sync", { after: this.#history.lastSeq });
      if (frame.type === "sync_complete" || frame.type === "sync_reset") this.#caughtUp();
    }
    this.#listener.frames(frames);
  }

  #caughtUp(): void {
    if (this.#live) return;
    this.#live = true;
    this.#attempts = 0;
    this.#listener.link("live");
    for (const draft of this.#history.outbox) this.send("send_message", draft, draft.clientId);
  }

  /** A half-open socket says nothing at all, not even `pong`. */
  #beat(): void {
    if (Date.now() - this.#heardAt > SILENCE_ENDS_MS) this.#lose();
    else if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send("ping");
  }

  readonly #lose = (): void => {
    const socket = this.#letGo();
    if (socket === undefined) return;
    socket.close();
    void this.#lost(1006);
  };

  readonly #hurry = (): void => {
    if (this.#socket !== undefined || this.#closed) return;
    clearTimeout(this.#timer);
    this.#connect();
  };

  #letGo(): WebSocket | undefined {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#live = false;
    clearTimeout(this.#timer);
    clearInterval(this.#heartbeat);
    return socket;
  }

  async #lost(code: number): Promise<void> {
    const wasLive = this.#live;
    this.#letGo();
    if (this.#closed) return;
    if (code === SHUT_OUT) return this.#listener.link("shut out");
    this.#listener.link("waiting");
    // A browser does not tell why an upgrade was refused; the room's own address does.
    if (code === SESSION_ENDED || !wasLive) {
      const verdict = await this.#whyNot(code);
      if (this.#closed || this.#socket !== undefined) return;
      if (verdict !== "waiting") return this.#listener.link(verdict);
    }
    const longest = Math.min(LONGEST_WAIT_MS, 500 * 2 ** this.#attempts++);
    this.#timer = setTimeout(() => this.#connect(), longest * (0.5 + Math.random() / 2));
  }

  async #whyNot(code: number): Promise<Link> {
    try {
      if (code === SESSION_ENDED && !(await refresh())) return "signed out";
      const { membership } = await call<{ membership: string | null }>("GET", `/rooms/${this.#roomId}`);
      return membership === "joined" ? "waiting" : "shut out";
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (["UNAUTHENTICATED", "TOKEN_EXPIRED", "TOKEN_REVOKED"].includes(error.code)) return "signed out";
      return ["NOT_FOUND", "BANNED", "NOT_A_MEMBER"].includes(error.code) ? "shut out" : "waiting";
    }
  }
}
