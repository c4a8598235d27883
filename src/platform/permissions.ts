const STUDENT = ["goals:write", "submissions:write", "rooms:write", "reviews:write"] as const;
const TEACHER = [...STUDENT, "submissions:judge", "challenges:teach"] as const;
const ADMIN = [
  ...TEACHER,
  "users:manage",
  "audit:read",
  "dead-letters:manage",
  "rooms:moderate",
  "boards:manage",
  "templates:manage",
  "webhooks:manage",
] as const;
const SUPERADMIN = [...ADMIN, "admins:manage"] as const;

/** What each role may do; a higher role has all of the lower ones. */
export const PERMISSIONS = { student: STUDENT, teacher: TEACHER, admin: ADMIN, superadmin: SUPERADMIN } as const;

export type Role = keyof typeof PERMISSIONS;
export type Permission = (typeof SUPERADMIN)[number];

export const permissionsOf = (role: Role): readonly Permission[] => PERMISSIONS[role];

/** The roles that have the permission, or all of them; the least first. */
export const rolesWith = (permission?: Permission): Role[] =>
  (Object.keys(PERMISSIONS) as Role[]).filter(
    (role) => permission === undefined || permissionsOf(role).includes(permission),
  );

/** Of several roles the one that has all that the others have. */
export const highestOf = (roles: readonly Role[]): Role =>
  rolesWith().findLast((role) => roles.includes(role)) ?? "student";
