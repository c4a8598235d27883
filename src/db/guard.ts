import type { SQL } from "drizzle-orm";
import { sql } from "drizzle-orm";
import { AppError } from "../platform/errors.ts";
import type { Db, Statement } from "./client.ts";

const FAILED = "malformed JSON";

/** A statement that aborts its whole batch unless the condition holds. D1 cannot branch inside a batch; `json()` can fail. */
export const ensure = (db: Db, condition: SQL): Statement =>
  db.run(sql`SELECT CASE WHEN ${condition} THEN 1 ELSE json('ensure') END`);

const MOST_TRIES = 12;

/**
 * Makes a change that rests on what was read again, on what is there by then, while somebody else is faster (`CONFLICT`).
 * A caller that sent `If-Match` has it asked again along with the reading, and is refused by it.
 */
export async function untilUndisturbed<T>(change: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await change();
    } catch (error) {
      const disturbed = error instanceof AppError && error.code === "CONFLICT";
      if (!disturbed || tries === MOST_TRIES) throw error;
    }
  }
}

/** Whether a batch was aborted by `ensure`: somebody else was faster. */
export function wasRefused(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) if (e.message.includes(FAILED)) return true;
  return false;
}
