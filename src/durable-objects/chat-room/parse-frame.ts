import type { ErrorCode } from "../../platform/errors.ts";
import { ClientFrame, MAX_FRAME_BYTES, Ref } from "./protocol.ts";

export type Parsed = { ok: true; frame: ClientFrame } | Malformed;

export interface Malformed {
  ok: false;
  code: ErrorCode;
  message: string;
  ref?: Ref | undefined;
}

const malformed = (code: ErrorCode, message: string, ref?: Ref): Malformed => ({ ok: false, code, message, ref });

/** Reads what a client sent. Never throws. */
export function parseFrame(raw: string | ArrayBuffer): Parsed {
  if (typeof raw !== "string") return malformed("VALIDATION_ERROR", "Frames are text.");
  if (byteLength(raw) > MAX_FRAME_BYTES) return malformed("PAYLOAD_TOO_LARGE", "A frame has at most 16 KiB.");
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    return malformed("MALFORMED_JSON", "The frame is not JSON.");
  }
  const parsed = ClientFrame.safeParse(value);
  if (parsed.success) return { ok: true, frame: parsed.data };
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".") ?? "";
  return malformed("VALIDATION_ERROR", `${where || "frame"}: ${issue?.message ?? "not valid"}`, refOf(value));
}

function refOf(value: unknown): Ref | undefined {
  if (typeof value !== "object" || value === null || !("ref" in value)) return undefined;
  return Ref.safeParse(value.ref).data;
}

/** Counts exactly only when it could matter: UTF-8 takes at most three bytes a UTF-16 unit. */
const byteLength = (text: string): number =>
  text.length * 3 <= MAX_FRAME_BYTES ? text.length : new TextEncoder().encode(text).byteLength;
