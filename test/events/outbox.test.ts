import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import type { ServiceContext } from "../../src/context.ts";
import { createContext } from "../../src/context.ts";
import { ensure, wasRefused } from "../../src/db/guard.ts";
import { loginFailures } from "../../src/db/schema/auth.ts";
import type { DomainEvent } from "../../src/events/catalogue.ts";
import type { Subscriber } from "../../src/events/dispatch.ts";
import { dispatch, OutOfTurn, subscriber } from "../../src/events/dispatch.ts";
import { outboxHealth } from "../../src/events/health.ts";
import type { Envelope, OutboxMessage } from "../../src/events/outbox.ts";
import { commit, event, message } from "../../src/events/outbox.ts";
import { chunks, sweep } from "../../src/events/relay.ts";
import { newId } from "../../src/platform/ids.ts";
import { eventually, post } from "../helpers/client.ts";
import { learner } from "../helpers/factories.ts";

/** A context whose relay never runs, as if the isolate had died right after the commit. */
const lostRelay = (): ServiceContext => ({
  ...createContext(env, { waitUntil: (work) => void work }),
  relayLater: () => undefined,
});

const count = async (from: string, ...values: unknown[]): Promise<number> =>
  Number(
    await env.DB.prepare(`SELECT count(*) AS n FROM ${from}`)
      .bind(...values)
      .first("n"),
  );

const registered = (userId = newId()): DomainEvent => ({
  type: "user.registered",
  userId,
  origin: "https://guildhall.test",
});
const envelopeOf = ({ envelope }: OutboxMessage) => envelope as Envelope<DomainEvent>;

/** An effect whose every run is counted: the row's `count` is how often it took place. */
const effect = (ctx: ServiceContext, name: string) =>
  ctx.db
    .insert(loginFailures)
    .values({ account: name, count: 1, since: ctx.clock.now() })
    .onConflictDoUpdate({ target: loginFailures.account, set: { count: sql`${loginFailures.count} + 1` } });

const effects = async (): Promise<Record<string, number>> => {
  const { results } = await env.DB.prepare("SELECT account, count FROM login_failures").all<{
    account: string;
    count: number;
  }>();
  return Object.fromEntries(results.map((row) => [row.account, row.count]));
};

/** A queue that keeps what it is sent, for tests that deliver by themselves. */
function heldQueues(ctx: ServiceContext) {
  const sent: Envelope<DomainEvent>[] = [];
  const events = {
    ...env.EVENTS_QUEUE,
    sendBatch: async (batch: Iterable<MessageSendRequest>) => {
      for (const { body } of batch) sent.push(body as Envelope<DomainEvent>);
    },
  } as unknown as Queue;
  return { sent, ctx: { ...ctx, queues: { ...ctx.queues, events } } };
}

beforeEach(async () => {
  await env.DB.batch(
    ["outbox", "event_deliveries", "login_failures", "dead_letters"].map((table) =>
      env.DB.prepare(`DELETE FROM ${table}`),
    ),
  );
});

describe("commit", () => {
  it("writes the change and its messages together", async () => {
    const ctx = lostRelay();
    const sent = event(registered());
    await commit(ctx, [effect(ctx, "a")], [sent]);
    expect(await effects()).toEqual({ a: 1 });
    const row = await env.DB.prepare("SELECT * FROM outbox").first();
    expect(row).toMatchObject({ id: sent.envelope.id, queue: "events", sent_at: null, dead_at: null });
  });

  it.each([
    ["before", true],
    ["after", false],
  ])("writes neither when what stands %s the change is refused", async (_, first) => {
    const ctx = lostRelay();
    let relayed = 0;
    const counting = { ...ctx, relayLater: () => (relayed += 1) };
    const guard = ensure(ctx.db, sql`1 = 0`);
    const change = effect(ctx, "a");
    const writing = commit(counting, first ? [guard, change] : [change, guard], [event(registered())]);
    await expect(writing).rejects.toSatisfy(wasRefused);
    expect([await effects(), await count("outbox"), relayed]).toEqual([{}, 0, 0]);
  });

  it("gives the results of its own statements, whatever rides along", async () => {
    const ctx = lostRelay();
    ctx.riders.push(effect(ctx, "rider"));
    const results = await commit(
      ctx,
      [ctx.db.select({ one: sql<number>`1`.as("one") }).from(loginFailures)],
      [event(registered())],
    );
    expect(results).toEqual([[{ one: 1 }]]);
    expect(ctx.riders).toEqual([]);
  });
});

describe("sweep", () => {
  it("sends what was never sent; the cron does the same by itself", async () => {
    const mei = await learner();
    await eventually(
      () => count("outbox"),
      (n) => n === 0,
    );
    await env.DB.prepare("DELETE FROM mails").run();
    await env.DB.prepare("DELETE FROM mailbox").run();
    const ctx = lostRelay();
    await commit(ctx, [], [event(registered(mei.id))]);
    expect((await post("/dev/cron", { name: "relay-outbox" })).status).toBe(200);
    await eventually(
      () => count("mailbox WHERE to_address = ?", mei.email),
      (n) => n === 1,
    );
    await eventually(
      () => count("outbox"),
      (n) => n === 0,
    );
  });

  it("leaves alone what was just sent and what is dead, and sends again what is not done after a minute", async () => {
    const { ctx, sent } = heldQueues(lostRelay());
    const one = event(registered());
    await commit(ctx, [], [one]);
    expect(await sweep(ctx)).toBe(1);
    expect(await sweep(ctx)).toBe(0);
    await env.DB.prepare("UPDATE outbox SET sent_at = sent_at - 61000").run();
    expect(await sweep(ctx)).toBe(1);
    expect(sent).toEqual([one.envelope, one.envelope]);
    await env.DB.prepare("UPDATE outbox SET sent_at = NULL, dead_at = 1").run();
    expect(await sweep(ctx)).toBe(0);
  });

  it("puts what never had its turn before what failed again and again, and takes more than a page", async () => {
    const { ctx, sent } = heldQueues(lostRelay());
    const events = Array.from({ length: 1100 }, () => event(registered()));
    for (let i = 0; i < events.length; i += 100) await commit(ctx, [], events.slice(i, i + 100));
    await env.DB.prepare("UPDATE outbox SET sent_at = 1 WHERE id <= ?").bind(events[599]?.envelope.id).run();
    expect(await sweep(ctx)).toBe(1100);
    expect(sent[0]?.id).toBe(events[600]?.envelope.id);
    expect(await sweep(ctx)).toBe(0);
  });

  it("does not wait for a time that a moved clock left far ahead, but for a delay of a queue", async () => {
    const { ctx } = heldQueues(lostRelay());
    await commit(ctx, [], [event(registered())]);
    await env.DB.prepare("UPDATE outbox SET sent_at = ?")
      .bind(Date.now() + 3_600_000)
      .run();
    expect(await sweep(ctx)).toBe(0);
    await env.DB.prepare("UPDATE outbox SET sent_at = ?")
      .bind(Date.now() + 30 * 86_400_000)
      .run();
    expect(await sweep(ctx)).toBe(1);
  });

  it("keeps the messages of other queues moving when one queue is down", async () => {
    const { ctx, sent } = heldQueues(lostRelay());
    const email = { sendBatch: () => Promise.reject(new Error("down")) } as unknown as Queue;
    const broken = { ...ctx, queues: { ...ctx.queues, email } };
    const one = event(registered());
    await commit(broken, [], [message("email", { mailId: newId() }), one]);
    await expect(sweep(broken)).rejects.toThrow("not everything was sent");
    expect(sent).toEqual([one.envelope]);
    expect(await count("outbox WHERE sent_at IS NULL AND queue = 'email'")).toBe(1);
  });

  it("buries a message that no queue takes, and sends its neighbours", async () => {
    const { ctx, sent } = heldQueues(lostRelay());
    const big: OutboxMessage = { ...message("events", { token: "t0p", text: "x".repeat(130_000) }) };
    const one = event(registered());
    await commit(ctx, [], [big, one]);
    await sweep(ctx);
    expect(sent).toEqual([one.envelope]);
    const letter = await env.DB.prepare("SELECT cause, message FROM dead_letters").first<Record<string, string>>();
    expect(letter?.["cause"]).toContain("bytes are more than a queue takes");
    expect(JSON.parse(letter?.["message"] ?? "")).toEqual({ token: "[redacted]", text: "x".repeat(2000) });
    expect(await outboxHealth(ctx)).toMatchObject({ depth: 1, dead: 1 });
  });

  it("fits the queue's limits", () => {
    const big = Array.from({ length: 250 }, () => event(registered()));
    expect(chunks(big).map((chunk) => chunk.messages.length)).toEqual([100, 100, 50]);
    const heavy = Array.from({ length: 5 }, () => message("email", { text: "x".repeat(100_000) }));
    expect(chunks(heavy).map((chunk) => chunk.messages.length)).toEqual([2, 2, 1]);
    const mixed = [event(registered()), message("email", {}), event(registered())];
    expect(chunks(mixed).map((chunk) => [chunk.queue, chunk.messages.length])).toEqual([
      ["events", 2],
      ["email", 1],
    ]);
  });
});

describe("dispatch", () => {
  const reacting = (name: string): Subscriber =>
    subscriber({ name, on: ["user.registered"], react: async (ctx) => ({ statements: [effect(ctx, name)] }) });

  it("has an effect once when an event is delivered five times at once", async () => {
    const one = event(registered());
    await commit(lostRelay(), [], [one]);
    const deliveries = Array.from({ length: 5 }, () =>
      dispatch(lostRelay(), [reacting("a"), reacting("b")], envelopeOf(one)),
    );
    await Promise.allSettled(deliveries);
    await dispatch(lostRelay(), [reacting("a"), reacting("b")], envelopeOf(one));
    expect([await effects(), await count("outbox")]).toEqual([{ a: 1, b: 1 }, 0]);
  });

  it("runs nobody twice because another failed, and keeps the row until all have had it", async () => {
    const one = event(registered());
    await commit(lostRelay(), [], [one]);
    let broken = true;
    const failing = subscriber({
      name: "b",
      on: ["user.registered"],
      react: async (ctx) => {
        if (broken) throw new Error("b is down");
        return { statements: [effect(ctx, "b")] };
      },
    });
    const all = [reacting("a"), failing, reacting("c")];
    await expect(dispatch(lostRelay(), all, envelopeOf(one))).rejects.toThrow("1 subscribers failed");
    expect([await effects(), await count("outbox")]).toEqual([{ a: 1, c: 1 }, 1]);
    broken = false;
    await dispatch(lostRelay(), all, envelopeOf(one));
    expect([await effects(), await count("outbox")]).toEqual([{ a: 1, b: 1, c: 1 }, 0]);
  });

  it("keeps the row when the effect itself is refused", async () => {
    const one = event(registered());
    await commit(lostRelay(), [], [one]);
    const refused = subscriber({
      name: "a",
      on: ["user.registered"],
      react: async (ctx) => ({ statements: [effect(ctx, "a"), ensure(ctx.db, sql`0`)] }),
    });
    await expect(dispatch(lostRelay(), [refused], envelopeOf(one))).rejects.toThrow("1 subscribers failed");
    expect([await effects(), await count("outbox"), await count("event_deliveries")]).toEqual([{}, 1, 0]);
  });
});

describe("a subscriber that wants order", () => {
  const changed = (userId: string): OutboxMessage => event({ type: "user.changed", userId, what: "profile" });

  const ordered = (seen: string[], broken: () => boolean = () => false): Subscriber =>
    subscriber({
      name: "ordered",
      on: ["user.changed"],
      inOrder: true,
      react: async (ctx, _, eventId) => {
        if (broken()) throw new Error("down");
        seen.push(eventId);
        return { statements: [effect(ctx, eventId)] };
      },
    });

  it("gets an aggregate's events in their order, whatever order they come in, and waits for no other aggregate", async () => {
    const ctx = lostRelay();
    const seen: string[] = [];
    const userId = newId();
    const [first, second, other] = [changed(userId), changed(userId), changed(newId())];
    await commit(ctx, [], [first, second, other]);
    await expect(dispatch(ctx, [ordered(seen)], envelopeOf(second))).rejects.toBeInstanceOf(OutOfTurn);
    await dispatch(ctx, [ordered(seen)], envelopeOf(other));
    await dispatch(ctx, [ordered(seen)], envelopeOf(first));
    await dispatch(ctx, [ordered(seen)], envelopeOf(second));
    expect(seen).toEqual([other, first, second].map(({ envelope }) => envelope.id));
    expect(await count("outbox")).toBe(0);
  });

  it("keeps nobody else waiting", async () => {
    const ctx = lostRelay();
    const userId = newId();
    const [first, second] = [changed(userId), changed(userId)];
    await commit(ctx, [], [first, second]);
    const free = subscriber({
      name: "free",
      on: ["user.changed"],
      react: async (c) => ({ statements: [effect(c, "f")] }),
    });
    await expect(dispatch(ctx, [ordered([]), free], envelopeOf(second))).rejects.toBeInstanceOf(OutOfTurn);
    expect(await effects()).toEqual({ f: 1 });
  });

  it("goes on past an older event that is dead", async () => {
    const ctx = lostRelay();
    const seen: string[] = [];
    const userId = newId();
    const [first, second] = [changed(userId), changed(userId)];
    await commit(ctx, [], [first, second]);
    await expect(dispatch(ctx, [ordered(seen, () => true)], envelopeOf(first))).rejects.toThrow("1 subscribers failed");
    await expect(dispatch(ctx, [ordered(seen)], envelopeOf(second))).rejects.toBeInstanceOf(OutOfTurn);
    await env.DB.prepare("UPDATE outbox SET dead_at = 1 WHERE id = ?").bind(first.envelope.id).run();
    await dispatch(ctx, [ordered(seen)], envelopeOf(second));
    expect(seen).toEqual([second.envelope.id]);
  });
});

it("tells depth, age and dead letters", async () => {
  const ctx = lostRelay();
  expect(await outboxHealth(ctx)).toEqual({ depth: 0, oldestAgeMs: 0, dead: 0 });
  await commit(ctx, [], [event(registered()), event(registered())]);
  await env.DB.prepare("UPDATE outbox SET created_at = created_at - 5000").run();
  const { depth, oldestAgeMs, dead } = await outboxHealth(ctx);
  expect([depth, oldestAgeMs >= 5000, dead]).toEqual([2, true, 0]);
});

/** mulberry32: the same run each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

it("loses and doubles nothing of 1,000 events with a consumer that fails and a queue that delivers twice", async () => {
  const random = seeded(20_261_121);
  const { ctx, sent } = heldQueues(lostRelay());
  let [failed, doubled] = [0, 0];
  const flaky = subscriber({
    name: "flaky",
    on: ["user.registered"],
    react: async (context, { userId }) => {
      const when = random();
      if (when < 0.3) failed += 1;
      if (when < 0.15) throw new Error("down before the effect");
      return { statements: [effect(context, userId), ...(when < 0.3 ? [ensure(context.db, sql`0`)] : [])] };
    },
  });
  const quiet = { ...ctx, logger: { ...ctx.logger, error: () => undefined } };
  const events = Array.from({ length: 1000 }, () => event(registered()));
  for (let i = 0; i < events.length; i += 50) await commit(ctx, [], events.slice(i, i + 50));

  let rounds = 0;
  for (; (await count("outbox")) > 0 && rounds < 30; rounds += 1) {
    await sweep(quiet);
    const deliveries = sent.splice(0).flatMap((envelope) => {
      const twice = random() < 0.2;
      if (twice) doubled += 1;
      return twice ? [envelope, envelope] : [envelope];
    });
    await Promise.allSettled(deliveries.map((envelope) => dispatch({ ...quiet, riders: [] }, [flaky], envelope)));
    await env.DB.prepare("UPDATE outbox SET sent_at = sent_at - 61000").run();
  }
  expect([rounds > 2, failed > 300, doubled > 200]).toEqual([true, true, true]);
  expect(await count("outbox")).toBe(0);
  const expected = events.map(({ envelope }) => [(envelope.body as { userId: string }).userId, 1]);
  expect(await effects()).toEqual(Object.fromEntries(expected));
}, 60_000);
