import { and, desc, eq, isNull, lt, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { users } from "../../db/schema/users.ts";
import type { UserFilters } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db">;

const matching = ({ role, status }: UserFilters) =>
  and(
    isNull(users.deletedAt),
    role === undefined ? undefined : eq(users.role, role),
    status === undefined ? undefined : eq(users.status, status),
  );

/** Newest first; `after` is the id of the last row of the page before. */
export const pageOfUsers = (ctx: Ctx, filters: UserFilters, after: string | null) =>
  ctx.db
    .select({ row: users, position: sql<string>`${users.id}`.as("position") })
    .from(users)
    .where(and(matching(filters), after === null ? undefined : lt(users.id, after)))
    .orderBy(desc(users.id));

/** Newest first, in the order of the index of words; `after` is its row number. */
export const pageOfFound = (ctx: Ctx, q: string, filters: UserFilters, after: string | null) =>
  ctx.db
    .select({ row: users, position: sql<string>`CAST(found.rowid AS TEXT)`.as("position") })
    .from(sql`users_search AS found`)
    .innerJoin(users, sql`users.rowid = found.rowid`)
    .where(
      and(
        sql`users_search MATCH ${wordsOf(q)}`,
        // D1 binds numbers as REAL, with which FTS5 does not bound its search.
        after === null ? undefined : sql`found.rowid < CAST(${after} AS INTEGER)`,
        matching(filters),
      ),
    )
    .orderBy(sql`found.rowid DESC`);

/** Every word as the beginning of one. In quotation marks nothing is an operator, whatever is typed. */
const wordsOf = (q: string): string =>
  q
    .split(/\s+/u)
    .map((word) => `"${word.replaceAll('"', '""')}"*`)
    .join(" ");
