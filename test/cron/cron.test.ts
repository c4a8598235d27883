import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { ServiceContext } from "../../src/context.ts";
import { createContext } from "../../src/context.ts";
import { CRON_JOBS } from "../../src/cron/jobs.ts";
import { runCron, runJob } from "../../src/cron/run.ts";
import type { CronJob } from "../../src/cron/schedule.ts";
import { slotOf } from "../../src/cron/schedule.ts";
import { get, post } from "../helpers/client.ts";

const START = Date.parse("2026-11-21T10:00:30.000Z");
const MINUTE = 60_000;

/** A context at a moment of the test's choosing. */
const at = (ms: number): ServiceContext => ({
  ...createContext(env, { waitUntil: (work) => void work }),
  clock: { now: () => new Date(ms) },
});

function counting(every: CronJob["every"], extra: Partial<CronJob> = {}) {
  const seen = { runs: 0 };
  const job: CronJob = { name: "counted", every, run: async () => ({ run: (seen.runs += 1) }), ...extra };
  return { seen, job };
}

beforeEach(async () => {
  await env.DB.batch([env.DB.prepare("DELETE FROM cron_jobs"), env.DB.prepare("DELETE FROM cron_runs")]);
});

describe("the schedule", () => {
  it.each([
    ["minute", undefined, "2026-11-21T10:00:00.000Z"],
    ["ten-minutes", undefined, "2026-11-21T10:00:00.000Z"],
    ["hour", undefined, "2026-11-21T10:00:00.000Z"],
    ["day", 3, "2026-11-21T03:00:00.000Z"],
    ["day", 11, "2026-11-20T11:00:00.000Z"],
  ] as const)("puts every %s at hour %s into the slot of %s", (every, atHour, slot) => {
    expect(slotOf({ every, ...(atHour === undefined ? {} : { atHour }) }, new Date(START)).toISOString()).toBe(slot);
  });

  it("runs a job once a slot, and a missed one once, late", async () => {
    const { seen, job } = counting("hour");
    for (const minutes of [0, 1, 2, 59.4]) await runCron(at(START + minutes * MINUTE), [job]);
    expect(seen.runs).toBe(1);
    await runCron(at(START + 60 * MINUTE), [job]);
    expect(seen.runs).toBe(2);
    await runCron(at(START + 7 * 60 * MINUTE), [job]);
    await runCron(at(START + 7 * 60 * MINUTE + 1), [job]);
    expect(seen.runs).toBe(3);
  });

  it("goes on after the clock was moved far ahead and back", async () => {
    const { seen, job } = counting("day");
    await runCron(at(START + 30 * 24 * 60 * MINUTE), [job]);
    await runCron(at(START), [job]);
    expect(seen.runs).toBe(2);
  });
});

describe("a run", () => {
  it("excludes another one of the same job, and no other job", async () => {
    let running = 0;
    let most = 0;
    const slow = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 50));
      running -= 1;
    };
    const { seen, job } = counting("minute", { run: slow });
    const other = counting("minute", { name: "other" });
    const runs = await Promise.all(Array.from({ length: 5 }, () => runCron(at(START), [job, other.job])));
    expect([most, runs.flat().length, other.seen.runs, seen.runs]).toEqual([1, 2, 1, 0]);
  });

  it("that died with its lease is done again when the lease is over", async () => {
    const { seen, job } = counting("minute");
    await env.DB.prepare("INSERT INTO cron_jobs (name, lease_id, leased_until) VALUES ('counted', 'gone', ?)")
      .bind(START + 15 * MINUTE)
      .run();
    await runCron(at(START + MINUTE), [job]);
    expect(seen.runs).toBe(0);
    await runCron(at(START + 15 * MINUTE), [job]);
    expect(seen.runs).toBe(1);
  });

  it("that fails is recorded, takes no other along, and is tried again before its next slot", async () => {
    let broken = true;
    const { job } = counting("day", {
      run: async () => {
        if (broken) throw new Error("mail of ana@example.org lost");
        return { done: 3 };
      },
    });
    const other = counting("day", { name: "other" });
    const failed = await runCron(at(START), [job, other.job]);
    expect(failed.map(({ name, succeeded, result }) => [name, succeeded, result])).toEqual([
      ["counted", false, "Error: mail of [address] lost"],
      ["other", true, { run: 1 }],
    ]);
    expect(await runCron(at(START + MINUTE), [job, other.job])).toEqual([]);
    broken = false;
    const again = await runCron(at(START + 5 * MINUTE), [job, other.job]);
    expect(again).toMatchObject([{ name: "counted", succeeded: true, result: { done: 3 } }]);
    const { results } = await env.DB.prepare("SELECT job, succeeded, result FROM cron_runs ORDER BY id").all();
    expect(results).toHaveLength(3);
  });

  it("asked for waits for the one under way, and runs though it is not due", async () => {
    const { seen, job } = counting("day", {});
    await runCron(at(START), [job]);
    const runs = await Promise.all([runJob(at(START), job), runJob(at(START), job)]);
    expect([seen.runs, runs.map((run) => run.succeeded)]).toEqual([3, [true, true]]);
  });
});

describe("the table", () => {
  it("names each job once, and every job can run twice", async () => {
    const names = CRON_JOBS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (let i = 0; i < 2; i += 1)
      for (const job of CRON_JOBS) expect(await runJob(at(Date.now()), job)).toMatchObject({ succeeded: true });
  });

  it("finds the spent refresh tokens, of which there are most, by an index", async () => {
    const purge = "EXPLAIN QUERY PLAN DELETE FROM refresh_tokens WHERE used_at < ?";
    const { results } = await env.DB.prepare(purge).bind(START).all<{ detail: string }>();
    expect(results[0]?.detail).toContain("INDEX refresh_tokens_used");
  });

  it("is shown with the last runs in development, where one can be run", async () => {
    const before = (await get("/dev/cron")).body;
    expect(before).toContainEqual({ name: "relay-outbox", every: "minute", lastRun: null });
    const { status, body } = await post("/dev/cron", { name: "relay-outbox" });
    expect([status, body]).toEqual([
      200,
      { name: "relay-outbox", done: true, durationMs: expect.any(Number), result: expect.any(Number) },
    ]);
    const after = (await get("/dev/cron")).body;
    expect(after.find((job: { name: string }) => job.name === "relay-outbox").lastRun).toMatchObject({
      succeeded: true,
    });
    expect((await post("/dev/cron", { name: "no-such-job" })).status).toBe(404);
  });
});
