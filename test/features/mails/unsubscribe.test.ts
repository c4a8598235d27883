import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createContext } from "../../../src/context.ts";
import { batch } from "../../../src/db/client.ts";
import { commit } from "../../../src/events/outbox.ts";
import { mailTo } from "../../../src/features/mails/orders.ts";
import { optIn } from "../../../src/features/mails/suppressions.ts";
import worker from "../../../src/index.ts";
import { newId } from "../../../src/platform/ids.ts";
import { signWebhook } from "../../../src/platform/webhook-signature.ts";
import { call, eventually, get, ORIGIN } from "../../helpers/client.ts";
import type { Learner } from "../../helpers/factories.ts";
import { learner as register } from "../../helpers/factories.ts";

const context = () => createContext(env, { url: ORIGIN, waitUntil: (work) => void work });

/** Somebody new whose welcome mail is there. */
async function learner(): Promise<Learner> {
  const who = await register();
  await eventually(
    async () => (await get(`/dev/mailbox?to=${who.email}`)).body,
    (list) => list.length > 0,
  );
  return who;
}

/** Orders a mail as a feature would and waits until the queue is done with it. */
async function mailed(who: Learner, template: "notification" | "password_changed") {
  const ctx = context();
  const data = { title: "A <badge>", body: "You earned <b>it</b>.", url: "/badges" };
  const order = { userId: who.id, template, dedupeKey: newId(), ...(template === "notification" ? { data } : {}) };
  const { statements, messages } = mailTo(ctx, order);
  await commit(ctx, statements, messages);
  return await eventually(
    () => env.DB.prepare("SELECT * FROM mails WHERE dedupe_key = ?").bind(order.dedupeKey).first(),
    (row) => row?.["status"] !== "queued",
  );
}

/** The newest mail in the development mailbox. */
async function newest(who: Learner) {
  const { body } = await get(`/dev/mailbox?to=${who.email}`);
  return body[0] as { text: string; html: string; headers: Record<string, string>; subject: string };
}

const linkOf = async (who: Learner): Promise<string> => {
  await mailed(who, "notification");
  const { headers } = await newest(who);
  return (/^<(.+)>$/u.exec(headers["List-Unsubscribe"] ?? "")?.[1] ?? "").replace(ORIGIN, "");
};

describe("unsubscribing", () => {
  it("is one click in a notification's headers and at its end; mails about security have neither", async () => {
    const mei = await learner();
    await mailed(mei, "notification");
    const { headers, text, html, subject } = await newest(mei);
    const url = /^<(https:\/\/guildhall\.test\/api\/v1\/mail\/unsubscribe\?token=[\w.-]+)>$/u.exec(
      headers["List-Unsubscribe"] ?? "",
    )?.[1];
    expect(headers["List-Unsubscribe-Post"]).toBe("List-Unsubscribe=One-Click");
    expect([text.includes(url ?? "?"), html.includes(url ?? "?")]).toEqual([true, true]);
    expect([subject, html.includes("You earned &lt;b&gt;it&lt;/b&gt;.")]).toEqual(["A <badge>", true]);
    await mailed(mei, "password_changed");
    expect((await newest(mei)).headers).toEqual({});
  });

  it("works logged out, twice, ends notifications and leaves security mails", async () => {
    const mei = await learner();
    const link = await linkOf(mei);
    for (let i = 0; i < 2; i += 1) {
      const answer = await call("POST", link, {
        raw: "List-Unsubscribe=One-Click",
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
      });
      expect(answer.status).toBe(200);
    }
    expect(await mailed(mei, "notification")).toMatchObject({ status: "failed", suppressed: "unsubscribed" });
    expect(await mailed(mei, "password_changed")).toMatchObject({ status: "sent", suppressed: null });
    await batch(context().db, [optIn(context(), mei.id)]);
    expect(await mailed(mei, "notification")).toMatchObject({ status: "sent" });
  });

  it("asks on its page for a click, since scanners follow links", async () => {
    const mei = await learner();
    const link = await linkOf(mei);
    const shown = await get(link);
    expect([shown.status, shown.headers.get("Content-Type")]).toEqual([200, "text/html; charset=UTF-8"]);
    expect(shown.body).toContain(`<form method="post" action="${link}">`);
    expect(await mailed(mei, "notification")).toMatchObject({ status: "sent" });
  });

  it("is refused to a damaged link, and to one person's link for another", async () => {
    const [mei, ben] = [await learner(), await learner()];
    const foreign = (await linkOf(mei)).replace(mei.id, ben.id);
    for (const link of [foreign, "/api/v1/mail/unsubscribe?token=x"]) {
      expect((await get(link)).status).toBe(400);
      expect((await call("POST", link)).code).toBe("INVALID_TOKEN");
    }
    expect(await mailed(ben, "notification")).toMatchObject({ status: "sent" });
  });
});

describe("what the provider tells", () => {
  const SECRET = `whsec_${btoa("a secret of the mail provider's")}`;

  async function tell(body: unknown, { secret = SECRET, at = Date.now(), prefix = "svix", ...settings } = {}) {
    const headers = { id: `msg_${newId()}`, timestamp: String(Math.floor(at / 1000)) };
    const text = JSON.stringify(body);
    const execution = createExecutionContext();
    const request = new Request(`${ORIGIN}/api/v1/mail/events`, {
      method: "POST",
      body: text,
      headers: {
        "Content-Type": "application/json",
        [`${prefix}-id`]: headers.id,
        [`${prefix}-timestamp`]: headers.timestamp,
        [`${prefix}-signature`]: `v1,AAAA ${await signWebhook(secret, headers, text)}`,
      },
    });
    const bindings = { ...env, MAIL_WEBHOOK_SECRET: SECRET, ...settings } as Env;
    const response = await worker.fetch(request, bindings, execution);
    await waitOnExecutionContext(execution);
    return response.status;
  }

  const event = (type: string, to: string, extra: Record<string, unknown> = {}) => ({
    type,
    created_at: "2026-11-21T10:00:00.000Z",
    data: { to: [to], ...extra },
  });

  it.each(["svix", "webhook"])(
    "of a bounce, signed as %s, stops mail to that address, told twice or not",
    async (prefix) => {
      const mei = await learner();
      const sent = await mailed(mei, "password_changed");
      await env.DB.prepare("UPDATE mails SET provider_id = 're_1' WHERE id = ?").bind(sent?.["id"]).run();
      const bounced = event("email.bounced", mei.email, { email_id: "re_1", bounce: { type: "Permanent" } });
      expect([await tell(bounced, { prefix }), await tell(bounced, { prefix })]).toEqual([204, 204]);
      expect(await env.DB.prepare("SELECT status, failure FROM mails WHERE id = ?").bind(sent?.["id"]).first()).toEqual(
        {
          status: "failed",
          failure: "bounced",
        },
      );
      expect(await mailed(mei, "password_changed")).toMatchObject({ suppressed: "bounced" });
      await env.DB.prepare("UPDATE mails SET provider_id = NULL").run();
    },
  );

  it("of a complaint stops notifications", async () => {
    const mei = await learner();
    expect(await tell(event("email.complained", mei.email))).toBe(204);
    expect(await mailed(mei, "notification")).toMatchObject({ suppressed: "complained" });
    expect(await mailed(mei, "password_changed")).toMatchObject({ status: "sent" });
  });

  it("of a full mailbox, of a delivery or of something new changes nothing", async () => {
    const mei = await learner();
    const soft = event("email.bounced", mei.email, { bounce: { type: "Transient" } });
    for (const body of [soft, event("email.delivered", mei.email), { type: "domain.updated", data: {} }])
      expect(await tell(body)).toBe(204);
    expect(await mailed(mei, "notification")).toMatchObject({ status: "sent" });
  });

  it("is not believed without the secret, long after, or where there is none", async () => {
    const mei = await learner();
    const bounced = event("email.bounced", mei.email);
    expect(await tell(bounced, { secret: "whsec_b3RoZXI=" })).toBe(401);
    expect(await tell(bounced, { at: Date.now() - 6 * 60_000 })).toBe(401);
    expect(await tell(bounced, { at: Number.NaN })).toBe(401);
    expect(await tell({ nonsense: true }, { secret: "x" })).toBe(401);
    expect(await tell({ nonsense: true })).toBe(400);
    expect((await call("POST", "/api/v1/mail/events", { body: bounced })).status).toBe(404);
    expect(await mailed(mei, "notification")).toMatchObject({ status: "sent" });
  });
});
