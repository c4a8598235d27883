import type { SQL } from "drizzle-orm";
import { sql } from "drizzle-orm";
import type { Db, Statement } from "./client.ts";

const FAILED = "malformed JSON";

/** A statement that aborts its whole batch unless the condition holds. D1 cannot branch inside a batch; `json()` can fail. */
export const ensure = (db: Db, condition: SQL): Statement =>
  db.run(sql`SELECT CASE WHEN ${condition} THEN 1 ELSE json('ensure') END`);

/** Whether a batch was aborted by `ensure`: somebody else was faster. */
export function wasRefused(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) if (e.message.includes(FAILED)) return true;
  return false;
}
