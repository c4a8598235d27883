/** The one source of "now" for everything but the life of tokens and rate limits, which keep real time. */
export interface Clock {
  now(): Date;
}

let offsetMs = 0;

export const clock: Clock = { now: () => new Date(Date.now() + offsetMs) };

/** Moves the clock of this isolate; only the development routes call it. */
export function moveClock(toOffsetMs: number): void {
  offsetMs = toOffsetMs;
}

/** The life of tokens and sessions keeps real time: moving the development clock must log nobody out. */
export const tokenClock: Clock = { now: () => new Date() };
