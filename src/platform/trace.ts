/** Where a request stands in a trace that others began (W3C Trace Context). */
export interface Trace {
  traceId: string;
  spanId: string;
  /** The header that passes it on. */
  traceparent: string;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?<traceId>(?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-(?<flags>[0-9a-f]{2})/u;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hex(bytes: number): string {
  let text = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(bytes))) text += HEX[byte];
  return text;
}

/** A span of its own in the caller's trace, or in a new one when the caller named none or a malformed one. */
export function traceOf(traceparent: string | null | undefined): Trace {
  const incoming = TRACEPARENT.exec(traceparent ?? "")?.groups;
  const traceId = incoming?.["traceId"] ?? hex(16);
  const spanId = hex(8);
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${incoming?.["flags"] ?? "00"}` };
}
