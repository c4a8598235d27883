import { and, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../context.ts";
import type { Statement } from "../db/client.ts";
import { batch } from "../db/client.ts";
import { cronJobs, cronRuns } from "../db/schema/cron.ts";
import { AppError } from "../platform/errors.ts";
import { newId } from "../platform/ids.ts";
import { count } from "../platform/metrics.ts";
import { describeError } from "../platform/redact.ts";
import { CRON_JOBS } from "./jobs.ts";
import type { CronJob } from "./schedule.ts";
import { periodOf, slotOf } from "./schedule.ts";

/** A run that has not ended by then is taken for dead; Cloudflare ends one after 15 minutes. */
const LEASE_MS = 15 * 60_000;
const RETRY_AFTER_MS = 5 * 60_000;
const RUNS_WAIT_MS = 100;
const PATIENCE_MS = 20_000;

export interface CronRun {
  name: string;
  startedAt: Date;
  durationMs: number;
  succeeded: boolean;
  result: unknown;
}

/** Runs what is due and nobody else runs. A job that was missed runs once, late; one that fails is tried again within minutes. */
export async function runCron(ctx: ServiceContext, jobs: readonly CronJob[] = CRON_JOBS): Promise<CronRun[]> {
  const leaseId = newId();
  const claims = jobs.map((job) => claim(ctx, job, leaseId, true));
  const claimed = (await batch(ctx.db, claims)).flat() as { name: string }[];
  const mine = new Set(claimed.map(({ name }) => name));
  return await Promise.all(jobs.filter(({ name }) => mine.has(name)).map((job) => runClaimed(ctx, job, leaseId)));
}

/** Runs one job now, due or not, after the run that may be under way. Throws `CONFLICT` when that one does not end. */
export async function runJob(ctx: ServiceContext, job: CronJob): Promise<CronRun> {
  const leaseId = newId();
  for (let waited = 0; waited <= PATIENCE_MS; waited += RUNS_WAIT_MS) {
    const [mine] = (await batch(ctx.db, [claim(ctx, job, leaseId, false)])) as unknown[][];
    if (mine && mine.length > 0) return await runClaimed(ctx, job, leaseId);
    await new Promise((resolve) => setTimeout(resolve, RUNS_WAIT_MS));
  }
  throw new AppError("CONFLICT", `The job ${job.name} is running already.`, { retryAfter: 10 });
}

/** Takes the lease if nobody has it. One that ends further off than any lease is left from a clock that was moved. */
function claim(ctx: ServiceContext, { name, ...job }: CronJob, leaseId: string, onlyIfDue: boolean): Statement {
  const now = ctx.clock.now();
  const leasedUntil = new Date(now.getTime() + LEASE_MS);
  const free = sql`(${cronJobs.leasedUntil} IS NULL OR ${cronJobs.leasedUntil} NOT BETWEEN ${now.getTime() + 1} AND ${leasedUntil.getTime()})`;
  const due = sql`${cronJobs.doneSlot} IS NOT ${slotOf(job, now).getTime()}`;
  return ctx.db
    .insert(cronJobs)
    .values({ name, leaseId, leasedUntil })
    .onConflictDoUpdate({
      target: cronJobs.name,
      set: { leaseId, leasedUntil },
      setWhere: onlyIfDue ? sql`${free} AND ${due}` : free,
    })
    .returning({ name: cronJobs.name });
}

async function runClaimed(ctx: ServiceContext, job: CronJob, leaseId: string): Promise<CronRun> {
  const startedAt = ctx.clock.now();
  const start = Date.now();
  const outcome = await attempt(ctx, job);
  const run = { name: job.name, startedAt, durationMs: Date.now() - start, ...outcome };
  const { name, ...facts } = run;
  count("cron_runs_total", { job: name, outcome: run.succeeded ? "succeeded" : "failed" });
  const after = run.succeeded
    ? { doneSlot: slotOf(job, startedAt), leasedUntil: null }
    : { leasedUntil: new Date(ctx.clock.now().getTime() + Math.min(RETRY_AFTER_MS, periodOf(job)) - 1000) };
  await batch(ctx.db, [
    ctx.db
      .update(cronJobs)
      .set(after)
      .where(and(eq(cronJobs.name, name), eq(cronJobs.leaseId, leaseId))),
    ctx.db.insert(cronRuns).values({ id: newId(), job: name, ...facts }),
  ]);
  return run;
}

async function attempt(ctx: ServiceContext, job: CronJob): Promise<Pick<CronRun, "succeeded" | "result">> {
  try {
    return { succeeded: true, result: (await job.run(ctx)) ?? null };
  } catch (error) {
    ctx.logger.error("cron job failed", error, { job: job.name });
    return { succeeded: false, result: describeError(error) };
  }
}
