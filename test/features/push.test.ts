import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { describe, expect, inject, it } from "vitest";
import { pushNotifications } from "../../src/features/notifications/pushing.ts";
import { newId } from "../../src/platform/ids.ts";
import type { Pushed } from "../counterparts/push.ts";
import { call, eventually, get, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { learner, signIn } from "../helpers/factories.ts";
import { badge, contextAt, deliveriesOf, tell, tellAt } from "../helpers/notifications.ts";
import { browser } from "../helpers/push.ts";

const API = "/api/v1/notifications";
const MINUTE = 60_000;

/** A browser of somebody's, subscribed at the loopback push service; the resource's name asks for faults. */
async function subscribed(who: Learner, fault = "well") {
  const { keys, decrypt } = await browser();
  const endpoint = `${inject("push")}/${fault}-${crypto.randomUUID()}`;
  const subscription = { endpoint, expirationTime: null, keys };
  const { status, data, body } = await post(`${API}/push-subscriptions`, subscription, who.token);
  if (status !== 201) throw new Error(JSON.stringify(body));
  const pushed = async (): Promise<Pushed[]> => await (await fetch(endpoint)).json();
  const read = async ({ body }: Pushed) =>
    JSON.parse(new TextDecoder().decode(await decrypt(Uint8Array.fromBase64(body)))) as Record<string, unknown>;
  return { id: data.id as string, subscription, pushed, read };
}

const arrived = (pushed: () => Promise<Pushed[]>, count = 1) => eventually(pushed, (list) => list.length >= count);
const settledPush = (who: Learner, fits: (push: { status: string; reason?: string } | undefined) => boolean) =>
  eventually(
    async () => (await deliveriesOf(who))["push"],
    (push) => fits(push),
  );
const subscriptionsOf = (who: Learner) =>
  env.DB.prepare("SELECT count(*) AS n FROM push_subscriptions WHERE user_id = ?").bind(who.id).first<number>("n");

async function pushed(now: Date) {
  const { ctx, settled } = contextAt(now);
  const count = await pushNotifications(ctx);
  await settled();
  return count;
}

describe("a push", () => {
  it("arrives at once, at every browser, readable there and nowhere else, in its reader's language", async () => {
    const ana = await learner({ locale: "es" });
    const [phone, desk] = [await subscribed(ana), await subscribed(ana)];
    await tell(badge(ana));
    const [first] = await arrived(phone.pushed);
    const [second] = await arrived(desk.pushed);
    if (!first || !second) throw new Error("nothing arrived");
    expect(await phone.read(first)).toEqual({
      id: expect.any(String),
      kind: "badge_earned",
      title: "Has ganado una insignia",
      body: "«Warming Up» es tuya.",
      url: "/achievements",
    });
    await expect(desk.read(first)).rejects.toThrow(DOMException);
    expect(first.headers).toMatchObject({ "content-encoding": "aes128gcm", ttl: "86400", urgency: "normal" });
    expect(first.headers["topic"]).toMatch(/^[\w-]{32}$/u);
    const { k = "", t = "" } =
      /^vapid t=(?<t>\S+), k=(?<k>\S+)$/u.exec(String(first.headers["authorization"]))?.groups ?? {};
    expect(k).toBe((await get(`${API}/push-key`)).data.publicKey);
    expect(decodeJwt(t)).toMatchObject({ aud: inject("push"), sub: expect.stringMatching(/^mailto:|^https:/u) });
    expect(await settledPush(ana, (push) => push?.status === "sent")).toEqual({ status: "sent" });
  });

  it("is sent once by two runs at once, and when its event comes again", async () => {
    const ana = await learner();
    const desk = await subscribed(ana);
    const now = new Date();
    await tellAt(now, badge(ana), 2);
    await Promise.all([pushed(now), pushed(now), pushed(now)]);
    await tell(badge(ana));
    await pushed(new Date(now.getTime() + 5 * MINUTE));
    expect(await desk.pushed()).toHaveLength(1);
  });

  it("goes again, not before it is asked to, where the service was busy, and only there", async () => {
    const ana = await learner();
    const [well, busy] = [await subscribed(ana), await subscribed(ana, "busy")];
    const now = new Date();
    await tellAt(now, badge(ana));
    await pushed(now);
    expect([(await well.pushed()).length, (await busy.pushed()).length]).toEqual([1, 1]);
    await pushed(new Date(now.getTime() + 89_000));
    expect((await busy.pushed()).length).toBe(1);
    await pushed(new Date(now.getTime() + 90_000));
    expect([(await well.pushed()).length, (await busy.pushed()).length]).toEqual([1, 2]);
    expect((await deliveriesOf(ana))["push"]).toEqual({ status: "sent" });
  });

  it("that is refused for good has failed; without a browser there is none", async () => {
    const [ana, ben] = await Promise.all([learner(), learner()]);
    await subscribed(ana, "refused");
    const now = new Date();
    await Promise.all([tellAt(now, badge(ana)), tellAt(now, badge(ben))]);
    await pushed(now);
    expect((await deliveriesOf(ana))["push"]).toEqual({ status: "failed", reason: "HTTP 400" });
    expect((await deliveriesOf(ben))["push"]).toEqual({ status: "suppressed", reason: "no_device" });
  });

  it("forgets a subscription that its service does not know any more", async () => {
    const ana = await learner();
    await subscribed(ana, "gone");
    const well = await subscribed(ana);
    const now = new Date();
    await tellAt(now, badge(ana));
    await pushed(now);
    expect([await subscriptionsOf(ana), (await well.pushed()).length]).toEqual([1, 1]);
  });

  it("waits in quiet hours, and is called off by reading in the app", async () => {
    const ana = await learner({ timezone: "UTC" });
    const desk = await subscribed(ana);
    await call("PUT", `${API}/preferences`, { token: ana.token, body: { quietHours: { from: "22:00", to: "07:00" } } });
    const night = new Date("2026-11-21T23:00:00.000Z");
    await tellAt(night, badge(ana));
    await pushed(night);
    expect((await deliveriesOf(ana))["push"]).toEqual({ status: "created", reason: "quiet_hours" });
    await post(`${API}/read`, { all: true }, ana.token);
    await pushed(new Date("2026-11-22T07:00:00.000Z"));
    expect((await deliveriesOf(ana))["push"]).toEqual({ status: "suppressed", reason: "seen" });
    expect(await desk.pushed()).toEqual([]);
  });
});

describe("a subscription", () => {
  it("goes with the session that made it, and with no other", async () => {
    const ana = await learner();
    const again = await signIn(ana);
    const [shared, own] = [await subscribed(ana), await subscribed(again)];
    await post("/api/v1/auth/logout", {}, ana.token);
    const now = new Date();
    await tellAt(now, badge(ana));
    await pushed(now);
    expect([(await shared.pushed()).length, (await own.pushed()).length]).toEqual([0, 1]);
    await eventually(
      () => subscriptionsOf(ana),
      (count) => count === 1,
    );
  });

  it("of a shared browser moves to whoever signs in there", async () => {
    const [ana, ben] = await Promise.all([learner(), learner()]);
    const desk = await subscribed(ana);
    const moved = await post(`${API}/push-subscriptions`, desk.subscription, ben.token);
    expect([moved.status, moved.data.id]).toEqual([201, desk.id]);
    expect([await subscriptionsOf(ana), await subscriptionsOf(ben)]).toEqual([0, 1]);
    expect(moved.headers.get("Location")).toBe(`${API}/push-subscriptions/${desk.id}`);
  });

  it("is made twice at once as one, and removed by its owner alone", async () => {
    const [ana, ben] = await Promise.all([learner(), learner()]);
    const { id, subscription } = await subscribed(ana);
    const twice = await Promise.all([1, 2].map(() => post(`${API}/push-subscriptions`, subscription, ana.token)));
    expect(twice.map(({ data }) => data.id)).toEqual([id, id]);
    const remove = (who: Learner, which = id) =>
      call("DELETE", `${API}/push-subscriptions/${which}`, { token: who.token });
    expect((await remove(ben)).code).toBe("NOT_FOUND");
    expect((await remove(ana, newId())).code).toBe("NOT_FOUND");
    const answers = await Promise.all([remove(ana), remove(ana)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 404]);
  });

  it("is refused to private addresses, to keys that are none, and beyond twenty", async () => {
    const ana = await learner();
    const { keys } = await browser();
    const add = (endpoint: string, own: unknown = keys) =>
      post(`${API}/push-subscriptions`, { endpoint, keys: own }, ana.token);
    for (const endpoint of ["https://10.0.0.1/x", "http://push.example.net/x", "https://[fd00::1]/x"]) {
      const answer = await add(endpoint);
      expect([answer.status, answer.code]).toEqual([422, "TARGET_NOT_ALLOWED"]);
    }
    expect((await add("https://push.example.net/x", { ...keys, auth: "AAAA" })).code).toBe("VALIDATION_ERROR");
    expect((await add("https://push.example.net/x", { ...keys, p256dh: "AAAA" })).code).toBe("VALIDATION_ERROR");
    expect((await add("nonsense")).code).toBe("VALIDATION_ERROR");
    const urls = Array.from({ length: 21 }, (_, n) => `https://push.example.net/${ana.id}/${n}`);
    const answers = await Promise.all(urls.map((url) => add(url)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
    expect(answers.find(({ status }) => status !== 201)?.code).toBe("LIMIT_REACHED");
  });
});
