import type { BatchItem } from "drizzle-orm/batch";
import { drizzle } from "drizzle-orm/d1";
import { Meter, meteredSession } from "./meter.ts";

/** `primary` reads what was last written anywhere; a bookmark reads at least that state; `nearest` may lag. */
export type Consistency = "primary" | "nearest" | { bookmark: string };

export interface Database {
  db: ReturnType<typeof drizzle>;
  meter: Meter;
  bookmark(): string | null;
}

export type Db = Database["db"];
export type Statement = BatchItem<"sqlite">;

/** Drizzle over one D1 session whose round trips are counted. */
export function openDatabase(binding: D1Database, consistency: Consistency): Database {
  const session = binding.withSession(constraintOf(consistency));
  const meter = new Meter();
  return { db: drizzle(meteredSession(session, meter)), meter, bookmark: () => session.getBookmark() };
}

function constraintOf(consistency: Consistency): string {
  if (consistency === "primary") return "first-primary";
  return consistency === "nearest" ? "first-unconstrained" : consistency.bookmark;
}

/** One D1 transaction and one round trip, for a list of statements that is built at run time. Empty lists do nothing. */
export async function batch(db: Db, statements: readonly Statement[]): Promise<unknown[]> {
  const [first, ...rest] = statements;
  return first ? await db.batch([first, ...rest]) : [];
}
