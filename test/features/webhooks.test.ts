import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, inject, it } from "vitest";
import type { DomainEvent } from "../../src/events/catalogue.ts";
import { DomainEvent as DomainEvents } from "../../src/events/catalogue.ts";
import { dispatch } from "../../src/events/dispatch.ts";
import { mailNotifications } from "../../src/features/notifications/mailing.ts";
import { FAILING_MS, payloadOf, retrySeconds, WEBHOOK_EVENTS } from "../../src/features/webhooks/rules.ts";
import { sendWebhooks } from "../../src/features/webhooks/sending.ts";
import { webhookSubscribers } from "../../src/features/webhooks/subscribers.ts";
import { purgeWebhookDeliveries } from "../../src/features/webhooks/upkeep.ts";
import { newId } from "../../src/platform/ids.ts";
import { verifyWebhook } from "../../src/platform/webhook-signature.ts";
import type { Received } from "../counterparts/webhook.ts";
import { call, eventually, get, patch, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { learner, staff } from "../helpers/factories.ts";
import { mailTo } from "../helpers/mailbox.ts";
import { contextAt, notified, tell } from "../helpers/notifications.ts";

const API = "/api/v1/admin/webhooks";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let admin: Learner;
beforeAll(async () => {
  admin = await staff("admin");
});

/** A webhook at the loopback receiver; the path's name asks for faults. Each listens to a level that no other test reaches. */
async function webhook(fault = "well", events: string[] = ["level.reached"]) {
  const url = `${inject("webhook")}/${fault}-${crypto.randomUUID()}`;
  const { status, data, body } = await post(API, { url, events }, admin.token);
  if (status !== 201) throw new Error(JSON.stringify(body));
  const received = async (): Promise<Received[]> => await (await fetch(url)).json();
  const deliveries = async () => (await get(`${API}/${data.id}/deliveries`, admin.token)).data;
  const remove = () => call("DELETE", `${API}/${data.id}`, { token: admin.token });
  return { ...(data as { id: string; secret: string }), url, received, deliveries, remove };
}

const levelOf = (userId: string): DomainEvent => ({ type: "level.reached", userId, level: 3 });
const arrived = (received: () => Promise<Received[]>, count = 1) =>
  eventually(received, (list) => list.length >= count);

async function run(now: Date) {
  const { ctx, settled } = contextAt(now);
  const count = await sendWebhooks(ctx);
  await settled();
  return count;
}

/** Stores the messages of an event, as often as it comes, without sending them. */
async function stored(now: Date, body: DomainEvent = levelOf(newId()), times = 1) {
  const { ctx, settled } = contextAt(now);
  const own = webhookSubscribers.filter(({ name }) => name === "webhooks");
  const envelope = { id: newId(), version: 1 as const, body };
  for (let i = 0; i < times; i += 1) {
    await env.DB.prepare("DELETE FROM event_deliveries WHERE event_id = ?").bind(envelope.id).run();
    await dispatch({ ...ctx, relayLater: () => {} }, own, envelope);
  }
  await settled();
}

const signed = async (secret: string, { headers, body }: Received) =>
  await verifyWebhook(
    secret,
    {
      id: headers["webhook-id"] ?? "",
      timestamp: headers["webhook-timestamp"] ?? "",
      signature: headers["webhook-signature"] ?? "",
    },
    body,
    new Date(),
  );

describe("a message", () => {
  it("is sent at once, signed, with ids and nothing personal", async () => {
    const hook = await webhook();
    const ana = await learner();
    await tell(levelOf(ana.id));
    const [message] = await arrived(hook.received);
    if (!message) throw new Error("nothing came");
    expect(await signed(hook.secret, message)).toBe(true);
    expect(await signed(`whsec_${btoa("another")}`, message)).toBe(false);
    expect(await signed(hook.secret, { ...message, body: `${message.body} ` })).toBe(false);
    expect(JSON.parse(message.body)).toEqual({
      type: "level.reached",
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/u),
      data: { userId: ana.id, level: 3 },
    });
    const [delivery] = await eventually(hook.deliveries, ([first]) => first?.status === "delivered");
    expect(delivery).toMatchObject({
      id: message.headers["webhook-id"],
      attempts: 1,
      lastStatus: 204,
      nextAttemptAt: null,
    });
    await hook.remove();
  });

  it("comes once of an event that comes twice, from two runs at once", async () => {
    const hook = await webhook();
    const now = new Date();
    await stored(now, levelOf(newId()), 3);
    await Promise.all([run(now), run(now), run(now)]);
    await run(new Date(now.getTime() + HOUR));
    expect([(await hook.received()).length, (await hook.deliveries()).length]).toEqual([1, 1]);
    await hook.remove();
  });

  it("goes to who asked for its kind, or for all, while switched on", async () => {
    const [wanted, all, other] = [
      await webhook(),
      await webhook("well", ["*"]),
      await webhook("well", ["goal.completed"]),
    ];
    const off = await webhook();
    await patch(`${API}/${off.id}`, { active: false }, admin.token);
    await stored(new Date());
    const counts = await Promise.all([wanted, all, other, off].map(async (one) => (await one.deliveries()).length));
    expect(counts).toEqual([1, 1, 0, 0]);
    for (const one of [wanted, all, other, off]) await one.remove();
  });

  it("comes again after a failure, a minute later, with the same id and body", async () => {
    const hook = await webhook("mended");
    const now = new Date();
    await stored(now);
    await run(now);
    const [failed] = await hook.deliveries();
    expect(failed).toMatchObject({ status: "pending", attempts: 1, lastStatus: 500, failure: "HTTP 500" });
    await run(new Date(now.getTime() + 50_000));
    expect(await hook.received()).toHaveLength(1);
    await run(new Date(now.getTime() + 70_000));
    const [first, second] = await hook.received();
    expect(second?.body).toBe(first?.body);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    expect((await hook.deliveries())[0]).toMatchObject({ status: "delivered", attempts: 2, failure: null });
    await hook.remove();
  });

  it("does not follow redirects, waits as long as it is asked to, and for a slow receiver", async () => {
    const [moved, busy, slow] = [await webhook("moved"), await webhook("busy"), await webhook("slow")];
    const elsewhere = async () => (await (await fetch(`${inject("webhook")}/elsewhere`)).json<unknown[]>()).length;
    const now = new Date();
    await stored(now);
    await run(now);
    expect((await moved.deliveries())[0].failure).toBe("HTTP 307, and redirects are not followed");
    expect(await elsewhere()).toBe(0);
    expect(Date.parse((await busy.deliveries())[0].nextAttemptAt) - now.getTime()).toBeGreaterThanOrEqual(600_000);
    expect((await slow.deliveries())[0]).toMatchObject({ status: "delivered" });
    for (const one of [moved, busy, slow]) await one.remove();
  });

  it("fails after eight attempts over a day; then its webhook is switched off and the admins are told", async () => {
    const hook = await webhook("broken");
    let now = new Date();
    await stored(now);
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      expect((await hook.deliveries())[0].attempts).toBe(attempt - 1);
      await Promise.all([run(now), run(now)]);
      const [{ nextAttemptAt }] = await hook.deliveries();
      if (nextAttemptAt !== null) now = new Date(nextAttemptAt);
    }
    expect((await hook.deliveries())[0]).toMatchObject({ status: "failed", attempts: 8, nextAttemptAt: null });
    expect(await hook.received()).toHaveLength(8);
    expect((await get(`${API}/${hook.id}`, admin.token)).data).toMatchObject({
      active: false,
      disabledReason: "failing",
      failures: 8,
    });
    const [told] = await notified(admin);
    expect(told).toMatchObject({
      kind: "system",
      title: "A webhook was switched off",
      url: `/admin/webhooks/${hook.id}`,
      data: { webhookId: hook.id, reason: "failing" },
    });
    const later = contextAt(new Date(Date.parse(told.createdAt) + 2 * MINUTE));
    await mailNotifications(later.ctx);
    await later.settled();
    const { text } = await mailTo(admin.email, "A webhook was switched off");
    expect(text).toContain(`${new URL(hook.url).host} has not taken messages for a day.`);
    const [{ id }] = await hook.deliveries();
    expect((await post(`${API}/${hook.id}/deliveries/${id}/replay`, {}, admin.token)).code).toBe("WEBHOOK_DISABLED");
    const on = await patch(
      `${API}/${hook.id}`,
      { active: true, url: `${inject("webhook")}/well-${newId()}` },
      admin.token,
    );
    expect(on.data).toMatchObject({ active: true, disabledReason: null, disabledAt: null, failures: 0 });
    await hook.remove();
  });

  it("is not sent for a day to who was down for an hour", async () => {
    const hook = await webhook("broken");
    const now = new Date();
    for (let i = 0; i < 12; i += 1) await stored(now);
    await run(now);
    expect((await get(`${API}/${hook.id}`, admin.token)).data).toMatchObject({ active: true, failures: 12 });
    await hook.remove();
  });

  it("is the last where the receiver says that it is gone", async () => {
    const hook = await webhook("gone");
    const now = new Date();
    await stored(now);
    await stored(now);
    await run(now);
    expect((await get(`${API}/${hook.id}`, admin.token)).data).toMatchObject({ active: false, disabledReason: "gone" });
    await run(new Date(now.getTime() + HOUR));
    const states = (await hook.deliveries()).map(({ status }: { status: string }) => status);
    expect(states).toEqual(["failed", "failed"]);
    await hook.remove();
  });
});

describe("an admin", () => {
  it("sends a test, and replays under the same id, twice at once or not", async () => {
    const hook = await webhook();
    const test = await post(`${API}/${hook.id}/test`, {}, admin.token);
    expect([test.status, test.data.type, test.data.status]).toEqual([202, "webhook.test", "pending"]);
    const [message] = await arrived(hook.received);
    expect(JSON.parse(message?.body ?? "")).toMatchObject({ type: "webhook.test", data: { webhookId: hook.id } });
    const path = `${API}/${hook.id}/deliveries/${test.data.id}/replay`;
    await eventually(hook.deliveries, ([first]) => first?.status === "delivered");
    const both = await Promise.all([post(path, {}, admin.token), post(path, {}, admin.token)]);
    expect(both.map(({ status }) => status)).toEqual([202, 202]);
    const list = await arrived(hook.received, 2);
    expect(new Set(list.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    const other = await webhook();
    expect((await post(`${API}/${other.id}/deliveries/${test.data.id}/replay`, {}, admin.token)).code).toBe(
      "NOT_FOUND",
    );
    for (const one of [hook, other]) await one.remove();
  });

  it("rotates the secret: for a day both sign, and then the new one alone", async () => {
    const hook = await webhook();
    const rotate = (more = {}) => call("POST", `${API}/${hook.id}/rotate-secret`, { token: admin.token, ...more });
    const now = new Date();
    const rotated = await rotate();
    expect(rotated).toMatchObject({ status: 200, data: { id: hook.id, url: hook.url, active: true } });
    expect(rotated.data.secret).toMatch(/^whsec_[\w+/]{43}=$/u);
    expect(Date.parse(rotated.data.formerSecretUntil) - now.getTime()).toBeGreaterThanOrEqual(24 * HOUR);
    const both = await Promise.all([rotate(), rotate()]);
    const secrets = [hook.secret, rotated.data.secret, ...both.map(({ data }) => data.secret)];
    expect(new Set(secrets).size).toBe(4);
    await stored(now);
    await run(now);
    await stored(now);
    await run(new Date(now.getTime() + 25 * HOUR));
    const [early, late] = await arrived(hook.received, 2);
    if (!early || !late) throw new Error("nothing came");
    const fits = (message: Received) => Promise.all(secrets.map((secret) => signed(secret, message)));
    expect(await fits(early)).toEqual([true, true, true, true]);
    const [, , ...last] = await fits(late);
    expect([late.headers["webhook-signature"]?.split(" ").length, last.filter(Boolean).length]).toEqual([1, 1]);
    await hook.remove();
  });

  it("is told nothing that the database gives away, also when it rotates the secret again and again", async () => {
    const hook = await webhook();
    const path = `${API}/${hook.id}/rotate-secret`;
    const key = { "Idempotency-Key": newId() };
    const once = await call("POST", path, { token: admin.token, headers: key });
    const replayed = await call("POST", path, { token: admin.token, headers: key });
    expect(replayed.data.secret).toBe(once.data.secret);
    for (let i = 0; i < 5; i += 1) await post(path, undefined, admin.token);
    const row = await env.DB.prepare("SELECT secret, former_secrets AS former FROM webhooks WHERE id = ?")
      .bind(hook.id)
      .first<{ secret: string; former: string }>();
    expect(JSON.parse(row?.former ?? "")).toHaveLength(4);
    for (const secret of [hook.secret, once.data.secret]) expect(JSON.stringify(row)).not.toContain(secret.slice(6));
    expect(Object.keys((await get(`${API}/${hook.id}`, admin.token)).data)).not.toContain("formerSecrets");
    const acts = "SELECT count(*) AS n FROM audit_log WHERE target_id = ? AND action = 'webhook.secret_rotated'";
    expect(await env.DB.prepare(acts).bind(hook.id).first<number>("n")).toBe(6);
    expect((await post(`${API}/${newId()}/rotate-secret`, undefined, admin.token)).code).toBe("NOT_FOUND");
    expect((await post(path, undefined, (await staff("teacher")).token)).code).toBe("FORBIDDEN");
    await hook.remove();
  });

  it("makes, lists, changes and removes them; the secret is shown once, and every act is in the audit log", async () => {
    const input = { url: "https://hooks.example.org/a?key=1", events: ["badge.earned", "badge.earned"] };
    const made = await post(API, input, admin.token);
    expect(made.data).toMatchObject({ url: input.url, events: ["badge.earned"], active: true });
    expect(made.data.secret).toMatch(/^whsec_[\w+/]{43}=$/u);
    const { id } = made.data;
    expect(made.headers.get("Location")).toBe(`${API}/${id}`);
    const row = await env.DB.prepare("SELECT secret FROM webhooks WHERE id = ?").bind(id).first<string>("secret");
    expect(row).not.toContain(made.data.secret.slice(6));
    expect(Object.keys((await get(`${API}/${id}`, admin.token)).data)).not.toContain("secret");
    const listed = await get(`${API}?limit=1`, admin.token);
    expect([listed.data[0].id, listed.roundTrips, "secret" in listed.data[0]]).toEqual([id, 1, false]);
    const put = await call("PUT", `${API}/${id}`, { token: admin.token, body: { ...input, events: ["*"] } });
    expect(put.data.events).toEqual(["*"]);
    expect((await call("DELETE", `${API}/${id}`, { token: admin.token })).status).toBe(204);
    expect((await call("DELETE", `${API}/${id}`, { token: admin.token })).code).toBe("NOT_FOUND");
    const { results } = await env.DB.prepare("SELECT action, details FROM audit_log WHERE target_id = ? ORDER BY id")
      .bind(id)
      .all<{ action: string; details: string }>();
    expect(results.map(({ action }) => action)).toEqual(["webhook.created", "webhook.changed", "webhook.deleted"]);
    expect(results[0]?.details).not.toContain("key=1");
  });

  it("is refused addresses that are not public, events that nobody knows, and what is not there", async () => {
    for (const url of [
      "https://10.0.0.1/",
      "https://169.254.169.254/",
      "https://intranet/",
      "http://hooks.example.org/",
    ]) {
      const answer = await post(API, { url, events: ["badge.earned"] }, admin.token);
      expect([answer.status, answer.code]).toEqual([422, "TARGET_NOT_ALLOWED"]);
    }
    const hook = await webhook();
    expect((await patch(`${API}/${hook.id}`, { url: "https://[::ffff:10.0.0.1]/" }, admin.token)).code).toBe(
      "TARGET_NOT_ALLOWED",
    );
    for (const body of [
      { url: hook.url, events: [] },
      { url: hook.url, events: ["no.such"] },
      { url: "x", events: ["*"] },
    ])
      expect((await post(API, body, admin.token)).code).toBe("VALIDATION_ERROR");
    for (const path of [`${API}/${newId()}`, `${API}/${newId()}/deliveries`])
      expect((await get(path, admin.token)).code).toBe("NOT_FOUND");
    expect((await post(`${API}/${newId()}/test`, {}, admin.token)).code).toBe("NOT_FOUND");
    expect((await get(API, (await staff("teacher")).token)).code).toBe("FORBIDDEN");
    await hook.remove();
  });

  it("has private addresses refused when it is sent, too, where the deployment is in production", async () => {
    const hook = await webhook();
    await stored(new Date());
    const { ctx, settled } = contextAt(new Date());
    await sendWebhooks({ ...ctx, config: { ...ctx.config, ENVIRONMENT: "production" } });
    await settled();
    expect((await hook.deliveries())[0]).toMatchObject({
      status: "pending",
      failure: "private_address",
      lastStatus: null,
    });
    await hook.remove();
  });
});

describe("the rules", () => {
  it("spread eight attempts over almost a day", () => {
    const waits = Array.from({ length: 8 }, (_, n) => retrySeconds(n + 1, 0.5, 0));
    expect(waits).toEqual([60, 300, 1800, 7200, 18_000, 28_800, 25_200, null]);
    const total = waits.reduce<number>((sum, wait) => sum + (wait ?? 0), 0);
    expect(total / 3600).toBeGreaterThan(22);
    expect(total / 3600).toBeLessThan(24);
    expect([retrySeconds(1, 0, 900), retrySeconds(1, 0, 10 ** 9), retrySeconds(8, 0, 900)]).toEqual([
      900,
      86_400,
      null,
    ]);
  });

  it("switch a webhook off at the last attempt of a message, however its attempts were spread", () => {
    const shortest = Array.from({ length: 7 }, (_, n) => retrySeconds(n + 1, 0, 0) ?? 0).reduce((a, b) => a + b);
    expect(shortest * 1000).toBeGreaterThanOrEqual(FAILING_MS);
  });

  it("let out events that exist, without where they came from", () => {
    const known = DomainEvents.options.map((option) => option.shape.type.value as string);
    expect(WEBHOOK_EVENTS.filter((name) => !known.includes(name))).toEqual([]);
    const payload = payloadOf({ type: "user.registered", userId: "u", origin: "https://x" }, new Date(0));
    expect(JSON.parse(payload)).toEqual({
      type: "user.registered",
      timestamp: "1970-01-01T00:00:00.000Z",
      data: { userId: "u" },
    });
  });

  it("forget deliveries after thirty days, not those that are still to be tried", async () => {
    const [done, waiting] = [await webhook(), await webhook("broken")];
    const now = new Date();
    await stored(now);
    await run(now);
    await purgeWebhookDeliveries(contextAt(new Date(now.getTime() + 31 * 24 * HOUR)).ctx);
    expect([(await done.deliveries()).length, (await waiting.deliveries()).length]).toEqual([0, 1]);
    for (const one of [done, waiting]) await one.remove();
  });
});
