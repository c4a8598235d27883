import { AppError } from "./errors.ts";
import type { Permission, Role } from "./permissions.ts";
import { permissionsOf } from "./permissions.ts";

/** Somebody signed in, as the access token vouches. */
export interface UserActor {
  kind: "user";
  id: string;
  username: string;
  role: Role;
  sessionId: string;
  /** `jti` of the access token, a UUIDv7: it tells to the millisecond when the token was issued. */
  tokenId: string;
  /** Others know the password: nothing but changing it is allowed. A token issued after the change no longer says so. */
  mustChangePassword?: boolean;
  /** When the access token ends. */
  expiresAt: Date;
}

/** Who listens on a socket: until the token ends, or the session. */
export type Listener = Pick<UserActor, "id" | "sessionId" | "expiresAt">;

export interface SystemActor {
  kind: "system";
}

export interface AnonymousActor {
  kind: "anonymous";
}

export type Actor = UserActor | SystemActor | AnonymousActor;

export const can = (actor: Actor, permission: Permission): boolean =>
  actor.kind === "system" || (actor.kind === "user" && permissionsOf(actor.role).includes(permission));

export function requirePermission(actor: Actor, permission: Permission): void {
  if (!can(actor, permission))
    throw new AppError("FORBIDDEN", "Your role does not allow this.", { details: { permission } });
}
