import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { newId } from "../platform/ids.ts";
import { createLogger } from "../platform/logger.ts";
import { traceOf } from "../platform/trace.ts";
import type { AppEnv } from "./env.ts";
import { measure } from "./measure.ts";
import { setHeaders } from "./response-headers.ts";

const VALID_ID = /^[\w.:-]{8,128}$/u;

/** Request id, cost and one log line. It stands outermost, so that it sees every answer. */
export const requestLog: MiddlewareHandler<AppEnv> = async (c, next) => {
  const start = performance.now();
  const incoming = c.req.header("X-Request-Id");
  const id = newId();
  const requestId = incoming && VALID_ID.test(incoming) ? incoming : id;
  c.set("requestId", requestId);
  const trace = traceOf(c.req.header("traceparent"), id);
  c.set("trace", trace);
  c.set("logger", createLogger({ requestId, traceId: trace.traceId }));

  await next();

  const ctx = c.get("ctx");
  const route = matchedRoutes(c).findLast((entry) => entry.method !== "ALL")?.path ?? "unmatched";
  const durationMs = performance.now() - start;
  const roundTrips = ctx?.meter.roundTrips ?? 0;
  if (c.res.status !== 101) {
    const bookmark = ctx && roundTrips > 0 ? ctx.bookmark() : null;
    setHeaders(c, [
      ["X-Request-Id", requestId],
      ["Server-Timing", `db;desc="${roundTrips}";dur=${(ctx?.meter.milliseconds ?? 0).toFixed(1)}`],
      ...(bookmark ? [["X-D1-Bookmark", bookmark] as const] : []),
    ]);
  }
  measure(c, { route, status: c.res.status, seconds: durationMs / 1000 });
  const actor = c.get("actor");
  c.get("logger").info("request", {
    method: c.req.method,
    route,
    status: c.res.status,
    durationMs: Math.round(durationMs),
    d1: roundTrips,
    userId: actor?.kind === "user" ? actor.id : null,
  });
};
