import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { ZodError } from "zod";
import { ConfigError } from "../platform/config.ts";
import { AppError, brokeUnique, inProgress } from "../platform/errors.ts";
import { createLogger } from "../platform/logger.ts";
import type { AppEnv } from "./env.ts";
import { fail } from "./envelope.ts";

/** Turns whatever was thrown into an answer; what nobody foresaw is logged and told as a fixed sentence. */
export function onError(error: unknown, c: Context<AppEnv>): Response {
  const refusal = refusalOf(error);
  if (refusal) return fail(c, refusal);
  (c.get("ctx")?.logger ?? c.get("logger") ?? createLogger()).error("unhandled", error, {
    route: c.req.path,
    method: c.req.method,
  });
  if (isTransient(error)) return fail(c, new AppError("UNAVAILABLE", "Please try again shortly.", { retryAfter: 2 }));
  return fail(c, new AppError("INTERNAL", "Something went wrong on our side. The request id helps us find it."));
}

function refusalOf(error: unknown): AppError | null {
  if (error instanceof AppError) return error;
  if (error instanceof ConfigError) {
    createLogger().error("configuration", error);
    return new AppError("UNAVAILABLE", error.message, { details: { variables: error.variables }, retryAfter: 30 });
  }
  if (brokeUnique(error, "idempotency_keys")) return inProgress();
  if (error instanceof HTTPException) return fromHono(error);
  return null;
}

/** Hono itself refuses malformed JSON (400), a wrong content type (415) and an oversized body (413). */
function fromHono(error: HTTPException): AppError | null {
  switch (error.status) {
    case 400:
      return new AppError("MALFORMED_JSON", "The body is not valid JSON.");
    case 413:
      return new AppError("PAYLOAD_TOO_LARGE", "The body is larger than 256 KiB.");
    case 415:
      return new AppError("UNSUPPORTED_MEDIA_TYPE", "Send application/json.");
    default:
      return null;
  }
}

/** Faults of the platform that pass: D1 or an object that is overloaded, moving or restarting. */
function isTransient(error: unknown): boolean {
  if (error instanceof ZodError) return false;
  for (let e = error; e instanceof Error; e = e.cause) {
    const { retryable, overloaded } = e as { retryable?: boolean; overloaded?: boolean };
    if (retryable === true || overloaded === true) return true;
    if (/D1_ERROR: (?:D1 DB is overloaded|Network connection lost|Internal error)/u.test(e.message)) return true;
  }
  return false;
}
