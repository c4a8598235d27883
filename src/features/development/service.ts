import { desc, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { CronJob } from "../../cron/schedule.ts";
import { cronRuns } from "../../db/schema/cron.ts";
import { mailbox } from "../../db/schema/mails.ts";

export interface MailboxEntry {
  id: string;
  to: string;
  from: string;
  subject: string;
  text: string;
  html: string;
  createdAt: string;
}

/** The mails that would have been sent, newest first. */
export async function listMailbox(ctx: Pick<ServiceContext, "db">, to: string | undefined): Promise<MailboxEntry[]> {
  const rows = await ctx.db
    .select()
    .from(mailbox)
    .where(to === undefined ? undefined : eq(mailbox.to, to.toLowerCase()))
    .orderBy(desc(mailbox.createdAt), desc(mailbox.id))
    .limit(200);
  return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
}

export async function emptyMailbox(ctx: Pick<ServiceContext, "db">): Promise<void> {
  await ctx.db.delete(mailbox);
}

export interface CronJobState {
  name: string;
  every: CronJob["every"];
  lastRun: { startedAt: string; durationMs: number; succeeded: boolean; result: unknown } | null;
}

/** Every job of the table with its last run. */
export async function listCronJobs(ctx: Pick<ServiceContext, "db">, jobs: readonly CronJob[]): Promise<CronJobState[]> {
  const names = JSON.stringify(jobs.map(({ name }) => name));
  const latest = sql`(SELECT (SELECT r.id FROM cron_runs r WHERE r.job = j.value ORDER BY r.id DESC LIMIT 1) FROM json_each(${names}) j)`;
  const runs = await ctx.db
    .select()
    .from(cronRuns)
    .where(sql`${cronRuns.id} IN ${latest}`);
  const byJob = new Map(runs.map((run) => [run.job, run]));
  return jobs.map(({ name, every }) => {
    const run = byJob.get(name);
    const { startedAt, durationMs = 0, succeeded = false, result = null } = run ?? {};
    return {
      name,
      every,
      lastRun: startedAt ? { startedAt: startedAt.toISOString(), durationMs, succeeded, result } : null,
    };
  });
}
