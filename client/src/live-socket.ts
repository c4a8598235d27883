/** How a socket gets in: the address, and the ticket that it offers as a subprotocol. */
export interface Way {
  url: string;
  ticket: string;
}

export interface Frame {
  type: string;
  payload: unknown;
  timestamp: string;
  ref?: string | number;
}

export interface LiveOptions {
  /** A new way in for every connection: a ticket is good once. */
  way: () => Promise<Way>;
  onFrame: (frame: Frame) => void;
  onState?: ((state: LiveState) => void) | undefined;
  /** Stands in for the global one, such as the `ws` package's. */
  WebSocket?: typeof WebSocket | undefined;
}

export type LiveState = "connecting" | "open" | "waiting" | "closed";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
const PING_EVERY_MS = 25_000;
/** Not a member any more: coming again is of no use. */
const NOT_WELCOME = 4403;

/** A socket that comes back: after a growing, random wait, with a new ticket. */
export class LiveSocket {
  readonly #options: LiveOptions;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pings: ReturnType<typeof setInterval> | undefined;
  #heard = true;
  #failures = 0;
  #closed = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    void this.#connect();
  }

  /** False when there is no connection to send on. */
  send(frame: { type: string; payload: unknown; ref?: string | number }): boolean {
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
    this.#drop("closed");
  }

  async #connect(): Promise<void> {
    this.#options.onState?.("connecting");
    try {
      const { url, ticket } = await this.#options.way();
      if (this.#closed) return;
      const { WebSocket: Socket = globalThis.WebSocket } = this.#options;
      this.#follow(new Socket(url, ["guildhall.v1", `ticket.${ticket}`]));
    } catch {
      this.#wait();
    }
  }

  #follow(socket: WebSocket): void {
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#failures = 0;
      this.#heard = true;
      this.#pings = setInterval(() => this.#ping(socket), PING_EVERY_MS);
      this.#options.onState?.("open");
    });
    socket.addEventListener("message", ({ data }: MessageEvent) => {
      this.#heard = true;
      if (data === "pong") return;
      for (const frame of [JSON.parse(String(data)) as Frame | Frame[]].flat()) this.#options.onFrame(frame);
    });
    socket.addEventListener("error", () => undefined);
    socket.addEventListener("close", ({ code }: CloseEvent) => {
      if (this.#socket !== socket) return;
      if (code === NOT_WELCOME) this.#closed = true;
      this.#wait();
    });
  }

  /** A connection that says nothing between two pings is dead, whatever the system believes. */
  #ping(socket: WebSocket): void {
    if (!this.#heard) {
      socket.close();
      this.#wait();
      return;
    }
    this.#heard = false;
    socket.send("ping");
  }

  #wait(): void {
    if (this.#closed) return this.#drop("closed");
    this.#drop("waiting");
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#connect(), wait * (0.5 + Math.random() / 2));
  }

  #drop(state: LiveState): void {
    clearInterval(this.#pings);
    this.#socket = undefined;
    this.#options.onState?.(state);
  }
}
