import { clock, moveClock } from "./clock.ts";

const KEY = "development:clock-offset";

export type ClockChange = { now: string } | { advanceMs: number } | { reset: true };

/** Moves the clock, and keeps how far in KV so that it is still moved after a restart. */
export async function setClock(kv: KVNamespace, change: ClockChange): Promise<Date> {
  const offset = offsetOf(change);
  moveClock(offset);
  restored = true;
  await kv.put(KEY, String(offset));
  return clock.now();
}

function offsetOf(change: ClockChange): number {
  if ("reset" in change) return 0;
  if ("now" in change) return Date.parse(change.now) - Date.now();
  return clock.now().getTime() - Date.now() + change.advanceMs;
}

interface ClockBindings {
  ENVIRONMENT: string;
  CACHE: KVNamespace;
}

/** A flag and not a promise: a request must not wait for what another one reads. */
let restored = false;

/** Once an isolate, and never in production: takes up the offset that an earlier one left. */
export async function restoreClock({ ENVIRONMENT, CACHE }: ClockBindings): Promise<void> {
  if (restored || ENVIRONMENT === "production") return;
  const offset = Number(await CACHE.get(KEY));
  if (!restored) moveClock(offset);
  restored = true;
}
