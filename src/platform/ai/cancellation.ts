import { AiError, type CallOptions } from "./provider.ts";

/** Runs one step against a provider that must answer in time and may be cancelled; every fault becomes an `AiError`. */
export async function cancellable<R>(
  who: string,
  timeoutMs: number,
  { signal }: CallOptions,
  step: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = signal ? AbortSignal.any([timeout, signal]) : timeout;
  try {
    return await Promise.race([step(either), whenAborted(either)]);
  } catch (error) {
    if (error instanceof AiError) throw error;
    if (signal?.aborted) throw new AiError("CANCELLED", "The request was cancelled.", { cause: error });
    if (timeout.aborted) throw new AiError("TIMEOUT", `${who} did not answer in time.`, { cause: error });
    throw new AiError("UPSTREAM", `${who} could not be reached or sent no JSON.`, { cause: error });
  }
}

/** Not every step heeds its signal: reading a body that has stalled does not. */
const whenAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const refuse = () => reject(signal.reason as Error);
    if (signal.aborted) refuse();
    else signal.addEventListener("abort", refuse, { once: true });
  });
