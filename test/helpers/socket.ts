import { keepFrame } from "./frames.ts";

export interface Frame {
  type: string;
  payload: Record<string, unknown> & { seq?: number };
  timestamp: string;
  ref?: string | number;
}

/** A client's end of a socket: collects frames in order, whether they come one by one or as arrays. */
export class TestSocket {
  readonly frames: Frame[] = [];
  readonly raw: string[] = [];
  closed: { code: number; reason: string } | undefined;
  readonly #socket: WebSocket;
  #waiting: (() => void)[] = [];
  #read = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const text = String(data);
      this.raw.push(text);
      const frames = text === "pong" ? [] : [JSON.parse(text) as Frame | Frame[]].flat();
      for (const frame of frames) keepFrame(frame);
      this.frames.push(...frames);
      this.#wake();
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
      this.#wake();
    });
    socket.accept();
  }

  send(type: string, payload: unknown = {}, ref?: string): void {
    this.sendRaw(JSON.stringify({ type, payload, ref }));
  }

  sendRaw(data: string | ArrayBuffer): void {
    this.#socket.send(data);
  }

  close(code = 1000): void {
    this.#socket.close(code);
  }

  /** The next frame, not read before, that fits; frames that do not fit are passed over. */
  async next(type: string, fits: (payload: Frame["payload"]) => boolean = () => true): Promise<Frame> {
    for (;;) {
      for (; this.#read < this.frames.length; this.#read++) {
        const frame = this.frames[this.#read];
        if (frame?.type === type && fits(frame.payload)) {
          this.#read++;
          return frame;
        }
      }
      if (this.closed !== undefined) throw new Error(`closed ${this.closed.code} while waiting for ${type}`);
      await this.#change(`${type} (seen: ${this.frames.map((frame) => frame.type).join(", ")})`);
    }
  }

  async untilClosed(): Promise<{ code: number; reason: string }> {
    while (this.closed === undefined) await this.#change("close");
    return this.closed;
  }

  async until(what: string, met: () => boolean): Promise<void> {
    while (!met()) await this.#change(what);
  }

  #change(what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nothing came while waiting for ${what}`)), 5000);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
