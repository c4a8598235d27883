import { z } from "@hono/zod-openapi";
import { ROLES, USER_STATUSES } from "../../db/schema/users.ts";
import { highestOf } from "../../platform/permissions.ts";
import { Text } from "../../platform/text.ts";
import { Email, Name, Username } from "../users/fields.ts";

const Roles = z
  .array(z.enum(ROLES))
  .min(1)
  .max(ROLES.length)
  .openapi({ description: "Each role has all that the ones before it have; of several the highest counts." });

export const UserFilters = z.object({
  q: Text(1, 100).optional().openapi({ description: "Beginnings of words of the name, username or e-mail address." }),
  role: z.enum(ROLES).optional(),
  status: z.enum(USER_STATUSES).optional(),
});
export type UserFilters = z.output<typeof UserFilters>;

export const AccountPatch = z
  .object({ roles: Roles.optional(), status: z.enum(USER_STATUSES).optional() })
  .transform(({ roles, status }) => ({ role: roles && highestOf(roles), status }))
  .refine(({ role, status }) => role !== undefined || status !== undefined, { error: "at least one of roles, status" })
  .openapi("AccountPatch", { example: { roles: ["teacher"] } });
export type AccountPatch = z.output<typeof AccountPatch>;

export const NewAccount = z
  .object({ email: Email, username: Username, roles: Roles, displayName: Name.optional() })
  .openapi("NewAccount", {
    example: { email: "thea@example.org", username: "thea", roles: ["teacher"], displayName: "Thea Novak" },
  });
export type NewAccount = z.output<typeof NewAccount>;
