import type { ErrorCode } from "../../platform/errors.ts";

/** What a room answers across RPC: error classes do not survive that border, so refusals are values. */
export type Outcome<T> = { ok: true; value: T } | Refusal;

export interface Refusal {
  ok: false;
  code: ErrorCode;
  message: string;
  details?: Record<string, string | number>;
}

export const accept = <T>(value: T): { ok: true; value: T } => ({ ok: true, value });

export const refuse = (code: ErrorCode, message: string, details?: Record<string, string | number>): Refusal => ({
  ok: false,
  code,
  message,
  ...(details === undefined ? {} : { details }),
});
