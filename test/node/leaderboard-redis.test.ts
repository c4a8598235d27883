import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Served } from "../../scripts/bench/workerd-server.ts";
import { serveBoard } from "../../scripts/bench/board-server.ts";
import type { RunningRedis } from "../../scripts/bench/redis.ts";
import { startRedis } from "../../scripts/bench/redis.ts";
import type { BoardEntry, BoardPage } from "../../src/durable-objects/leaderboard/protocol.ts";
import { memberOf } from "../bench/members.ts";

const OPERATIONS = 100_000;
const COMPARED_EVERY = 20_000;
const AT_ONCE = 1_000;
const MEMBERS = 3_000;
const SCORES = 250;
/** Redis orders ties by name: there the sequence goes into the score, so that who was first comes first. */
const LATEST = 1_000_000;

const hasRedis = (() => {
  try {
    execFileSync("redis-server", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** A small linear congruential generator: the same operations in every run. */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const random = randomFrom(20_261_121);

const entryOf = (n: number, score: number, seq: number): BoardEntry => ({
  person: { id: memberOf(n), username: `u${n}`, displayName: `U ${n}`, avatarUrl: null, shown: true, version: 1 },
  totals: [{ season: "all", score, seq }],
});

describe.skipIf(!hasRedis)(
  `a board beside a Redis${hasRedis ? "" : " (skipped: no redis-server is installed here)"}`,
  () => {
    let board: Served;
    let redis: RunningRedis | undefined;

    beforeAll(async () => {
      [board, redis] = await Promise.all([serveBoard(), startRedis()]);
    });

    afterAll(async () => {
      await Promise.all([board?.stop(), redis?.stop()]);
    });

    const client = () => {
      if (redis === undefined) throw new Error("no Redis");
      return redis.client;
    };

    async function ranking(): Promise<[string, number, number][]> {
      const all: [string, number, number][] = [];
      for (let total = 1; all.length < total;) {
        const answer = await fetch(`${board.url}/page?limit=1000&offset=${all.length}`);
        const page: BoardPage = JSON.parse(await answer.text());
        total = page.total;
        all.push(...page.entries.map(({ user, rank, score }): [string, number, number] => [user.id, rank, score]));
      }
      return all;
    }

    async function redisRanking(): Promise<[string, number, number][]> {
      const order = await client().zRange("order", 0, -1, { REV: true });
      if (order.length === 0) return [];
      const scores = await client().zmScore("scores", order);
      const better = await Promise.all(scores.map((score) => client().zCount("scores", `(${score}`, "+inf")));
      return order.map((id, place) => [id, 1 + (better[place] ?? 0), scores[place] ?? 0]);
    }

    /** Most change a score, one in seven takes somebody off; scores are few, so that ties are many. */
    async function apply(from: number, to: number): Promise<void> {
      const entries: BoardEntry[] = [];
      const commands = client().multi();
      for (let seq = from; seq < to; seq++) {
        const n = random(MEMBERS);
        const score = random(7) === 0 ? 0 : 1 + random(SCORES);
        entries.push(entryOf(n, score, seq));
        if (score === 0) commands.zRem("order", memberOf(n)).zRem("scores", memberOf(n));
        else
          commands
            .zAdd("order", { value: memberOf(n), score: score * LATEST + LATEST - seq })
            .zAdd("scores", { value: memberOf(n), score });
      }
      await commands.execAsPipeline();
      // In any order, and one in ten twice: only the sequence counts.
      const sent = [...entries, ...entries.filter((_, n) => n % 10 === 0)].sort(() => random(2) - 0.5);
      await Promise.all(
        [0, 1, 2].map((share) =>
          fetch(`${board.url}/submit`, {
            method: "POST",
            body: JSON.stringify(sent.filter((_, n) => n % 3 === share)),
          }),
        ),
      );
    }

    it("gives the same ranks for 100,000 operations with many ties, removals and returns", async () => {
      let compared = 0;
      for (let seq = 1; seq <= OPERATIONS; seq += AT_ONCE) {
        await apply(seq, seq + AT_ONCE);
        if ((seq + AT_ONCE - 1) % COMPARED_EVERY !== 0) continue;
        const [ours, theirs] = await Promise.all([ranking(), redisRanking()]);
        expect(ours).toEqual(theirs);
        compared += ours.length;
      }
      expect(compared).toBeGreaterThan(10_000);
      for (let tries = 0; tries < 200; tries++) {
        const n = random(MEMBERS);
        const answer = await fetch(`${board.url}/rank?n=${n}`);
        const score = await client().zScore("scores", memberOf(n));
        const expected =
          score === null
            ? { rank: null, score: 0 }
            : { rank: 1 + (await client().zCount("scores", `(${score}`, "+inf")), score };
        expect(await answer.json()).toEqual(expected);
      }
    });
  },
);
