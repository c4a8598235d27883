import { setTimeout as delay } from "node:timers/promises";
import { cpuOf } from "./http-load.ts";
import { RawSocket } from "./raw-socket.ts";

/** How to speak with a server. Every message carries its time between two `@`. */
export interface Dialect {
  address(user: number): string;
  /** Sent when the socket is open. */
  hello?: string;
  /** Whether this text lets the client in; without it an open socket is in. */
  welcomes?: (text: string) => boolean;
  /** What to send now and then to be taken for alive. */
  heartbeat?: string;
  say(n: number, body: string): string;
}

export interface Slice {
  offered: number;
  delivered: number;
  p50: number;
  p99: number;
  /** CPU of the server, in µs a delivery. */
  cpuMicros: number;
}

const LONGEST_MS = 10_000;
const HEARTBEAT_MS = 4_000;
const FILLER = " who is reading chapter three tonight, and where do we meet?";
const MARK = /@([\d.]+)@/g;
/** Latency is noted by one socket in so many; deliveries are counted by all. */
const NOTED_BY_ONE_IN = 10;

/** Clients of one room in this process, and what reaches them. */
export class Crowd {
  readonly #dialect: Dialect;
  readonly #sockets: RawSocket[] = [];
  readonly #seen = new Map<number, { payload: Buffer; times: number[] }>();
  readonly #latencies = new Uint32Array(LONGEST_MS);
  #deliveries = 0;
  #lost = 0;
  #said = 0;
  readonly #heart: NodeJS.Timeout;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
    const { heartbeat } = dialect;
    this.#heart = setInterval(() => {
      if (heartbeat !== undefined) for (const socket of this.#sockets) socket.send(heartbeat);
    }, HEARTBEAT_MS);
  }

  get said(): number {
    return this.#said;
  }

  get lost(): number {
    return this.#lost;
  }

  /** Connects so many at once; returns the seconds until the last was let in. */
  async join(count: number): Promise<number> {
    const start = performance.now();
    const { length } = this.#sockets;
    await Promise.all(Array.from({ length: count }, (_, n) => this.#one(length + n)));
    return (performance.now() - start) / 1000;
  }

  /** Says `rate` messages a second at their intended times, whatever comes back, and measures after a short while. */
  async load(rate: number, seconds: number, pid: number): Promise<Slice> {
    const run = { from: performance.now(), until: performance.now() + (seconds + 0.5) * 1000, rate };
    const saying = this.#say(run);
    await delay(500);
    this.#forget();
    const [cpu, start] = [cpuOf([pid]), performance.now()];
    await saying;
    const taken = (performance.now() - start) / 1000;
    const delivered = this.#deliveries;
    const slice = {
      offered: rate * this.#sockets.length,
      delivered: delivered / taken,
      p50: this.#quantile(0.5),
      p99: this.#quantile(0.99),
      cpuMicros: ((cpuOf([pid]) - cpu) * 1_000_000) / Math.max(1, delivered),
    };
    await this.#quiet();
    return slice;
  }

  close(): void {
    clearInterval(this.#heart);
    for (const socket of this.#sockets.splice(0)) socket.destroy();
  }

  #one(user: number): Promise<void> {
    const { address, hello, welcomes } = this.#dialect;
    const noted = user % NOTED_BY_ONE_IN === 0;
    return new Promise((resolve) => {
      let waiting = true;
      const socket: RawSocket = new RawSocket(new URL(address(user)), {
        open: () => {
          if (hello !== undefined) socket.send(hello);
          if (welcomes === undefined) resolve();
        },
        text: (payload) => {
          if (waiting && welcomes?.(payload.toString("latin1"))) {
            waiting = false;
            resolve();
          }
          // engine.io asks, and hangs up on who does not answer.
          if (payload.length === 1 && payload[0] === 0x32) socket.send("3");
          else this.#hear(payload, noted);
        },
        close: () => (this.#lost += 1),
      });
      this.#sockets.push(socket);
    });
  }

  async #say({ from, until, rate }: { from: number; until: number; rate: number }): Promise<void> {
    for (let sent = 0, now = from; now < until; now = performance.now()) {
      const due = Math.floor(((now - from) / 1000) * rate) + 1;
      for (; sent < due; sent++) {
        const intended = from + (sent / rate) * 1000;
        const text = this.#dialect.say(this.#said, `@${intended.toFixed(2)}@${FILLER}`);
        this.#sockets[this.#said % this.#sockets.length]?.send(text);
        this.#said += 1;
      }
      await delay(2);
    }
  }

  /** The same bytes go to all, so they are read once. */
  #hear(payload: Buffer, noted: boolean): void {
    const known = this.#seen.get(payload.length);
    let times = known?.payload.equals(payload) ? known.times : undefined;
    if (times === undefined) {
      times = Array.from(payload.toString("latin1").matchAll(MARK), ([, time]) => Number(time));
      this.#seen.set(payload.length, { payload: Buffer.from(payload), times });
    }
    this.#deliveries += times.length;
    if (!noted) return;
    const now = performance.now();
    for (const time of times) {
      const slot = Math.min(LONGEST_MS - 1, Math.max(0, Math.floor(now - time)));
      this.#latencies[slot] = (this.#latencies[slot] ?? 0) + 1;
    }
  }

  #forget(): void {
    this.#deliveries = 0;
    this.#latencies.fill(0);
    this.#seen.clear();
  }

  #quantile(share: number): number {
    const all = this.#latencies.reduce((sum, count) => sum + count, 0);
    let below = 0;
    return this.#latencies.findIndex((count) => (below += count) > all * share);
  }

  /** Waits until what was said has arrived, or does not come. */
  async #quiet(): Promise<void> {
    for (let tries = 0, before = -1; tries < 10 && before !== this.#deliveries; tries++) {
      before = this.#deliveries;
      await delay(200);
    }
  }
}
