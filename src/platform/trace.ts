import { newId } from "./ids.ts";

/** Where a request stands in a trace that others began (W3C Trace Context). */
export interface Trace {
  traceId: string;
  /** The header that passes it on to somebody who is called: a span of its own for every call. */
  traceparent(): string;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?<traceId>(?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-(?<flags>[0-9a-f]{2})/u;

/** The caller's trace, or a new one when the caller named none or a malformed one; `id`, a fresh `newId()`, names it. */
export function traceOf(traceparent: string | null | undefined, id = newId()): Trace {
  const incoming = TRACEPARENT.exec(traceparent ?? "")?.groups;
  const traceId = incoming?.["traceId"] ?? id.replaceAll("-", "");
  const flags = incoming?.["flags"] ?? "00";
  return { traceId, traceparent: () => `00-${traceId}-${spanId()}-${flags}` };
}

const spanId = (): string => crypto.getRandomValues(new Uint8Array(8)).toHex();
