import { env } from "cloudflare:workers";
import type { SQL } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { mailNotifications } from "../../../src/features/notifications/mailing.ts";
import { purgeNotifications } from "../../../src/features/notifications/upkeep.ts";
import { remindOfStreaks } from "../../../src/features/xp/risk.ts";
import { call, eventually, get, ORIGIN, post } from "../../helpers/client.ts";
import type { Learner } from "../../helpers/factories.ts";
import { learner } from "../../helpers/factories.ts";
import { mailsTo } from "../../helpers/mailbox.ts";
import { badge, contextAt, deliveriesOf, listOf, notified, tell, tellAt } from "../../helpers/notifications.ts";

const API = "/api/v1/notifications";
const MINUTE = 60_000;
const put = (who: Learner, body: unknown) => call("PUT", `${API}/preferences`, { token: who.token, body });

/** The minute job, as of a moment; waits until the queue has sent what it ordered. */
async function minute(now: Date | string) {
  const { ctx, settled } = contextAt(now);
  const done = await mailNotifications(ctx);
  await settled();
  return done;
}

const afterwards = (now: Date | string, ms: number) => new Date(new Date(now).getTime() + ms);

/** Mails about notifications, newest first. */
const toldBy = async (who: Learner) => (await mailsTo(who.email)).filter(({ text }) => text.includes("/unsubscribe?"));
const mailed = (who: Learner, count = 1) =>
  eventually(
    () => toldBy(who),
    (list) => list.length >= count,
  );

const settledMail = (who: Learner) =>
  eventually(
    () => deliveriesOf(who),
    ({ email }) => email?.status !== "created",
  );

describe("a mail", () => {
  it("waits for two minutes, and is sent once, by two runs at once and again", async () => {
    const ana = await learner();
    const now = new Date();
    await tellAt(now, badge(ana));
    await minute(afterwards(now, 2 * MINUTE - 1));
    expect(await toldBy(ana)).toEqual([]);
    const due = afterwards(now, 2 * MINUTE);
    await Promise.all([minute(due), minute(due)]);
    await mailed(ana);
    await minute(afterwards(now, 3 * MINUTE));
    expect((await settledMail(ana))["email"]).toEqual({ status: "sent" });
    const [mail, ...others] = await toldBy(ana);
    expect([mail?.subject, others.length]).toEqual(["You earned a badge", 0]);
    expect(mail?.text).toContain("“Warming Up” is yours.");
  });

  it("is not sent of what was read in the app, before it is due or in that moment", async () => {
    const [ana, ben] = await Promise.all([learner(), learner()]);
    const now = new Date();
    await Promise.all([ana, ben].map((who) => tellAt(now, badge(who))));
    await post(`${API}/read`, { all: true }, ana.token);
    expect((await deliveriesOf(ana))["email"]).toEqual({ status: "suppressed", reason: "seen" });
    const { ctx, settled } = contextAt(afterwards(now, 2 * MINUTE));
    const readMeanwhile = async (query: SQL) => {
      const found = await ctx.db.all(query);
      await post(`${API}/read`, { all: true }, ben.token);
      return found;
    };
    const db = new Proxy(ctx.db, {
      get: (target, name) => (name === "all" ? readMeanwhile : (Reflect.get(target, name) as unknown)),
    });
    await mailNotifications({ ...ctx, db });
    await settled();
    expect((await deliveriesOf(ben))["email"]).toEqual({ status: "suppressed", reason: "seen" });
    const left = await env.DB.prepare(
      "SELECT count(*) AS n FROM mails WHERE template = 'notification' AND user_id IN (?, ?)",
    )
      .bind(ana.id, ben.id)
      .first("n");
    expect(left).toBe(0);
  });

  it("asks what its reader wants when it is due, not when it was made", async () => {
    const ana = await learner();
    const now = new Date();
    await tellAt(now, badge(ana));
    await put(ana, { channels: { badge_earned: { email: false } } });
    await minute(afterwards(now, 2 * MINUTE));
    expect((await deliveriesOf(ana))["email"]).toEqual({ status: "suppressed", reason: "preference" });
    expect(await toldBy(ana)).toEqual([]);
  });

  it("stops its own kind with one click, logged out, and starts again in the preferences", async () => {
    const ana = await learner();
    const now = new Date();
    await tellAt(now, badge(ana));
    await minute(afterwards(now, 2 * MINUTE));
    const [mail] = await mailed(ana);
    const link =
      /https:\/\/guildhall\.test(?<path>\/api\/v1\/mail\/unsubscribe\?token=\S+)/u.exec(mail?.text ?? "")?.groups?.[
        "path"
      ] ?? "";
    expect((await get(link)).body).toContain("No more mails of this kind?");
    const other = link.replace("badge_earned", "mention");
    expect((await call("POST", other)).code).toBe("INVALID_TOKEN");
    for (let i = 0; i < 2; i += 1) expect((await call("POST", link)).status).toBe(200);
    const { data } = await get(`${API}/preferences`, ana.token);
    expect([data.channels.badge_earned.email, data.channels.badge_earned.push, data.channels.mention.email]).toEqual([
      false,
      true,
      true,
    ]);
    await tellAt(now, badge(ana, "streak-silver"));
    expect((await deliveriesOf(ana))["email"]).toEqual({ status: "suppressed", reason: "unsubscribed" });
    await put(ana, { channels: { badge_earned: { email: true } } });
    await tellAt(now, badge(ana, "streak-gold"));
    expect((await deliveriesOf(ana))["email"]).toEqual({ status: "created" });
  });

  it("of one kind may be turned on again by who had stopped them all; the others stay off", async () => {
    const ana = await learner();
    await env.DB.prepare("INSERT INTO mail_opt_outs (user_id, created_at) VALUES (?, 0)").bind(ana.id).run();
    expect((await get(`${API}/preferences`, ana.token)).data.channels.mention.email).toBe(false);
    const { data } = await put(ana, { channels: { mention: { email: true } } });
    expect([data.channels.mention.email, data.channels.badge_earned.email]).toEqual([true, false]);
  });

  it("waits for the end of quiet hours where its reader is, and says so", async () => {
    const ana = await learner({ timezone: "Europe/Berlin" });
    await put(ana, { quietHours: { from: "22:00", to: "07:00" } });
    await tellAt("2026-11-21T20:59:00.000Z", badge(ana));
    expect(await deliveriesOf(ana)).toMatchObject({
      inApp: { status: "sent" },
      email: { status: "created", reason: "quiet_hours" },
      push: { status: "created" },
    });
    await minute("2026-11-22T05:59:59.000Z");
    expect(await toldBy(ana)).toEqual([]);
    await minute("2026-11-22T06:00:00.000Z");
    await mailed(ana);
  });

  it("waits for quiet hours that began after it was made", async () => {
    const ana = await learner({ timezone: "Asia/Tokyo" });
    await tellAt("2026-11-21T13:00:00.000Z", badge(ana));
    await put(ana, { quietHours: { from: "21:00", to: "06:00" } });
    await minute("2026-11-21T13:02:00.000Z");
    expect((await deliveriesOf(ana))["email"]).toEqual({ status: "created", reason: "quiet_hours" });
    await minute("2026-11-21T21:00:00.000Z");
    await mailed(ana);
  });
});

describe("a digest", () => {
  it("collects what was not read until eight in the morning, in one mail", async () => {
    const ana = await learner({ timezone: "America/New_York", locale: "fr" });
    await put(ana, { digest: "daily" });
    for (const level of [2, 3, 4])
      await tellAt("2026-11-21T15:00:00.000Z", { type: "level.reached", userId: ana.id, level });
    const [, second] = await listOf(ana);
    await post(`${API}/read`, { ids: [second.id] }, ana.token);
    expect((await deliveriesOf(ana))["email"]).toEqual({ status: "created", reason: "digest" });
    expect(await minute("2026-11-22T12:59:00.000Z")).toEqual({ mails: 0, digests: 0 });
    const due = "2026-11-22T13:00:00.000Z";
    await Promise.all([minute(due), minute(due)]);
    const [mail, ...others] = await mailed(ana);
    expect([mail?.subject, others.length]).toEqual(["Du nouveau sur Guildhall", 0]);
    expect(mail?.text).toContain("• Niveau 2: Vous avez atteint le niveau 2.\n• Niveau 4");
    expect(mail?.text).not.toContain("niveau 3");
    expect((await settledMail(ana))["email"]).toEqual({ status: "sent" });
  });

  it("comes on Mondays for who wants it weekly, and not at all when all was read", async () => {
    const [ana, ben] = await Promise.all([learner(), learner()]);
    for (const who of [ana, ben]) {
      await put(who, { digest: "weekly" });
      await tellAt("2026-11-21T15:00:00.000Z", badge(who));
    }
    await post(`${API}/read`, { all: true }, ben.token);
    expect((await minute("2026-11-22T08:00:00.000Z")).digests).toBe(0);
    expect((await minute("2026-11-23T08:00:00.000Z")).digests).toBe(1);
    await mailed(ana);
    expect(await toldBy(ben)).toEqual([]);
  });
});

describe("a streak at risk", () => {
  const learnt = (who: Learner, days: readonly string[], timezone = "Asia/Tokyo") =>
    env.DB.batch(
      days.map((day) =>
        env.DB.prepare("INSERT INTO activity_days (user_id, day, timezone, at) VALUES (?, ?, ?, ?)").bind(
          who.id,
          day,
          timezone,
          Date.parse(`${day}T03:00:00Z`),
        ),
      ),
    );
  const evening = async (now: string) => {
    const { ctx, settled } = contextAt(now);
    const told = await remindOfStreaks(ctx);
    await settled();
    return told;
  };
  const TWO_DAYS = ["2026-11-19", "2026-11-20"];
  /** Eight in the evening of the 21st in Tokyo. */
  const EIGHT = "2026-11-21T11:00:00.000Z";

  it("is told in the evening of its day, once, to whom it concerns", async () => {
    const [ana, busy, frozen, over] = (await Promise.all(
      [1, 2, 3, 4].map(() => learner({ timezone: "Asia/Tokyo" })),
    )) as [Learner, Learner, Learner, Learner];
    await learnt(ana, TWO_DAYS);
    await learnt(busy, [...TWO_DAYS, "2026-11-21"]);
    await learnt(
      frozen,
      Array.from({ length: 7 }, (_, n) => `2026-11-${14 + n}`),
    );
    await learnt(over, ["2026-11-18"]);
    expect(await evening("2026-11-21T10:59:00.000Z")).toBe(0);
    expect(await Promise.all([evening(EIGHT), evening(EIGHT)])).toContain(1);
    expect(await evening("2026-11-21T12:00:00.000Z")).toBe(0);
    const [told, ...more] = await notified(ana);
    expect(more).toEqual([]);
    expect(told).toMatchObject({
      kind: "streak_at_risk",
      body: "Learn something today to keep your streak of 2 days.",
      data: { day: "2026-11-21", streak: 2 },
    });
    expect((await Promise.all([busy, frozen, over].map((who) => listOf(who)))).flat()).toEqual([]);
  });

  it("is no longer told once the day is saved, or over", async () => {
    const [ana, ben] = (await Promise.all([1, 2].map(() => learner({ timezone: "Asia/Tokyo" })))) as [Learner, Learner];
    for (const who of [ana, ben]) {
      await put(who, { digest: "weekly" });
      await tellAt(EIGHT, { type: "streak.at_risk", userId: who.id, day: "2026-11-21", streak: 2 });
      expect((await deliveriesOf(who))["email"]).toEqual({ status: "created" });
    }
    await learnt(ana, ["2026-11-21"]);
    await minute("2026-11-21T11:02:00.000Z");
    expect((await deliveriesOf(ana))["email"]).toEqual({ status: "suppressed", reason: "outdated" });
    await mailed(ben);
    const late = await learner({ timezone: "Asia/Tokyo" });
    await tellAt(EIGHT, { type: "streak.at_risk", userId: late.id, day: "2026-11-21", streak: 2 });
    await minute("2026-11-21T15:00:00.000Z");
    expect((await deliveriesOf(late))["email"]).toEqual({ status: "suppressed", reason: "outdated" });
  });

  it("is not told in quiet hours that outlast the day", async () => {
    const ana = await learner({ timezone: "Asia/Tokyo" });
    await put(ana, { quietHours: { from: "20:00", to: "07:00" } });
    await tellAt(EIGHT, { type: "streak.at_risk", userId: ana.id, day: "2026-11-21", streak: 2 });
    expect(await deliveriesOf(ana)).toEqual({
      inApp: { status: "sent" },
      email: { status: "suppressed", reason: "quiet_hours" },
      push: { status: "suppressed", reason: "quiet_hours" },
    });
  });
});

describe("what was told", () => {
  it("is forgotten after ninety days, with what became of it", async () => {
    const ana = await learner();
    const now = new Date();
    await tell(badge(ana));
    await notified(ana);
    await purgeNotifications(contextAt(afterwards(now, 89 * 24 * 60 * MINUTE)).ctx);
    expect(await listOf(ana)).toHaveLength(1);
    await purgeNotifications(contextAt(afterwards(now, 91 * 24 * 60 * MINUTE)).ctx);
    expect(await listOf(ana)).toEqual([]);
    const left = await env.DB.prepare(
      "SELECT count(*) AS n FROM notification_deliveries WHERE notification_id NOT IN (SELECT id FROM notifications)",
    ).first("n");
    expect([left, ORIGIN.startsWith("https")]).toEqual([0, true]);
  });
});
