import type { Context, MiddlewareHandler } from "hono";
import type { Listener } from "../platform/actor.ts";
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

/**
 * Who opens a socket: by header, by cookie, or by the ticket among the subprotocols. `subprotocol` is ours when the
 * client offers it, and goes into the answer.
 */
export async function admit(
  c: Context<AppEnv>,
  redeem: (ticket: string) => Promise<Listener>,
): Promise<{ listener: Listener; subprotocol: string | undefined }> {
  const offered = (c.req.header("Sec-WebSocket-Protocol") ?? "").split(",").map((entry) => entry.trim());
  const ticket = offered.find((entry) => entry.startsWith("ticket."))?.slice("ticket.".length);
  return {
    listener: ticket === undefined ? requireListener(c) : await redeem(ticket),
    subprotocol: offered.find((entry) => entry === SUBPROTOCOL),
  };
}

/** A browser sends cookies wherever the page is from, so a socket that rides on one is for the own origin only. */
function requireListener(c: Context<AppEnv>): Listener {
  const actor = requireUser(c);
  if (c.get("credential") === "cookie" && !isTrustedOrigin(c.req.header("Origin") ?? "", c.req.url, []))
    throw new AppError("CSRF_REJECTED", "This origin may not act with your cookies; ask for a ticket.");
  return actor;
}
