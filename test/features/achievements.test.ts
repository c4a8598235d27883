import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createContext } from "../../src/context.ts";
import { BADGES } from "../../src/features/achievements/catalogue.ts";
import type { Facts } from "../../src/features/achievements/facts.ts";
import { FACTS } from "../../src/features/achievements/facts.ts";
import { isMet, newlyEarned, progressOf } from "../../src/features/achievements/rules.ts";
import { give, standingsOf } from "../../src/features/achievements/service.ts";
import { lookAgainForBadges, reconcileBadges } from "../../src/features/achievements/upkeep.ts";
import { commit } from "../../src/events/outbox.ts";
import { eventually, get, patch, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { challenge, goal, learner } from "../helpers/factories.ts";

const facts = fc
  .tuple(...FACTS.map(() => fc.nat({ max: 120 })))
  .map((values) => Object.fromEntries(FACTS.map((fact, i) => [fact, values[i] ?? 0])) as Facts);
const contextOf = () => createContext(env, { waitUntil: () => undefined });

interface Shown {
  code: string;
  earnedAt?: string;
  progress?: { current: number; target: number };
}
const mine = async (who: Learner): Promise<Shown[]> => (await get("/api/v1/achievements", who.token)).data;
const has = (shown: Shown[], code: string) => shown.some((badge) => badge.code === code && badge.earnedAt);

async function accept(who: Learner, text = "hola amiga buenos días"): Promise<void> {
  const { id } = await goal(who);
  const { id: challengeId } = await challenge(who, id);
  const { data } = await post(
    "/api/v1/submissions",
    { challengeId, content: { text }, requestFeedback: false },
    who.token,
  );
  expect(data.status).toBe("accepted");
}

describe("the catalogue", () => {
  it("has at least 25 badges in three tiers, each code once, each fact used", () => {
    expect(BADGES.length).toBeGreaterThanOrEqual(25);
    expect(new Set(BADGES.map(({ code }) => code)).size).toBe(BADGES.length);
    expect(new Set(BADGES.map(({ tier }) => tier))).toEqual(new Set(["bronze", "silver", "gold"]));
    expect(new Set(BADGES.map(({ rule }) => rule.fact))).toEqual(new Set(FACTS));
    expect(
      BADGES.every(({ description, rule }) => rule.target === 1 || description.includes(String(rule.target))),
    ).toBe(true);
  });

  it("earns what is met and not there, and more deeds never earn less", () => {
    fc.assert(
      fc.property(facts, facts, (some, more) => {
        const sum = Object.fromEntries(FACTS.map((fact) => [fact, some[fact] + more[fact]])) as Facts;
        const earned = newlyEarned(BADGES, some, new Set());
        expect(earned).toEqual(BADGES.filter((badge) => isMet(badge, some)));
        expect(earned.every((badge) => isMet(badge, sum))).toBe(true);
        expect(newlyEarned(BADGES, some, new Set(earned.map(({ code }) => code)))).toEqual([]);
        for (const badge of BADGES) {
          const { current, target } = progressOf(badge, some);
          expect(current >= target).toBe(isMet(badge, some));
          expect(current).toBeLessThanOrEqual(target);
        }
      }),
    );
  });
});

describe("earning", () => {
  it("gives a badge for the deed, once, and shows how far the next is", async () => {
    const ana = await learner();
    expect((await mine(ana)).find(({ code }) => code === "challenger-bronze")).toMatchObject({
      progress: { current: 0, target: 1 },
    });
    await accept(ana);
    const shown = await eventually(
      () => mine(ana),
      (badges) => has(badges, "challenger-bronze"),
    );
    expect(shown.every(({ progress }) => progress !== undefined)).toBe(true);
    expect(shown.find(({ code }) => code === "challenger-bronze")?.progress).toEqual({ current: 1, target: 1 });
    expect(shown.find(({ code }) => code === "challenger-silver")).toMatchObject({
      progress: { current: 1, target: 10 },
    });
    expect((await get("/api/v1/achievements", ana.token)).roundTrips).toBe(1);
  });

  it("gives once to twenty who ask at the same time, with one event a badge", async () => {
    const ben = await learner();
    await env.DB.prepare("UPDATE users SET email_verified_at = 1, xp = 300 WHERE id = ?").bind(ben.id).run();
    const earn = async () => {
      const ctx = contextOf();
      const { statements, messages } = give(ctx, await standingsOf(ctx, [ben.id]));
      return await commit({ ...ctx, relayLater: () => undefined }, statements, messages).then(
        () => messages.length,
        () => 0,
      );
    };
    const given = await Promise.all(Array.from({ length: 20 }, earn));
    expect(given.filter((n) => n > 0)).toEqual([2]);
    const { results } = await env.DB.prepare("SELECT code FROM user_badges WHERE user_id = ? ORDER BY code")
      .bind(ben.id)
      .all();
    expect(results).toEqual([{ code: "level-bronze" }, { code: "verified" }]);
    const events = await env.DB.prepare(
      "SELECT count(*) AS n FROM outbox WHERE message ->> 'type' = 'badge.earned' AND message ->> 'userId' = ?",
    )
      .bind(ben.id)
      .first<number>("n");
    expect(events).toBe(2);
    await env.DB.prepare("DELETE FROM outbox").run();
  });

  it("is made good by the reconciliation when the job died, and never twice", async () => {
    const chidi = await learner();
    await accept(chidi);
    await eventually(
      () => mine(chidi),
      (badges) => has(badges, "challenger-bronze"),
    );
    await env.DB.prepare("DELETE FROM user_badges WHERE user_id = ?").bind(chidi.id).run();
    await env.DB.prepare("DELETE FROM walks").run();
    const first = await reconcileBadges(contextOf());
    expect(first.given).toBeGreaterThanOrEqual(1);
    expect(has(await mine(chidi), "challenger-bronze")).toBe(true);
    expect(await reconcileBadges(contextOf())).toEqual({ people: 0, given: 0 });
  });

  it("is made good also where the ledger knows nothing of the deed", async () => {
    const eva = await learner();
    await env.DB.prepare("UPDATE users SET email_verified_at = 1 WHERE id = ?").bind(eva.id).run();
    await env.DB.prepare("INSERT OR REPLACE INTO walks (name, position) VALUES ('badges-round', 9000000)").run();
    expect(await lookAgainForBadges(contextOf())).toEqual({ people: 0, given: 0 });
    expect((await lookAgainForBadges(contextOf())).given).toBeGreaterThanOrEqual(1);
    expect(has(await mine(eva), "verified")).toBe(true);
    expect((await lookAgainForBadges(contextOf())).given).toBe(0);
  });

  it("sees that somebody joined a circle, which pays nothing", async () => {
    const [owner, guest] = [await learner(), await learner()];
    const { id } = await goal(owner, { visibility: "public" });
    expect((await post(`/api/v1/goals/${id}/join`, undefined, guest.token)).status).toBe(200);
    await eventually(
      () => mine(guest),
      (badges) => has(badges, "companion-bronze"),
    );
  });

  it("keeps a badge when the facts are gone", async () => {
    const dora = await learner();
    await accept(dora);
    await eventually(
      () => mine(dora),
      (badges) => has(badges, "challenger-bronze"),
    );
    await env.DB.prepare("UPDATE submissions SET status = 'reversed' WHERE author_id = ?").bind(dora.id).run();
    expect(has(await mine(dora), "challenger-bronze")).toBe(true);
  });
});

describe("other people's badges", () => {
  it("are shown as their privacy allows", async () => {
    const [ana, ben] = [await learner(), await learner()];
    await accept(ana);
    await eventually(
      () => mine(ana),
      (badges) => has(badges, "challenger-bronze"),
    );
    const path = `/api/v1/users/${ana.username}/achievements`;
    expect((await get(path, ben.token)).data).toMatchObject([{ code: "challenger-bronze", tier: "bronze" }]);
    expect((await get(`/api/v1/users/${ana.username}`, ben.token)).data.badges).toHaveLength(1);
    await patch("/api/v1/users/me", { privacy: { showActivity: false } }, ana.token);
    expect((await get(path, ben.token)).data).toEqual([]);
    expect((await get(path, ana.token)).data).toHaveLength(1);
    await patch("/api/v1/users/me", { privacy: { showProfile: false } }, ana.token);
    expect((await get(path, ben.token)).status).toBe(404);
    expect((await get("/api/v1/users/nobody_here/achievements", ben.token)).status).toBe(404);
    expect((await get(path)).status).toBe(401);
  });

  it("shows strangers the catalogue", async () => {
    const { status, data } = await get("/api/v1/achievements");
    expect([status, data.length]).toEqual([200, BADGES.length]);
    expect(data[0]).not.toHaveProperty("progress");
    expect(await get("/api/v1/achievements", "spoilt")).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
  });
});
