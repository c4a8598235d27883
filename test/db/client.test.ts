import { env } from "cloudflare:workers";
import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../src/db/client.ts";
import { goals } from "../../src/db/schema/goals.ts";
import { users } from "../../src/db/schema/users.ts";
import { drain } from "../../src/platform/metrics.ts";
import { goal, learner } from "../helpers/factories.ts";

/** What was counted since it was last asked. */
const counted = () => Object.fromEntries(drain().map(({ family, value }) => [family, value]));

describe("what a session spent in D1", () => {
  it("is counted for every way to ask", async () => {
    const { id } = await learner();
    const { db, meter } = openDatabase(env.DB, "primary");
    const one = () => db.select({ id: users.id, xp: users.xp }).from(users).where(eq(users.id, id));
    const asks: Record<string, () => PromiseLike<unknown>> = {
      select: one,
      get: () => one().get(),
      "all of its own words": () => db.all(sql`SELECT id FROM users WHERE id = ${id}`),
      update: () => db.update(users).set({ xp: 0 }).where(eq(users.id, id)),
      "update returning": () => db.update(users).set({ xp: 0 }).where(eq(users.id, id)).returning({ xp: users.xp }),
      run: () => db.run(sql`UPDATE users SET xp = 0 WHERE id = ${id}`),
      batch: () => db.batch([one(), one()]),
    };
    counted();
    const read: [string, number, number][] = [];
    for (const [name, ask] of Object.entries(asks)) {
      const { roundTrips, rowsRead } = meter;
      await ask();
      read.push([name, meter.roundTrips - roundTrips, meter.rowsRead - rowsRead]);
    }
    expect(read.filter(([, trips, rows]) => trips !== 1 || rows === 0)).toEqual([]);
    // And what the registration has still to do, after its answer.
    const metrics = counted();
    expect(metrics["d1_round_trips_total"]).toBeGreaterThanOrEqual(meter.roundTrips);
    expect(metrics["d1_rows_read_total"]).toBeGreaterThanOrEqual(meter.rowsRead);
  });
});

describe("a row", () => {
  it("bears every column that was selected, in order, nulls and numbers among them", async () => {
    const ana = await learner();
    const { id } = await goal(ana);
    const { db } = openDatabase(env.DB, "primary");
    const select = db
      .select({
        goal: { id: goals.id, targetDate: goals.targetDate, tags: goals.tags },
        ten: sql<number>`10`.as("ten"),
        owner: { ownerName: users.username, xp: users.xp },
      })
      .from(goals)
      .innerJoin(users, eq(users.id, goals.ownerId))
      .where(eq(goals.id, id));
    const row = {
      goal: { id, targetDate: null, tags: [] },
      ten: 10,
      owner: { ownerName: ana.username, xp: 0 },
    };
    expect(await select).toEqual([row]);
    expect(await db.batch([select])).toEqual([[row]]);
  });

  it.each(["alone", "in a batch"])(
    "with two columns of one name, or one without a name, is refused %s",
    async (how) => {
      const { db } = openDatabase(env.DB, "primary");
      const twice = db
        .select({ goalId: goals.id, userId: users.id })
        .from(goals)
        .innerJoin(users, eq(users.id, goals.ownerId));
      const nameless = db.select({ id: users.id, count: sql<number>`count(*)` }).from(users);
      const numbered = db.select({ id: users.id, seven: sql<number>`7`.as("7") }).from(users);
      for (const query of [twice, nameless, numbered])
        await expect((async () => await (how === "alone" ? query : db.batch([query])))()).rejects.toThrow("of its own");
    },
  );
});
