import type { SQL } from "drizzle-orm";
import { eq, sql } from "drizzle-orm";
import type { Statement } from "../db/client.ts";
import { outbox } from "../db/schema/events.ts";
import type { CommitContext, OutboxMessage } from "./outbox.ts";

/** A message on which the batch itself decides. */
export interface Conditional {
  /** Stands where the condition is to be looked at: it sees what the statements before it did. */
  insert: Statement;
  /** Finds a row when the message was written; then it wants to be relayed. */
  written: Statement;
}

/** Writes a message to the outbox if `condition` holds when its turn comes; nobody has to know beforehand, in no round trip more. */
export function messageIf(
  ctx: Pick<CommitContext, "db" | "clock">,
  { queue, envelope }: OutboxMessage,
  condition: SQL,
): Conditional {
  const now = ctx.clock.now().getTime();
  return {
    insert: ctx.db.run(sql`INSERT INTO outbox (id, queue, message, created_at)
      SELECT ${envelope.id}, ${queue}, ${JSON.stringify(envelope.body)}, ${now} WHERE ${condition}`),
    written: ctx.db.select({ id: outbox.id }).from(outbox).where(eq(outbox.id, envelope.id)),
  };
}
