import { connect } from "cloudflare:sockets";
import { MailFailure } from "../mailer.ts";
import { describeError, redact } from "../redact.ts";
import type { SmtpServer } from "./url.ts";

export interface Reply {
  code: number;
  lines: string[];
}

const CONNECT_MS = 15_000;
const REPLY_MS = 45_000;
const MAX_REPLY = 64 * 1024;

/** One SMTP dialogue: lines out, replies in. Whatever goes wrong below the protocol is a `MailFailure` that may be tried again. */
export class SmtpConnection {
  #socket: Socket;
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #decoder = new TextDecoder();
  #received = "";

  constructor({ host, port, implicitTls }: SmtpServer) {
    this.#socket = connect(
      { hostname: host, port },
      { secureTransport: implicitTls ? "on" : "starttls", allowHalfOpen: false },
    );
    // A connection that fails tells so by what is awaited below; these two promises would be rejections nobody handles.
    this.#socket.opened.catch(() => undefined);
    this.#socket.closed.catch(() => undefined);
    this.#reader = this.#socket.readable.getReader();
    this.#writer = this.#socket.writable.getWriter();
  }

  async opened(): Promise<void> {
    await within(CONNECT_MS, this.#socket.opened, "connect");
  }

  /** Sends a line, or the end of a letter, and reads the answer. `step` says in errors what was under way. */
  async command(line: string, step: string): Promise<Reply> {
    await this.write(`${line}\r\n`, step);
    return await this.reply(step);
  }

  async write(text: string, step: string): Promise<void> {
    await within(REPLY_MS, this.#writer.write(new TextEncoder().encode(text)), step);
  }

  async reply(step: string): Promise<Reply> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.#line(step);
      lines.push(line.slice(4));
      if (!/^\d{3}-/u.test(line)) return { code: Number(line.slice(0, 3)), lines };
    }
  }

  /** After the server agreed to it, for the host that was connected to. What was received before is dropped: it was not protected. */
  async startTls(): Promise<void> {
    this.#reader.releaseLock();
    this.#writer.releaseLock();
    this.#received = "";
    this.#socket = this.#socket.startTls();
    this.#socket.opened.catch(() => undefined);
    this.#socket.closed.catch(() => undefined);
    this.#reader = this.#socket.readable.getReader();
    this.#writer = this.#socket.writable.getWriter();
    await within(CONNECT_MS, this.#socket.opened, "STARTTLS");
  }

  async close(): Promise<void> {
    await this.#socket.close().catch(() => undefined);
  }

  async #line(step: string): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf("\n");
      if (end >= 0) {
        const line = this.#received.slice(0, end).replace(/\r$/u, "");
        this.#received = this.#received.slice(end + 1);
        return line;
      }
      if (this.#received.length > MAX_REPLY) throw lost(step, "the reply does not end");
      const { value, done } = await within(REPLY_MS, this.#reader.read(), step);
      if (done) throw lost(step, "the server closed the connection");
      this.#received += this.#decoder.decode(value, { stream: true });
    }
  }
}

const lost = (step: string, why: string, cause?: unknown) =>
  new MailFailure(`${step}: ${String(redact(why))}`, { permanent: false, cause });

/** A promise of the socket, in time; its failures become ours. */
async function within<T>(milliseconds: number, work: Promise<T>, step: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(lost(step, "timed out")), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    throw error instanceof MailFailure ? error : lost(step, describeError(error), error);
  } finally {
    clearTimeout(timer);
  }
}
