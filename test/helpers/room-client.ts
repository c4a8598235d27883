import { RoomHistory } from "../../web/rooms/room-history.ts";
import type { Draft, Frame } from "../../web/rooms/wire.ts";
import { TestSocket } from "./socket.ts";

/** Something that was numbered, by what cannot change about it. */
export type Noted = [seq: number, type: string, what: string];

/** The client that the page runs, on a socket of the test, noting every numbered frame over all its connections. */
export class RoomClient {
  readonly history: RoomHistory;
  readonly noted: Noted[] = [];
  readonly #knock: (after: number) => Promise<Response>;
  #socket: TestSocket | undefined;
  #read = 0;

  constructor(me: string, knock: (after: number) => Promise<Response>) {
    this.history = new RoomHistory(me);
    this.#knock = knock;
  }

  get open(): boolean {
    return this.#socket !== undefined && this.#socket.closed === undefined;
  }

  /** Tries again when the room is interrupted meanwhile, as clients do. */
  async connect(tries = 4): Promise<void> {
    const { webSocket, status } = await this.#knock(this.history.lastSeq);
    if (webSocket === null && (status !== 503 || tries === 0)) throw new Error(`no socket: ${status}`);
    if (webSocket === null) return await this.connect(tries - 1);
    this.#socket = new TestSocket(webSocket);
    this.#read = 0;
    const replayed = () => this.#has("sync_complete") || this.#has("sync_reset");
    await this.until("the replay", () => replayed() || !this.open);
    if (!replayed() && tries > 0) return await this.connect(tries - 1);
    for (const draft of this.history.outbox) this.#send("send_message", draft);
  }

  /** What is still under way to this end is lost. */
  drop(): void {
    this.#absorb();
    this.#socket?.close();
    this.#socket = undefined;
  }

  say(draft: Draft): void {
    this.history.say(draft);
    this.#send("send_message", draft);
  }

  ask(type: string, payload: unknown): void {
    this.#send(type, payload);
  }

  async until(what: string, met: () => boolean): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) throw new Error(`not connected while waiting for ${what}`);
    await socket.until(what, () => {
      this.#absorb();
      return met();
    });
  }

  async untilClosed(): Promise<number> {
    const closed = await this.#socket?.untilClosed();
    this.#absorb();
    return closed?.code ?? Number.NaN;
  }

  frames(): Frame[] {
    // The page's types say of the same frames what it uses of them.
    return (this.#socket?.frames ?? []) as unknown as Frame[];
  }

  #has(type: string): boolean {
    return this.frames().some((frame) => frame.type === type);
  }

  #send(type: string, payload: unknown): void {
    if (this.open) this.#socket?.send(type, payload);
  }

  #absorb(): void {
    const frames = this.frames();
    for (; this.#read < frames.length; this.#read++) {
      const frame = frames[this.#read];
      if (frame === undefined) return;
      const taken = this.history.take(frame);
      if (taken === "gap") throw new Error(`a gap after ${this.history.lastSeq}: ${JSON.stringify(frame)}`);
      if (frame.type !== "message_ack") this.noted.push(...note(frame));
    }
  }
}

function note({ type, payload }: Frame): Noted[] {
  if (type === "error" || !("seq" in payload)) return [];
  if ("id" in payload) return [[payload.seq, type, payload.id]];
  if ("message" in payload) return [[payload.seq, type, payload.message.id]];
  if ("emoji" in payload) return [[payload.seq, type, `${payload.messageId} ${payload.action} ${payload.userId}`]];
  if ("messageId" in payload) return [[payload.seq, type, payload.messageId]];
  return [[payload.seq, type, ""]];
}
