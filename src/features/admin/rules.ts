import type { Permission, Role } from "../../platform/permissions.ts";
import { permissionsOf } from "../../platform/permissions.ts";

export interface RoleHolder {
  id: string;
  role: Role;
}

/** Whether this role decides about other people; it is given, taken and suspended by superadmins only. */
export const isOffice = (role: Role): boolean => permissionsOf(role).includes("users:manage");

/** Why `actor` may not make this change, or null. Nobody changes their own role or status; only a superadmin touches an admin or makes one. */
export function refusal(actor: RoleHolder, target: RoleHolder, change: { role?: Role | undefined }): string | null {
  if (actor.id === target.id) return "Nobody changes their own role or status.";
  const needed: Permission =
    isOffice(target.role) || (change.role && isOffice(change.role)) ? "admins:manage" : "users:manage";
  if (permissionsOf(actor.role).includes(needed)) return null;
  return needed === "admins:manage"
    ? "Only a superadmin grants, removes or suspends admins."
    : "Your role does not allow this.";
}
