import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";

const agent = new Agent({ keepAlive: true, maxSockets: 128 });

/** Requests that are under way at once: enough to keep one server process busy. */
const AT_ONCE = 16;

export interface Slice {
  perSecond: number;
  /** CPU of the server process, in µs a request. */
  cpuMicros: number;
  /** Milliseconds from request to answer. */
  latencies: number[];
}

/** A request that is more than the GET of an address, and the status it must be answered with. */
export interface Ask {
  url: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  status?: number;
}

/** Sends `count` requests, as fast as answers come, and tells what that took of the server with those process ids. */
export async function load(
  pids: readonly number[],
  count: number,
  next: () => string | Ask,
  atOnce = AT_ONCE,
): Promise<Slice> {
  const latencies: number[] = [];
  let left = count;
  const cpuBefore = cpuOf(pids);
  const start = performance.now();
  const worker = async () => {
    while (left-- > 0) {
      const sent = performance.now();
      const ask = next();
      await once(typeof ask === "string" ? { url: ask } : ask);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const seconds = (performance.now() - start) / 1000;
  return {
    perSecond: count / seconds,
    cpuMicros: ((cpuOf(pids) - cpuBefore) * 1_000_000) / count,
    latencies,
  };
}

export const closeLoad = (): void => agent.destroy();

function once({ url, method = "GET", headers = {}, body, status = 200 }: Ask): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method, headers }, (response) => {
      if (response.statusCode !== status) reject(new Error(`${method} ${url}: ${response.statusCode}`));
      response.resume();
      response.once("end", resolve);
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

/** CPU seconds that processes have used, from the kernel's count of 10 ms ticks. */
export function cpuOf(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, of) => sum + of, 0) / 100;
}

/** Resident memory of a process, in MB. */
export function memoryOf(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1000;
}
