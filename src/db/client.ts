import { is } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { DrizzleD1Database } from "drizzle-orm/d1";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import { SQLiteRaw } from "drizzle-orm/sqlite-core/query-builders/raw";
import { Meter, meteredSession } from "./meter.ts";
import { NamedColumnsSession } from "./session.ts";

/** `primary` reads what was last written anywhere; a bookmark reads at least that state; `nearest` may lag. */
export type Consistency = "primary" | "nearest" | { bookmark: string };

export interface Database {
  db: ReturnType<typeof drizzleOn>;
  meter: Meter;
  bookmark(): string | null;
}

export type Db = Database["db"];
export type Statement = BatchItem<"sqlite">;

const dialect = new SQLiteAsyncDialect();

const drizzleOn = (client: D1Database) => {
  const session = new NamedColumnsSession(client, dialect, undefined);
  return Object.assign(new DrizzleD1Database("async", dialect, session, undefined), { $client: client });
};

/** Drizzle over one D1 session whose round trips are counted. */
export function openDatabase(binding: D1Database, consistency: Consistency): Database {
  const session = binding.withSession(constraintOf(consistency));
  const meter = new Meter();
  return { db: drizzleOn(meteredSession(session, meter)), meter, bookmark: () => session.getBookmark() };
}

function constraintOf(consistency: Consistency): string {
  if (consistency === "primary") return "first-primary";
  return consistency === "nearest" ? "first-unconstrained" : consistency.bookmark;
}

/** One D1 transaction and one round trip, for a list of statements that is built at run time. Empty lists do nothing. */
export async function batch(db: Db, statements: readonly Statement[]): Promise<unknown[]> {
  const [first, ...rest] = statements.map((statement) => prepareRaw(db, statement));
  return first ? await db.batch([first, ...rest]) : [];
}

/** Drizzle 0.45 looks for a prepared statement in `db.run(sql)` when it binds a batch, and never made one. */
function prepareRaw(db: Db, statement: Statement): Statement {
  return is(statement, SQLiteRaw)
    ? Object.assign(statement, { stmt: db.$client.prepare(statement.getQuery().sql) })
    : statement;
}
