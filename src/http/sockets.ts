import type { Context, MiddlewareHandler } from "hono";
import type { UserActor } from "../platform/actor.ts";
import { AppError } from "../platform/errors.ts";
import { requireUser } from "./authentication.ts";
import type { AppEnv } from "./env.ts";
import { isTrustedOrigin } from "./security.ts";

const SUBPROTOCOL = "guildhall.v1";

export const requireUpgrade: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.header("Upgrade")?.toLowerCase() !== "websocket")
    throw new AppError("UPGRADE_REQUIRED", "This address speaks WebSocket.");
  await next();
};

/** A browser sends cookies wherever the page is from, so a socket that rides on one is for the own origin only. */
export function requireListener(c: Context<AppEnv>): UserActor {
  const actor = requireUser(c);
  if (c.get("credential") === "cookie" && !isTrustedOrigin(c.req.header("Origin") ?? "", c.req.url, []))
    throw new AppError("CSRF_REJECTED", "This origin may not act with your cookies; ask for a ticket.");
  return actor;
}

/** What a client offers as subprotocols: ours, and perhaps a ticket in place of a header. */
export function socketProtocols(c: Context<AppEnv>): { subprotocol: string | undefined; ticket: string | undefined } {
  const offered = (c.req.header("Sec-WebSocket-Protocol") ?? "").split(",").map((entry) => entry.trim());
  return {
    subprotocol: offered.find((entry) => entry === SUBPROTOCOL),
    ticket: offered.find((entry) => entry.startsWith("ticket."))?.slice("ticket.".length),
  };
}
