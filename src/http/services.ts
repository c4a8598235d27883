import type { Context, MiddlewareHandler } from "hono";
import { createContext } from "../context.ts";
import type { Consistency } from "../db/client.ts";
import { restoreClock } from "../platform/moved-clock.ts";
import type { AppEnv } from "./env.ts";

const SAFE = new Set(["GET", "HEAD"]);
const BOOKMARK = /^[0-9a-f-]{1,200}$/u;

/** Gives the request its services. Reads may go to a near replica, at least as new as the client's bookmark; writes go to the primary,
 * and so do upgrades: a replica may not know yet who has just joined. */
export const services: MiddlewareHandler<AppEnv> = async (c, next) => {
  await restoreClock(c.env);
  c.set(
    "ctx",
    createContext(c.env, {
      consistency: consistencyOf(c),
      client: {
        requestId: c.get("requestId"),
        userAgent: c.req.header("User-Agent")?.slice(0, 300) ?? null,
        // The runtime makes `cf` anew, at some cost, when it is first asked for: few requests want to know.
        get country() {
          return (c.req.raw.cf as { country?: string } | undefined)?.country ?? null;
        },
      },
      trace: c.get("trace"),
      url: c.req.url,
      waitUntil: (work) => c.executionCtx.waitUntil(work),
    }),
  );
  await next();
};

function consistencyOf(c: Context<AppEnv>): Consistency {
  if (!SAFE.has(c.req.method) || c.req.header("Upgrade")) return "primary";
  const bookmark = c.req.header("X-D1-Bookmark");
  return bookmark && BOOKMARK.test(bookmark) ? { bookmark } : "nearest";
}
