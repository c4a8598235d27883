import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, inject, it } from "vitest";
import { batch } from "../../../src/db/client.ts";
import { createContext } from "../../../src/context.ts";
import { commit } from "../../../src/events/outbox.ts";
import type { MailOrder } from "../../../src/features/mails/orders.ts";
import { mailTo } from "../../../src/features/mails/orders.ts";
import { addressHash, suppressAddress } from "../../../src/features/mails/suppressions.ts";
import worker from "../../../src/index.ts";
import { newId } from "../../../src/platform/ids.ts";
import { RESEND_KEY } from "../../counterparts/keys.ts";
import type { ResendRequest } from "../../counterparts/resend.ts";
import type { Accepted } from "../../counterparts/smtp.ts";
import { eventually } from "../../helpers/client.ts";
import type { Learner } from "../../helpers/factories.ts";
import { learner } from "../../helpers/factories.ts";

const smtp = inject("smtp");
const resend = inject("resend");
const MAIL_FROM = "Guildhall <no-reply@guildhall.test>";
const bySmtp = {
  MAIL_PROVIDER: "smtp",
  SMTP_URL: `smtp://guild%20hall:p%40ss%2Fw%C3%B6rd@127.0.0.1:${smtp.ports.plain}`,
  MAIL_FROM,
};
const byResend = { MAIL_PROVIDER: "resend", RESEND_API_KEY: RESEND_KEY, RESEND_BASE_URL: resend, MAIL_FROM };
type Settings = typeof bySmtp | typeof byResend | Record<string, never>;

const quiet = () => ({ ...createContext(env, { waitUntil: (work) => void work }), relayLater: () => undefined });
const row = async (mailId: string) => await env.DB.prepare("SELECT * FROM mails WHERE id = ?").bind(mailId).first();
const outboxLeft = (id: string) => env.DB.prepare("SELECT count(*) AS n FROM outbox WHERE id = ?").bind(id).first("n");

let mei: Learner;
beforeEach(async () => {
  await env.DB.prepare("DELETE FROM outbox WHERE failure IS NOT NULL").run();
  mei = await learner();
  await eventually(
    () => env.DB.prepare("SELECT count(*) AS n FROM outbox").first<number>("n"),
    (n) => n === 0,
  );
});

/** A mail that is ordered, and nobody delivers but the test. */
async function order(fields: Partial<MailOrder> = {}) {
  const ctx = quiet();
  const mail = mailTo(ctx, { userId: mei.id, template: "password_changed", dedupeKey: newId(), ...fields });
  await commit(ctx, mail.statements, mail.messages);
  const [sent] = mail.messages;
  if (!sent) throw new Error("no message");
  await env.DB.prepare("UPDATE outbox SET sent_at = ? WHERE id = ?").bind(Date.now(), sent.envelope.id).run();
  return {
    messageId: sent.envelope.id,
    envelope: sent.envelope,
    mailId: (sent.envelope.body as { mailId: string }).mailId,
  };
}

/** Delivers the queue message to a Worker with these settings; says what became of it. */
async function deliver(envelope: { id: string }, settings: Settings) {
  const one = { id: newId(), timestamp: new Date(), attempts: 1, body: envelope };
  const queue = createMessageBatch("email", [one]);
  const execution = createExecutionContext();
  await worker.queue(queue, { ...env, ...settings }, execution);
  const { explicitAcks, retryMessages } = await getQueueResult(queue, execution);
  return explicitAcks.length === 1 ? "done" : retryMessages.length === 1 ? "again" : "neither";
}

const acceptedBySmtp = async (to: string): Promise<Accepted[]> =>
  await (await fetch(`${smtp.control}?to=${encodeURIComponent(to)}`)).json();
const acceptedByResend = async (to: string): Promise<ResendRequest[]> =>
  await (await fetch(`${resend}/?to=${encodeURIComponent(to)}`)).json();

describe.each([
  ["smtp", bySmtp, acceptedBySmtp],
  ["resend", byResend, acceptedByResend],
] as const)("a mail by %s", (provider, settings, accepted) => {
  it("is sent, recorded, and leaves the outbox", async () => {
    const to = `ana.${newId()}@example.org`;
    const { mailId, messageId, envelope } = await order({ to });
    expect(await deliver(envelope, settings)).toBe("done");
    expect(await accepted(to)).toHaveLength(1);
    const providerId = provider === "resend" ? `resend-${mailId}` : null;
    expect(await row(mailId)).toMatchObject({
      status: "sent",
      attempts: 1,
      provider,
      provider_id: providerId,
      failure: null,
    });
    expect(await outboxLeft(messageId)).toBe(0);
  });

  it("to a refused recipient fails for good, with the reason and without the address", async () => {
    const to = `refused.${newId()}@example.org`;
    const { mailId, messageId, envelope } = await order({ to });
    expect(await deliver(envelope, settings)).toBe("done");
    const failed = await row(mailId);
    expect(failed).toMatchObject({ status: "failed", suppressed: null });
    expect(failed?.["failure"]).toMatch(/^(RCPT TO: 550|422) /u);
    expect(failed?.["failure"]).not.toContain(to);
    expect([await outboxLeft(messageId), await accepted(to)]).toEqual([0, []]);
  });

  it.each(provider === "smtp" ? ["busy", "cut"] : ["busy", "broken", "deaf"])(
    "that meets a %s server is tried again later and arrives once",
    async (fault) => {
      const to = `${fault}.${newId()}@example.org`;
      const { mailId, messageId, envelope } = await order({ to });
      expect(await deliver(envelope, settings)).toBe("again");
      expect(await row(mailId)).toMatchObject({
        status: "queued",
        attempts: 1,
        failure: expect.any(String),
        claimed_until: null,
      });
      expect(await outboxLeft(messageId)).toBe(1);
      expect(await deliver(envelope, settings)).toBe("done");
      expect(await accepted(to)).toHaveLength(1);
      expect(await row(mailId)).toMatchObject({ status: "sent", attempts: 2, failure: null });
    },
  );

  it("delivered by five messages at once is one mail", async () => {
    const to = `ana.${newId()}@example.org`;
    const { envelope } = await order({ to });
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => deliver(envelope, settings)));
    expect(outcomes.filter((outcome) => outcome === "done").length).toBeGreaterThanOrEqual(1);
    expect(await deliver(envelope, settings)).toBe("done");
    expect(await accepted(to)).toHaveLength(1);
  });
});

it("waits for the operator when the key is wrong", async () => {
  const { mailId, envelope } = await order();
  expect(await deliver(envelope, { ...byResend, RESEND_API_KEY: "re_wrong" })).toBe("again");
  expect(await row(mailId)).toMatchObject({ status: "queued", failure: expect.stringMatching(/^401 /u) });
});

it("bears the mail's id as key and Message-ID, so that a crash after sending sends no second one", async () => {
  const to = `ana.${newId()}@example.org`;
  const { mailId, envelope } = await order({ to });
  await deliver(envelope, byResend);
  await env.DB.prepare("UPDATE mails SET status = 'queued' WHERE id = ?").bind(mailId).run();
  await deliver(envelope, byResend);
  const sent = await acceptedByResend(to);
  expect(sent.map(({ idempotencyKey, body }) => [idempotencyKey, body.headers["Message-ID"]])).toEqual([
    [mailId, `<${mailId}@guildhall.test>`],
  ]);
});

it("comes once of one cause", async () => {
  const dedupeKey = newId();
  const first = await order({ dedupeKey });
  const second = await order({ dedupeKey });
  expect(await deliver(first.envelope, {})).toBe("done");
  expect(await deliver(second.envelope, {})).toBe("done");
  expect([await row(second.mailId), await outboxLeft(second.messageId)]).toEqual([null, 0]);
});

describe("a recipient", () => {
  const outcomeOf = async (who: Learner, template: "notification" | "password_changed") => {
    const data = { title: "A badge", body: "You earned it.", url: "/badges" };
    const { mailId, envelope } = await order({
      userId: who.id,
      template,
      ...(template === "notification" ? { data } : {}),
    });
    expect(await deliver(envelope, {})).toBe("done");
    const record = await row(mailId);
    return record?.["suppressed"] ?? record?.["status"];
  };

  it.each([
    ["bounced", "bounced", "bounced"],
    ["complained", "complained", "sent"],
  ] as const)(
    "whose address %s gets neither notifications (%s) nor, maybe, security mails (%s)",
    async (reason, notification, security) => {
      const ben = await learner();
      const ctx = quiet();
      await batch(ctx.db, [suppressAddress(ctx, await addressHash(ben.email.toUpperCase()), reason)]);
      expect([await outcomeOf(ben, "notification"), await outcomeOf(ben, "password_changed")]).toEqual([
        notification,
        security,
      ]);
    },
  );

  it("whose bounce is a month ago is tried again", async () => {
    const ben = await learner();
    const ctx = quiet();
    await batch(ctx.db, [suppressAddress(ctx, await addressHash(ben.email), "bounced")]);
    await env.DB.prepare("UPDATE mail_suppressions SET created_at = created_at - ?")
      .bind(31 * 86_400_000)
      .run();
    expect(await outcomeOf(ben, "notification")).toBe("sent");
  });

  it("gets ten notifications an hour, and five security mails of a kind, and no more", async () => {
    const ben = await learner();
    const outcomes: Record<string, unknown[]> = { notification: [], password_changed: [] };
    for (let i = 0; i < 11; i += 1) outcomes["notification"]?.push(await outcomeOf(ben, "notification"));
    for (let i = 0; i < 6; i += 1) outcomes["password_changed"]?.push(await outcomeOf(ben, "password_changed"));
    expect(outcomes).toEqual({
      notification: [...Array.from({ length: 10 }, () => "sent"), "too_many"],
      password_changed: [...Array.from({ length: 5 }, () => "sent"), "too_many"],
    });
    await env.DB.prepare("UPDATE mails SET sent_at = sent_at - 3600000 WHERE user_id = ?").bind(ben.id).run();
    expect([await outcomeOf(ben, "notification"), await outcomeOf(ben, "password_changed")]).toEqual(["sent", "sent"]);
  });
});
