import type { Context, MiddlewareHandler } from "hono";
import type { Actor, UserActor } from "../platform/actor.ts";
import { requirePermission } from "../platform/actor.ts";
import { AppError } from "../platform/errors.ts";
import type { Permission } from "../platform/permissions.ts";
import { accessCookie } from "./cookies.ts";
import type { AppEnv } from "./env.ts";

/** Who is asking: bearer header first, then the cookie. It refuses nobody; routes that need a user call `requireUser`. */
export const authentication: MiddlewareHandler<AppEnv> = async (c, next) => {
  c.set("actor", { kind: "anonymous" });
  c.set("credential", null);
  c.set("authError", null);
  const bearer = /^Bearer (?<token>\S+)$/iu.exec(c.req.header("Authorization") ?? "")?.groups?.["token"];
  const token = bearer ?? accessCookie(c);
  if (bearer) c.set("credential", "bearer");
  else if (token) c.set("credential", "cookie");
  if (token) await authenticate(c, token);
  await next();
};

/** What somebody may do whose password others know. */
const WITH_A_KNOWN_PASSWORD = new Set(
  ["password/change", "logout", "logout-all"].map((path) => `/api/v1/auth/${path}`),
);

async function authenticate(c: Context<AppEnv>, token: string): Promise<void> {
  const ctx = c.get("ctx");
  try {
    const actor = await ctx.tokens.verify(token);
    if (await ctx.denyList.isDenied(actor))
      throw new AppError("TOKEN_REVOKED", "This session has ended; sign in again.");
    if (actor.mustChangePassword && !WITH_A_KNOWN_PASSWORD.has(c.req.path))
      throw new AppError("PASSWORD_CHANGE_REQUIRED", "Change the password first, then refresh the token.");
    c.set("actor", actor);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    c.set("authError", error);
  }
}

/** The signed-in user, or the precise reason why there is none. */
export function requireUser(c: Context<AppEnv>): UserActor {
  const actor = c.get("actor");
  if (actor.kind === "user") return actor;
  throw c.get("authError") ?? new AppError("UNAUTHENTICATED", "Sign in first.");
}

/** Whoever asks, where nobody needs to be signed in. A token that is no good is refused, so that its client renews it. */
export function actorOf(c: Context<AppEnv>): Actor {
  const error = c.get("authError");
  if (error) throw error;
  return c.get("actor");
}

/** Stands before validation, so that a stranger learns nothing of a request's shape, nor spends anything on it. */
export const mustBeSignedIn: MiddlewareHandler<AppEnv> = async (c, next) => {
  requireUser(c);
  await next();
};

/** As `mustBeSignedIn`, for what only some roles may do. The service asks again, near the data. */
export const mustHold =
  (permission: Permission): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    requirePermission(requireUser(c), permission);
    await next();
  };
