import { sql } from "drizzle-orm";
import type { AnySQLiteColumn } from "drizzle-orm/sqlite-core";
import { check, integer } from "drizzle-orm/sqlite-core";

/** An instant, stored as integer milliseconds UTC. */
export const instant = (name: string) => integer(name, { mode: "timestamp_ms" });

/** A CHECK that keeps a text column within a closed list. The list is code, never input. */
export const oneOf = (name: string, column: AnySQLiteColumn, values: readonly string[]) =>
  check(name, sql`${column} IN (${sql.raw(values.map((value) => `'${value}'`).join(", "))})`);
