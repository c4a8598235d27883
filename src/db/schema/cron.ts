import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { instant } from "./columns.ts";

/** What the scheduler knows of a job: for which slot it was last done, and who runs it now. */
export const cronJobs = sqliteTable("cron_jobs", {
  name: text("name").primaryKey(),
  doneSlot: instant("done_slot"),
  leaseId: text("lease_id"),
  leasedUntil: instant("leased_until"),
});

export const cronRuns = sqliteTable(
  "cron_runs",
  {
    id: text("id").primaryKey(),
    job: text("job").notNull(),
    startedAt: instant("started_at").notNull(),
    durationMs: integer("duration_ms").notNull(),
    succeeded: integer("succeeded", { mode: "boolean" }).notNull(),
    /** What the job returned, or why it failed. */
    result: text("result", { mode: "json" }).$type<unknown>(),
  },
  (t) => [index("cron_runs_job").on(t.job, t.id), index("cron_runs_started").on(t.startedAt)],
);
