import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import worker from "../../src/index.ts";
import { createContext } from "../../src/context.ts";
import { DomainEvent } from "../../src/events/catalogue.ts";
import { dispatch, subscriber } from "../../src/events/dispatch.ts";
import { backOff, consume } from "../../src/queues/consume.ts";
import { newId } from "../../src/platform/ids.ts";
import { eventually } from "../helpers/client.ts";
import { learner } from "../helpers/factories.ts";

interface Delivery {
  id: string;
  body: unknown;
}

async function deliver(queue: string, messages: Delivery[]) {
  const batch = createMessageBatch(
    queue,
    messages.map((message) => ({ attempts: 1, timestamp: new Date(), ...message })),
  );
  const execution = createExecutionContext();
  await worker.queue(batch, env, execution);
  return await getQueueResult(batch, execution);
}

const enveloped = (body: unknown, id: unknown = newId()): Delivery => ({ id: newId(), body: { id, version: 1, body } });
const rows = async (query: string, ...values: unknown[]) =>
  (
    await env.DB.prepare(query)
      .bind(...values)
      .all()
  ).results;

/** Somebody whose welcome mail is out, so that nothing else moves. */
async function settledLearner() {
  const mei = await learner();
  await eventually(
    () => rows("SELECT id FROM outbox WHERE dead_at IS NULL"),
    (list) => list.length === 0,
  );
  return mei;
}

const mailRow = (id: string, userId: string, template = "session_reuse") =>
  env.DB.prepare(
    "INSERT INTO mails (id, user_id, template, data, dedupe_key, status, created_at) VALUES (?, ?, ?, '{}', ?, 'queued', 1)",
  )
    .bind(id, userId, template, id)
    .run();

const outboxRow = (id: string, queue: string, body: unknown) =>
  env.DB.prepare("INSERT INTO outbox (id, queue, message, created_at, sent_at) VALUES (?, ?, ?, 1, ?)")
    .bind(id, queue, JSON.stringify(body), Date.now())
    .run();

describe("a poison message", () => {
  it.each(["events", "email", "ai-feedback"])(
    "is tried again by itself and takes no neighbour of %s along",
    async (queue) => {
      const poison = [
        null,
        "text",
        {},
        { id: newId(), version: 2, body: {} },
        { id: newId(), version: 1, body: null },
      ].map((body) => ({ id: newId(), body }));
      const result = await deliver(queue, poison);
      expect(result.outcome).toBe("ok");
      expect(result.explicitAcks).toEqual([]);
      expect(result.retryMessages.map((retry) => retry.msgId)).toEqual(poison.map((message) => message.id));
      expect(result.retryBatch.retry).toBe(false);
    },
  );

  it("stands between good ones, which are done", async () => {
    const mei = await settledLearner();
    const [first, second] = [newId(), newId()];
    for (const id of [first, second]) await mailRow(id, mei.id);
    const messages = [enveloped({ mailId: first }), { id: newId(), body: null }, enveloped({ mailId: second })];
    const result = await deliver("email", messages);
    expect(result.explicitAcks).toEqual([messages[0]?.id, messages[2]?.id]);
    expect(result.retryMessages).toEqual([expect.objectContaining({ msgId: messages[1]?.id })]);
    expect(await rows("SELECT status FROM mails WHERE id IN (?, ?)", first, second)).toEqual([
      { status: "sent" },
      { status: "sent" },
    ]);
  });

  it("is delayed more each time, up to a limit, in whole seconds", () => {
    expect([1, 2, 3, 20].map((attempt) => backOff(attempt, 1))).toEqual([2, 4, 8, 600]);
    expect(backOff(5, 0)).toBe(1);
    expect(Number.isInteger(backOff(3, 0.123))).toBe(true);
  });
});

describe("a message that fails", () => {
  it("tells its outbox row why, and is not sent again by the sweep while the queue holds it back", async () => {
    const mei = await settledLearner();
    const [mailId, messageId] = [newId(), newId()];
    await mailRow(mailId, mei.id, "no-such-template");
    await outboxRow(messageId, "email", { mailId });
    const before = Date.now();
    const { retryMessages } = await deliver("email", [enveloped({ mailId }, messageId)]);
    expect(retryMessages).toHaveLength(1);
    const [row] = await rows("SELECT attempts, failure, sent_at FROM outbox WHERE id = ?", messageId);
    expect(row).toMatchObject({ attempts: 1, failure: "Error: There is no mail template no-such-template." });
    expect(Number(row?.["sent_at"])).toBeGreaterThan(before);
    await deliver("email-dlq", [enveloped({ mailId }, messageId)]);
    expect(await rows("SELECT cause FROM dead_letters WHERE id = ?", messageId)).toEqual([{ cause: row?.["failure"] }]);
  });

  it("and waits for its turn is given to the sweep instead of dying", async () => {
    await settledLearner();
    const userId = newId();
    const [older, younger] = [newId(), newId()];
    const body = { type: "user.changed", userId, what: "profile" } as const;
    for (const id of [older, younger])
      await env.DB.prepare(
        "INSERT INTO outbox (id, queue, message, aggregate, created_at, sent_at) VALUES (?, 'events', ?, ?, 1, ?)",
      )
        .bind(id, JSON.stringify(body), `user:${userId}`, Date.now())
        .run();
    const context = createContext(env, { waitUntil: (work) => void work });
    const ordered = subscriber({ name: "ordered", on: ["user.changed"], inOrder: true, react: async () => ({}) });
    const outcome = async (attempts: number) => {
      const settled: string[] = [];
      const message = {
        id: newId(),
        timestamp: new Date(),
        attempts,
        body: { id: younger, version: 1, body },
        ack: () => settled.push("ack"),
        retry: () => settled.push("retry"),
      } as unknown as Message;
      await consume(context, [message], DomainEvent, (c, envelope) => dispatch(c, [ordered], envelope));
      return settled;
    };
    expect([await outcome(1), await outcome(2), await outcome(3)]).toEqual([["retry"], ["retry"], ["ack"]]);
    expect(await rows("SELECT sent_at, attempts FROM outbox WHERE id = ?", younger)).toEqual([
      { sent_at: null, attempts: 0 },
    ]);
    await env.DB.prepare("DELETE FROM outbox WHERE id IN (?, ?)").bind(older, younger).run();
  });
});

describe("dead letters", () => {
  beforeEach(async () => void (await env.DB.prepare("DELETE FROM dead_letters").run()));

  it.each(["events", "email", "ai-feedback"])(
    "of %s are stored with queue and payload, once, and leave the sweep",
    async (queue) => {
      const id = newId();
      const body = { why: "no such thing" };
      await outboxRow(id, queue, body);
      const letter = enveloped(body, id);
      for (let i = 0; i < 2; i += 1)
        expect((await deliver(`${queue}-dlq`, [letter])).explicitAcks).toEqual([letter.id]);
      const stored = await rows("SELECT id, queue, message FROM dead_letters");
      expect(stored).toEqual([{ id, queue, message: JSON.stringify(body) }]);
      expect(await rows("SELECT id FROM outbox WHERE id = ? AND dead_at IS NOT NULL", id)).toHaveLength(1);
    },
  );

  it("are kept whatever their shape, and keep no neighbour back", async () => {
    const bodies = [
      null,
      "text",
      7,
      {},
      { id: 5, body: {} },
      { id: newId(), body: null },
      { id: newId(), version: 1, body: { good: true } },
    ];
    const letters = bodies.map((body) => ({ id: newId(), body }));
    const result = await deliver("events-dlq", letters);
    expect(result.outcome).toBe("ok");
    expect(result.explicitAcks).toEqual(letters.map((letter) => letter.id));
    expect(await rows("SELECT id FROM dead_letters")).toHaveLength(bodies.length);
  });

  it("come of a message that fails for good, through the queues themselves", async () => {
    const mei = await settledLearner();
    const [mailId, messageId] = [newId(), newId()];
    await mailRow(mailId, mei.id, "no-such-template");
    await outboxRow(messageId, "email", { mailId });
    await env.EMAIL_QUEUE.send({ id: messageId, version: 1, body: { mailId } });
    const letters = await eventually(
      () => rows("SELECT queue, message FROM dead_letters WHERE id = ?", messageId),
      (list) => list.length > 0,
      900,
    );
    expect(letters).toEqual([{ queue: "email", message: JSON.stringify({ mailId }) }]);
  });
});

describe("email", () => {
  it("delivered twice, even at once, is one mail, and the outbox row leaves", async () => {
    const mei = await settledLearner();
    const [mailId, messageId] = [newId(), newId()];
    await mailRow(mailId, mei.id);
    await outboxRow(messageId, "email", { mailId });
    const message = enveloped({ mailId }, messageId);
    await Promise.all([deliver("email", [message]), deliver("email", [message])]);
    expect((await deliver("email", [message])).explicitAcks).toEqual([message.id]);
    expect(await rows("SELECT id FROM mailbox WHERE id = ?", mailId)).toHaveLength(1);
    expect(await rows("SELECT id FROM outbox WHERE id = ?", messageId)).toEqual([]);
  });

  it("of a mail that nobody knows settles", async () => {
    const messageId = newId();
    await outboxRow(messageId, "email", { mailId: newId() });
    const message = enveloped({ mailId: newId() }, messageId);
    expect((await deliver("email", [message])).explicitAcks).toEqual([message.id]);
    expect(await rows("SELECT id FROM outbox WHERE id = ?", messageId)).toEqual([]);
  });

  it("sent again after a crash carries the same link", async () => {
    const mei = await settledLearner();
    const [mail] = await rows("SELECT id, text FROM mailbox WHERE to_address = ?", mei.email);
    await env.DB.batch([
      env.DB.prepare("UPDATE mails SET status = 'queued' WHERE id = ?").bind(mail?.["id"]),
      env.DB.prepare("DELETE FROM mailbox WHERE id = ?").bind(mail?.["id"]),
    ]);
    await deliver("email", [enveloped({ mailId: mail?.["id"] })]);
    expect(await rows("SELECT text FROM mailbox WHERE to_address = ?", mei.email)).toEqual([{ text: mail?.["text"] }]);
  });
});

it("refuses a queue that has no consumer", async () => {
  await expect(deliver("nobody", [])).rejects.toThrow("no consumer");
});
