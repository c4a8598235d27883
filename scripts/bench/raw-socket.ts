import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import type { Socket } from "node:net";

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

interface Listener {
  open(): void;
  text(payload: Buffer): void;
  close(): void;
}

/** A WebSocket that costs its process little, so that hundreds of them measure a server and not themselves. */
export class RawSocket {
  readonly #socket: Socket;
  readonly #listener: Listener;
  #open = false;
  #chunks: Buffer[] = [];
  #have = 0;
  #need = 2;

  constructor(url: URL, listener: Listener) {
    this.#listener = listener;
    this.#socket = connect(Number(url.port), url.hostname);
    this.#socket.setNoDelay(true);
    this.#socket.on("connect", () => this.#socket.write(upgradeOf(url)));
    this.#socket.on("data", (chunk) => this.#take(chunk));
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => listener.close());
  }

  send(text: string): void {
    this.#write(TEXT, Buffer.from(text));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Masked with zeros: a mask that changes nothing is still a mask. */
  #write(opcode: number, payload: Buffer): void {
    if (payload.length > 65_535) throw new Error("too long for this client");
    const long = payload.length > 125;
    const frame = Buffer.alloc((long ? 8 : 6) + payload.length);
    frame[0] = 0x80 | opcode;
    frame[1] = 0x80 | (long ? 126 : payload.length);
    if (long) frame.writeUInt16BE(payload.length, 2);
    payload.copy(frame, frame.length - payload.length);
    this.#socket.write(frame);
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#have += chunk.length;
    if (this.#have < this.#need) return;
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    if (!this.#open) rest = this.#begin(rest);
    this.#need = 2;
    while (this.#open && rest.length >= this.#need) {
      const { opcode, start, end } = headerOf(rest);
      if (rest.length < end) {
        this.#need = end;
        break;
      }
      this.#hear(opcode, rest.subarray(start, end));
      rest = rest.subarray(end);
    }
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#have = rest.length;
  }

  #begin(received: Buffer): Buffer {
    const end = received.indexOf("\r\n\r\n");
    if (end < 0) return received;
    if (!received.subarray(0, 12).toString("latin1").endsWith("101")) {
      throw new Error(`not upgraded: ${received.subarray(0, 500).toString("latin1")}`);
    }
    this.#open = true;
    this.#listener.open();
    return received.subarray(end + 4);
  }

  #hear(opcode: number, payload: Buffer): void {
    if (opcode === TEXT) this.#listener.text(payload);
    if (opcode === PING) this.#write(PONG, payload);
    if (opcode === CLOSE) this.destroy();
  }
}

/** Where the payload of the frame at the start begins and ends; with too few bytes for its header, beyond what is there. */
function headerOf(bytes: Buffer): { opcode: number; start: number; end: number } {
  const opcode = (bytes[0] ?? 0) & 0x0f;
  const length = (bytes[1] ?? 0) & 0x7f;
  const start = length === 127 ? 10 : length === 126 ? 4 : 2;
  if (bytes.length < start) return { opcode, start, end: start };
  if (length === 127) return { opcode, start, end: start + Number(bytes.readBigUInt64BE(2)) };
  return { opcode, start, end: start + (length === 126 ? bytes.readUInt16BE(2) : length) };
}

function upgradeOf({ pathname, search, host }: URL): string {
  const key = randomBytes(16).toString("base64");
  const lines = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Key: ${key}`, "Sec-WebSocket-Version: 13"];
  return [`GET ${pathname}${search} HTTP/1.1`, `Host: ${host}`, ...lines, "", ""].join("\r\n");
}
