import { createLogger } from "../../platform/logger.ts";

/** A crowd may be told a twentieth too large or too small until the next alarm. */
const TOLERANCE = 0.05;

/** Tells the metrics how many sockets are open. One call at a time and no timer, which would keep the object from hibernating. */
export class Gauge {
  readonly #read: () => number;
  readonly #tell: (value: number) => Promise<void>;
  #told: number;
  #telling = false;

  constructor(read: () => number, tell: (value: number) => Promise<void>) {
    this.#read = read;
    this.#tell = tell;
    this.#told = read();
  }

  /** To be called at every change; never fails. */
  async changed(): Promise<void> {
    if (this.#telling) return;
    this.#telling = true;
    while (this.#isOff()) await this.tell();
    this.#telling = false;
  }

  async tell(): Promise<void> {
    this.#told = this.#read();
    try {
      await this.#tell(this.#told);
    } catch (error) {
      createLogger().error("the number of sockets was not told; the alarm tells it", error);
    }
  }

  #isOff(): boolean {
    const now = this.#read();
    return now !== this.#told && (now === 0 || Math.abs(now - this.#told) > this.#told * TOLERANCE);
  }
}
