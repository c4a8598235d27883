import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createContext } from "../../src/context.ts";
import { buried } from "../../src/events/dead-letters.ts";
import { newId } from "../../src/platform/ids.ts";
import { batch } from "../../src/db/client.ts";
import { call, eventually, get, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { learner, staff } from "../helpers/factories.ts";

const LIST = "/api/v1/admin/dead-letters";
let admin: Learner;

beforeAll(async () => void (admin = await staff("admin")));
beforeEach(async () => {
  await eventually(
    () => env.DB.prepare("SELECT count(*) AS n FROM outbox WHERE dead_at IS NULL").first<number>("n"),
    (n) => n === 0,
  );
  await env.DB.batch(["dead_letters", "outbox"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

const context = () => createContext(env, { waitUntil: (work) => void work });

/** A message that died; what it was to do can be done. */
async function dead(body: unknown = { mailId: newId() }, queue = "email" as const): Promise<string> {
  const id = newId();
  const ctx = context();
  await env.DB.prepare(
    "INSERT INTO outbox (id, queue, message, created_at, failure) VALUES (?, ?, ?, 1, 'it was down')",
  )
    .bind(id, queue, JSON.stringify(body))
    .run();
  await batch(ctx.db, buried(ctx, { queue, envelope: { id, body }, cause: "unknown", attempts: 6 }));
  return id;
}

const auditOf = async (id: string) =>
  (await env.DB.prepare("SELECT action, actor_id FROM audit_log WHERE target_id = ?").bind(id).all()).results;
const outboxOf = async (id: string) =>
  (await env.DB.prepare("SELECT id FROM outbox WHERE id = ?").bind(id).all()).results;

describe("dead letters", () => {
  it("are listed newest first with their cause, in pages, without secrets, in one round trip", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i += 1)
      ids.unshift(await dead({ mailId: "m", token: "s3cret", note: "for ana@example.org" }));
    const first = await get(`${LIST}?limit=2`, admin.token);
    expect([first.status, first.roundTrips]).toEqual([200, 1]);
    expect(first.data[0]).toMatchObject({
      id: ids[0],
      queue: "email",
      cause: "it was down",
      attempts: 6,
      replayedAt: null,
      replayable: true,
      message: { mailId: "m", token: "[redacted]", note: "for [address]" },
    });
    const seen = first.data.map(({ id }: { id: string }) => id);
    for (let cursor = first.body.meta.pagination.nextCursor; cursor;) {
      const next = await get(`${LIST}?limit=2&cursor=${encodeURIComponent(cursor)}`, admin.token);
      seen.push(...next.data.map(({ id }: { id: string }) => id));
      cursor = next.body.meta.pagination.nextCursor;
    }
    expect(seen).toEqual(ids);
    expect((await get(`${LIST}?queue=events`, admin.token)).data).toEqual([]);
  });

  it("are nobody else's business", async () => {
    const id = await dead();
    const teacher = await staff("teacher");
    const somebody = await learner();
    for (const token of [teacher.token, somebody.token]) {
      expect((await get(LIST, token)).code).toBe("FORBIDDEN");
      expect((await post(`${LIST}/${id}/replay`, {}, token)).code).toBe("FORBIDDEN");
      expect((await call("DELETE", `${LIST}/${id}`, { token })).code).toBe("FORBIDDEN");
    }
    expect((await get(LIST)).code).toBe("UNAUTHENTICATED");
  });

  it("are replayed once, with one entry in the audit log, however often and by however many it is asked", async () => {
    const id = await dead();
    const answers = await Promise.all([1, 2, 3].map(() => post(`${LIST}/${id}/replay`, {}, admin.token)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(answers[0]?.data).toMatchObject({ id, replayable: false, replayedAt: expect.any(String) });
    await eventually(
      () => outboxOf(id),
      (rows) => rows.length === 0,
    );
    expect((await post(`${LIST}/${id}/replay`, {}, admin.token)).status).toBe(202);
    expect(await auditOf(id)).toEqual([{ action: "dead_letter.replayed", actor_id: admin.id }]);
  });

  it("that die again after a replay are dead letters again, with their new cause", async () => {
    const id = await dead();
    const mailId = newId();
    await env.DB.prepare(
      "INSERT INTO mails (id, user_id, template, data, dedupe_key, created_at) VALUES (?, ?, 'no-such-template', '{}', ?, 1)",
    )
      .bind(mailId, admin.id, mailId)
      .run();
    await env.DB.prepare("UPDATE outbox SET message = ? WHERE id = ?").bind(JSON.stringify({ mailId }), id).run();
    await post(`${LIST}/${id}/replay`, {}, admin.token);
    const again = await eventually(
      async () => (await get(LIST, admin.token)).data[0],
      (letter) => letter.replayedAt === null,
      900,
    );
    expect(again).toMatchObject({ id, replayable: true, cause: expect.stringContaining("no mail template") });
  });

  it("that never were a message cannot be replayed, but dropped", async () => {
    const ctx = context();
    await batch(
      ctx.db,
      buried(ctx, { queue: "events", envelope: { id: "poison-1", body: "?" }, cause: "c", attempts: 6 }),
    );
    expect((await post(`${LIST}/poison-1/replay`, {}, admin.token)).code).toBe("JOB_NOT_RETRYABLE");
    expect((await call("DELETE", `${LIST}/poison-1`, { token: admin.token })).status).toBe(204);
  });

  it("are dropped for good, with an entry in the audit log", async () => {
    const id = await dead();
    const answers = await Promise.all([1, 2].map(() => call("DELETE", `${LIST}/${id}`, { token: admin.token })));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 404]);
    expect([await outboxOf(id), (await get(LIST, admin.token)).data]).toEqual([[], []]);
    expect(await auditOf(id)).toEqual([{ action: "dead_letter.dropped", actor_id: admin.id }]);
    expect((await post(`${LIST}/${id}/replay`, {}, admin.token)).code).toBe("NOT_FOUND");
  });
});
