import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { createContext } from "../../src/context.ts";
import { pageOfFound, pageOfUsers } from "../../src/features/admin/queries.ts";
import { pageOfLines } from "../../src/features/audit/queries.ts";
import { get, patch } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { learner, staff } from "../helpers/factories.ts";

const LOG = "/api/v1/admin/audit-log";
const ROWS = 100_000;
const PAGE = 20;
const BUDGET = 5 * PAGE;

const seq = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`;

let admin: Learner;
let ana: Learner;

beforeAll(async () => {
  admin = await staff("admin", { displayName: "Quokka" });
  ana = await learner();
  await patch(`/api/v1/admin/users/${ana.id}`, { roles: ["teacher"] }, admin.token);
  await patch(`/api/v1/admin/users/${ana.id}`, { status: "suspended" }, admin.token);
});

const actions = async (query: string) =>
  (await get(`${LOG}?target=${ana.id}&${query}`, admin.token)).data.map((line: { action: string }) => line.action);

describe("the audit log", () => {
  it("says who did what to whom, when and where", async () => {
    const { status, data, roundTrips } = await get(`${LOG}?actor=${admin.id}&action=user.suspended`, admin.token);
    expect([status, roundTrips]).toEqual([200, 1]);
    expect(data).toHaveLength(1);
    expect(data[0]).toMatchObject({
      actor: { id: admin.id, username: admin.username },
      action: "user.suspended",
      target: { type: "user", id: ana.id },
      requestId: expect.any(String),
      sessionId: expect.any(String),
    });
    expect(JSON.stringify(data)).not.toMatch(/password|token|@example/iu);
  });

  it("is filtered by what was acted on and by time", async () => {
    expect((await actions("")).slice(0, 2)).toEqual(["user.suspended", "user.role_changed"]);
    const { data } = await get(`${LOG}?target=${ana.id}&action=user.suspended`, admin.token);
    const at = encodeURIComponent(data[0].at);
    expect(await actions(`from=${at}`)).toEqual(["user.suspended"]);
    expect(await actions(`to=${at}`)).not.toContain("user.suspended");
    expect(await actions("from=2099-01-01T00:00:00%2B01:00")).toEqual([]);
    expect((await get(`${LOG}?from=yesterday`, admin.token)).code).toBe("VALIDATION_ERROR");
    expect((await get(`${LOG}?actor=ana`, admin.token)).code).toBe("VALIDATION_ERROR");
  });

  it("pages without a gap, newest first, also among lines of one instant", async () => {
    const target = crypto.randomUUID();
    await env.DB.prepare(
      `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 7)
       INSERT INTO audit_log (id, at, action, target_type, target_id) SELECT printf('00000000-0000-7000-8000-%012d', n + 900000000000), 1000 + n / 3, 'test.done', 'test', ? FROM c`,
    )
      .bind(target)
      .run();
    const seen: string[] = [];
    let cursor = "";
    do {
      const { data, body } = await get(`${LOG}?target=${target}&limit=2${cursor && `&cursor=${cursor}`}`, admin.token);
      seen.push(...data.map((line: { id: string }) => line.id));
      cursor = body.meta.pagination.nextCursor ?? "";
    } while (cursor !== "");
    expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1].map((n) => seq(n + 900_000_000_000)));
  });

  it("is read by admins only", async () => {
    expect((await get(LOG)).status).toBe(401);
    for (const person of [await learner(), await staff("teacher")])
      expect((await get(LOG, person.token)).code).toBe("FORBIDDEN");
  });

  it("only grows: no line is changed, replaced or removed, but its actor may leave", async () => {
    const run = (sql: string) => env.DB.prepare(sql).bind(ana.id).run();
    for (const sql of [
      "DELETE FROM audit_log WHERE target_id = ?",
      "UPDATE audit_log SET action = 'nothing' WHERE target_id = ?",
      "UPDATE audit_log SET actor_id = NULL, details = '{}' WHERE target_id = ?",
      "UPDATE audit_log SET actor_id = target_id WHERE target_id = ?",
      "INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log WHERE target_id = ?",
    ])
      await expect(run(sql)).rejects.toThrow("append-only");
    expect((await actions("")).slice(0, 2)).toEqual(["user.suspended", "user.role_changed"]);

    const ben = crypto.randomUUID();
    await env.DB.batch([
      env.DB.prepare(
        "INSERT INTO users (id, email, username, display_name, privacy, referral_code, created_at, updated_at) VALUES (?1, ?1, ?1, '', '{}', ?1, 0, 0)",
      ).bind(ben),
      env.DB.prepare("INSERT INTO audit_log (id, at, actor_id, action) VALUES (?1, 1, ?1, 'test.left')").bind(ben),
      env.DB.prepare("DELETE FROM users WHERE id = ?").bind(ben),
    ]);
    const line = env.DB.prepare("SELECT actor_id AS actorId, action FROM audit_log WHERE id = ?").bind(ben);
    expect(await line.first()).toEqual({ actorId: null, action: "test.left" });
  });
});

describe("at 100,000 rows a page reads few of them", () => {
  const ctx = createContext(env, { waitUntil: () => undefined });

  const rowsRead = async (query: { toSQL(): { sql: string; params: unknown[] } }) => {
    const { sql, params } = query.toSQL();
    const { meta, results } = await env.DB.prepare(sql)
      .bind(...params)
      .all();
    return [results.length, meta.rows_read] as const;
  };

  it("of the audit log, whatever it is filtered by", async () => {
    await env.DB.prepare(
      `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?1)
       INSERT INTO audit_log (id, at, actor_id, action, target_type, target_id)
       SELECT printf('00000000-0000-7000-8000-%012d', n), 1000000 + n, ?2, CASE n % 2 WHEN 0 THEN 'a.done' ELSE 'b.done' END, 'thing', CASE n % 3 WHEN 0 THEN 't' ELSE printf('t%d', n) END FROM c`,
    )
      .bind(ROWS, admin.id)
      .run();
    const [from, to] = [new Date(1_000_000).toISOString(), new Date(1_090_000).toISOString()];
    for (const filters of [
      {},
      { actor: admin.id },
      { action: "a.done" },
      { target: "t" },
      { actor: admin.id, action: "b.done" },
      { from, to },
      { actor: admin.id, from, to },
      { actor: admin.id, action: "a.done", from, to },
    ]) {
      for (const after of [null, `1050000 ${seq(50_000)}`]) {
        const [found, read] = await rowsRead(pageOfLines(ctx, filters, after).limit(PAGE + 1));
        expect([filters, after, found]).toEqual([filters, after, PAGE + 1]);
        expect([filters, after, read <= BUDGET]).toEqual([filters, after, true]);
      }
    }
  });

  it("of people, searched or filtered", async () => {
    await env.DB.prepare(
      `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?)
       INSERT INTO users (id, email, username, display_name, role, status, privacy, referral_code, created_at, updated_at)
       SELECT printf('u%09d', n), 'wombat' || n || '@example.org', 'wombat' || n, 'Wombat', CASE n % 10 WHEN 0 THEN 'teacher' ELSE 'student' END,
         CASE n % 7 WHEN 0 THEN 'suspended' ELSE 'active' END, '{}', 'R' || n, 0, 0 FROM c`,
    )
      .bind(ROWS)
      .run();
    for (const filters of [
      {},
      { role: "teacher" },
      { status: "suspended" },
      { role: "teacher", status: "suspended" },
    ] as const) {
      for (const after of [null, "u000050000"]) {
        const [found, read] = await rowsRead(pageOfUsers(ctx, filters, after).limit(PAGE + 1));
        expect([filters, after, found, read <= BUDGET]).toEqual([filters, after, PAGE + 1, true]);
      }
    }
    for (const [q, after] of [
      ["wombat", null],
      ["wom", "50000"],
      ["wombat4", null],
    ] as const) {
      const [found, read] = await rowsRead(pageOfFound(ctx, q, {}, after).limit(PAGE + 1));
      expect([q, found, read]).toEqual([q, PAGE + 1, Math.min(read, BUDGET)]);
    }
    const [found, read] = await rowsRead(pageOfFound(ctx, "quok", {}, null).limit(PAGE + 1));
    expect([found, read <= BUDGET]).toEqual([1, true]);
  });
});
