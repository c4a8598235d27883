import { and, eq, isNull, or, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { goals } from "../../db/schema/goals.ts";
import { users } from "../../db/schema/users.ts";
import { toPublicUser } from "../users/schema.ts";

type Ctx = Pick<ServiceContext, "db">;

/** Who somebody is on a board; to be spread into a select. */
export const personColumns = {
  personId: users.id,
  username: users.username,
  displayName: users.displayName,
  avatarUrl: users.avatarUrl,
  status: users.status,
  privacy: users.privacy,
  version: users.version,
};

export const findPeople = (ctx: Ctx, ids: readonly string[]) =>
  ctx.db
    .select(personColumns)
    .from(users)
    .where(and(sql`${users.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`, isNull(users.deletedAt)));

export type PersonRow = Awaited<ReturnType<typeof findPeople>>[number];

/** Somebody as others see them on a board. Who hides or is suspended is not shown. */
export const toBoardPerson = (row: PersonRow) => ({
  ...toPublicUser({ ...row, id: row.personId }),
  shown: isShown(row),
  version: row.version,
});

export const isShown = ({ status, privacy }: Pick<PersonRow, "status" | "privacy">): boolean =>
  status === "active" && privacy.showOnLeaderboards;

/** The goal when `userId` may know of it: their own, or a public one. */
export const findKnownGoal = (ctx: Ctx, userId: string, goalId: string) =>
  ctx.db
    .select({ goalId: goals.id })
    .from(goals)
    .where(and(eq(goals.id, goalId), or(eq(goals.visibility, "public"), eq(goals.ownerId, userId))));
