import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createContext } from "../../src/context.ts";
import { commit } from "../../src/events/outbox.ts";
import { award } from "../../src/features/xp/awards.ts";
import { proveLedger } from "../../src/features/xp/proof.ts";
import { DAILY_CAPS } from "../../src/features/xp/rules.ts";
import { call, eventually, get, patch, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { challenge, goal, learner, staff } from "../helpers/factories.ts";

const CAP = DAILY_CAPS.challenge;
const contextOf = () => ({ ...createContext(env, { waitUntil: () => undefined }), relayLater: () => undefined });
const entriesOf = async (who: Learner, reason: string) =>
  (
    await env.DB.prepare(
      "SELECT amount, source_id AS source, balance FROM xp_entries WHERE user_id = ? AND reason = ? ORDER BY seq",
    )
      .bind(who.id, reason)
      .all<{ amount: number; source: string; balance: number }>()
  ).results;
const eventsOf = async (type: string, userId: string) =>
  (
    await env.DB.prepare("SELECT message FROM outbox WHERE message ->> 'type' = ? AND message ->> 'userId' = ?")
      .bind(type, userId)
      .all()
  ).results.length;

async function accept(who: Learner, points = 20): Promise<void> {
  const { id } = await goal(who);
  const { id: challengeId } = await challenge(who, id, { points });
  const body = { challengeId, content: { text: "hola amiga buenos días" }, requestFeedback: false };
  expect((await post("/api/v1/submissions", body, who.token)).data.status).toBe("accepted");
}

describe("the ledger", () => {
  afterEach(() => call("POST", "/dev/clock", { body: { reset: true } }));

  it("can neither be changed nor thinned out", async () => {
    const ana = await learner();
    await accept(ana);
    for (const statement of ["UPDATE xp_entries SET amount = 999", "DELETE FROM xp_entries"])
      await expect(env.DB.prepare(`${statement} WHERE user_id = ?`).bind(ana.id).run()).rejects.toThrow("append-only");
  });

  it("pays no more than the day's cap to fifty requests at once, and each source once", async () => {
    const ben = await learner();
    const pay = (sourceId: string) => {
      const ctx = contextOf();
      const day = "2026-11-21";
      return commit(
        ctx,
        award(ctx, { userId: ben.id, amount: 10, reason: "review", sourceType: "review", sourceId, day, dailyCap: 10 }),
      );
    };
    await Promise.all(Array.from({ length: 50 }, (_, i) => pay(`source-${i % 30}`)));
    const paid = await entriesOf(ben, "review");
    expect(paid).toHaveLength(10);
    expect(new Set(paid.map(({ source }) => source)).size).toBe(10);
    expect(paid.map(({ balance }) => balance)).toEqual(paid.map((_, i) => 10 * (i + 1)));
    expect((await get("/api/v1/users/me", ben.token)).data.xp).toBe(100);
  });

  it("pays at most five milestones a local day to fifty requests at once", async () => {
    const ana = await learner();
    const titles = Array.from({ length: 8 }, (_, i) => ({ title: `Step ${i}` }));
    const { id, milestones } = await goal(ana, { milestones: titles });
    const complete = (milestoneId: string) =>
      call("PUT", `/api/v1/goals/${id}/milestones/${milestoneId}/completion`, { token: ana.token });
    const answers = await Promise.all(
      Array.from({ length: 48 }, (_, i) => complete(milestones[i % milestones.length].id)),
    );
    expect(answers.every(({ status }) => status < 500)).toBe(true);
    for (const { id: milestoneId } of milestones) await complete(milestoneId);
    expect(await entriesOf(ana, "milestone")).toHaveLength(5);
    expect((await get(`/api/v1/goals/${id}`, ana.token)).data.progress.milestonesDone).toBe(8);
  });

  it("pays one goal a local day to fifty requests at once, and only at 100 %", async () => {
    const ana = await learner();
    const made = await Promise.all(Array.from({ length: 5 }, (_, i) => goal(ana, { title: `Goal ${i}` })));
    for (const { id, milestones } of made)
      await call("PUT", `/api/v1/goals/${id}/milestones/${milestones[0].id}/completion`, { token: ana.token });
    const early = await goal(ana, { title: "Not there yet" });
    const complete = (id: string) => patch(`/api/v1/goals/${id}`, { status: "completed" }, ana.token);
    await complete(early.id);
    expect(await entriesOf(ana, "goal")).toEqual([]);
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => complete(made[i % made.length].id)));
    expect(answers.every(({ status }) => status < 500)).toBe(true);
    expect(await entriesOf(ana, "goal")).toMatchObject([{ amount: 100 }]);
    expect((await get("/api/v1/users/me", ana.token)).data.xp).toBe(100 + 5 * 25 + 5);
  });

  it("pays at most fifty challenges of learners a local day, however many come at once, and a teacher's beyond them", async () => {
    const [ana, thea] = [await learner(), await staff("teacher")];
    const { id: goalId } = await goal(ana, { visibility: "public" });
    const write = async (who: Learner) => (await challenge(who, goalId, { points: 5 })).id as string;
    const handIn = async (challengeId: string, who = ana) => {
      const body = { challengeId, content: { text: "hola amiga buenos días" }, requestFeedback: false };
      return await post("/api/v1/submissions", body, who.token);
    };
    const own: string[] = [];
    for (let i = 0; i < CAP + 5; i += 1) own.push(await write(ana));
    const answers = await Promise.all([...own, ...own.slice(0, 10)].map((id) => handIn(id)));
    expect(answers.every(({ status }) => status < 500)).toBe(true);
    expect(answers.filter(({ data }) => data?.status === "accepted")).toHaveLength(CAP + 5);
    expect(await entriesOf(ana, "challenge")).toHaveLength(CAP);

    const set = await write(thea);
    await handIn(set);
    expect((await entriesOf(ana, "challenge")).map(({ source }) => source)).toContain(set);
    expect((await handIn(await write(ana))).data.status).toBe("accepted");
    expect(await entriesOf(ana, "challenge")).toHaveLength(CAP + 1);

    await call("POST", "/dev/clock", { body: { advanceMs: 86_400_000 } });
    expect((await handIn(await write(ana))).data.status).toBe("accepted");
    expect(await entriesOf(ana, "challenge")).toHaveLength(CAP + 2);
    expect((await get(`/api/v1/users/me`, ana.token)).data.xp).toBe((CAP + 2) * 5 + 5 + 10);
  });

  it("caps what a teacher writes for themselves, and pays what a teacher accepts", async () => {
    const [ana, thea] = [await learner(), await staff("teacher")];
    const { id: mine } = await goal(thea);
    const ownOf = async (who: Learner, goalId: string, fields = {}) => {
      const { id: challengeId } = await challenge(who, goalId, { points: 5, ...fields });
      const body = { challengeId, content: { text: "hola amiga buenos días" }, requestFeedback: false };
      return (await post("/api/v1/submissions", body, who.token)).data.id as string;
    };
    for (let i = 0; i < CAP + 1; i += 1) await ownOf(thea, mine);
    expect(await entriesOf(thea, "challenge")).toHaveLength(CAP);

    const { id: circle } = await goal(ana, { visibility: "public" });
    for (let i = 0; i < CAP; i += 1) await ownOf(ana, circle);
    const id = await ownOf(ana, circle, { requiresVerdict: true });
    const verdict = { scores: [], comment: "A friendly and clear greeting.", verdict: "accept" };
    const { status, body } = await call("PUT", `/api/v1/submissions/${id}/review`, {
      token: thea.token,
      body: verdict,
    });
    expect([status, body]).toMatchObject([200, {}]);
    expect(await entriesOf(ana, "challenge")).toHaveLength(CAP + 1);
  });
});

describe("the nightly proof", () => {
  it("finds nothing where all is well, and reports and then forgets what is not", async () => {
    const [ana, ben] = [await learner(), await learner()];
    await accept(ana);
    await accept(ben);
    expect(await proveLedger(contextOf())).toMatchObject({ differences: 0 });

    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await env.DB.prepare("UPDATE users SET xp = xp + 7 WHERE id = ?").bind(ana.id).run();
    await env.DB.prepare(
      `INSERT INTO xp_entries (id, user_id, amount, reason, source_type, source_id, rules_version, balance, day, created_at)
       SELECT 'forged', id, 5, 'adjustment', 'test', 'forged', 1, 1000, '2026-11-21', 1 FROM users WHERE id = ?`,
    )
      .bind(ben.id)
      .run();
    expect(await proveLedger(contextOf())).toMatchObject({ differences: 2 });
    expect(logged.mock.calls.flat().join()).toContain(ana.id);
    logged.mockRestore();

    const admin = await learner();
    await env.DB.prepare("UPDATE users SET role = 'admin' WHERE id = ?").bind(admin.id).run();
    const { data } = await post("/api/v1/auth/login", { email: admin.email, password: "Sunny-Harbour-7" });
    const report = await get("/api/v1/admin/ledger-differences", data.accessToken);
    expect(report.data).toHaveLength(2);
    expect(report.data.find((row: { userId: string }) => row.userId === ana.id)).toMatchObject({ brokenSeq: null });
    const forged = report.data.find((row: { userId: string }) => row.userId === ben.id);
    expect(forged.sum - forged.balance).toBe(5);
    expect(forged.brokenSeq).toBeGreaterThan(0);
    expect((await get("/api/v1/admin/ledger-differences", ana.token)).status).toBe(403);

    await env.DB.prepare("UPDATE users SET xp = xp - 7 WHERE id = ?").bind(ana.id).run();
    expect(await proveLedger(contextOf())).toMatchObject({ differences: 1 });
    const left = await get("/api/v1/admin/ledger-differences", data.accessToken);
    expect(left.data.map(({ userId }: { userId: string }) => userId)).toEqual([ben.id]);
    expect(left.data[0].foundAt > forged.foundAt).toBe(true);
  });
});

describe("levels", () => {
  it("are told once each, of several in one award only the highest", async () => {
    const ana = await learner();
    await accept(ana, 25);
    expect((await get("/api/v1/users/me", ana.token)).data.level).toBe(1);
    const ctx = contextOf();
    await commit(
      ctx,
      award(ctx, {
        userId: ana.id,
        amount: 700,
        reason: "adjustment",
        sourceType: "test",
        sourceId: "boost",
        day: "2026-11-21",
      }),
    );
    await accept(ana, 5);
    const told = await eventually(
      () => env.DB.prepare("SELECT level FROM user_levels WHERE user_id = ?").bind(ana.id).first<number>("level"),
      (level) => level !== null,
    );
    expect(told).toBe((await get("/api/v1/users/me", ana.token)).data.level);
    expect(told).toBe(4);
    expect(await eventsOf("level.reached", ana.id)).toBeLessThanOrEqual(1);
  });
});

describe("an invitation", () => {
  beforeEach(() => call("POST", "/dev/clock", { body: { reset: true } }));
  afterEach(() => call("POST", "/dev/clock", { body: { reset: true } }));

  const verify = async (who: Learner) => {
    const mails = await eventually(
      () => get(`/dev/mailbox?to=${who.email}`),
      ({ body }) => body.length > 0,
    );
    const token = /token=(?<token>[\w-]+)/u.exec(mails.body.at(-1).text)?.groups?.["token"];
    expect((await post("/api/v1/auth/verify-email", { token })).status).toBe(204);
  };
  const invited = async (inviter: Learner) => {
    const { data } = await get("/api/v1/users/me", inviter.token);
    return await learner({ referralCode: data.referralCode });
  };

  it.each([
    ["the address is verified last", ["accept", "verify"]],
    ["the work is accepted last", ["verify", "accept"]],
  ])("pays 100 to each, once, when %s", async (_, order) => {
    const inviter = await learner();
    const guest = await invited(inviter);
    for (const step of order) {
      expect(await entriesOf(inviter, "referral")).toEqual([]);
      await (step === "verify" ? verify(guest) : accept(guest));
    }
    await eventually(
      () => entriesOf(inviter, "referral"),
      (entries) => entries.length > 0,
    );
    await accept(guest);
    await accept(guest);
    for (const person of [inviter, guest])
      expect(await entriesOf(person, "referral")).toMatchObject([{ amount: 100, source: guest.id }]);
  });

  it("pays nothing for somebody who came by themselves", async () => {
    const guest = await learner({ referralCode: "NOBODYSCODE" });
    await verify(guest);
    await accept(guest);
    expect(await entriesOf(guest, "referral")).toEqual([]);
  });
});
