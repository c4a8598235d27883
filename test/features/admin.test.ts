import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createContext } from "../../src/context.ts";
import { dispatch } from "../../src/events/dispatch.ts";
import { isOffice, refusal } from "../../src/features/admin/rules.ts";
import { userSubscribers } from "../../src/features/users/subscribers.ts";
import { newId } from "../../src/platform/ids.ts";
import type { Role } from "../../src/platform/permissions.ts";
import { PERMISSIONS, highestOf, permissionsOf } from "../../src/platform/permissions.ts";
import { call, eventually, get, patch, post } from "../helpers/client.ts";
import { eventsAbout, recordEvents } from "../helpers/events.ts";
import type { Learner } from "../helpers/factories.ts";
import { learner, signIn, staff } from "../helpers/factories.ts";

const USERS = "/api/v1/admin/users";
const ME = "/api/v1/users/me";

const change = (by: Learner, whom: { id: string }, body: unknown, headers: Record<string, string> = {}) =>
  patch(`${USERS}/${whom.id}`, body, by.token, { headers });

const auditOf = async (targetId: string) => {
  const { results } = await env.DB.prepare(
    "SELECT action, actor_id AS actorId, details FROM audit_log WHERE target_id = ? AND action LIKE 'user.%' AND action <> 'user.registered' ORDER BY at, id",
  )
    .bind(targetId)
    .all<{ action: string; actorId: string; details: string | null }>();
  return results;
};

const statusAndCode = ({ status, code }: { status: number; code: string | undefined }) => [status, code];

describe("finding people", () => {
  it("by the beginnings of words of name, username and address, marks and case aside", async () => {
    const admin = await staff("admin");
    const tag = `z${crypto.randomUUID().slice(0, 8)}`;
    const ana = await learner({ displayName: `Amélie ${tag}`, lastName: "Novák" });
    const ben = await learner({ displayName: `Ben ${tag}` });
    const find = async (q: string) =>
      (await get(`${USERS}?q=${encodeURIComponent(q)}`, admin.token)).data.map((user: { id: string }) => user.id);
    expect(await find(tag)).toEqual([ben.id, ana.id]);
    expect(await find(`amel ${tag.slice(0, 5)}`)).toEqual([ana.id]);
    expect(await find(`NOVAK ${tag}`)).toEqual([ana.id]);
    expect(await find(ana.email)).toEqual([ana.id]);
    expect(await find(ana.username)).toEqual([ana.id]);
    expect(await find("elie")).not.toContain(ana.id);
    await patch(ME, { displayName: "Somebody else" }, ana.token);
    expect(await find(tag)).toEqual([ben.id]);
  });

  it.each(['"', '" OR "', "*", "a*b", "NEAR(a b)", "email:x", "-", "()", "' --", "%", "AND", "日本"])(
    "takes %j as text",
    async (q) => {
      const admin = await staff("admin");
      expect((await get(`${USERS}?q=${encodeURIComponent(q)}`, admin.token)).status).toBe(200);
    },
  );

  it("page by page, filtered, each page one round trip", async () => {
    const admin = await staff("admin");
    const tag = `y${crypto.randomUUID().slice(0, 8)}`;
    const people: Learner[] = [];
    for (let i = 0; i < 5; i += 1) people.push(await learner({ displayName: `${tag} ${i}` }));
    for (const filter of [`q=${tag}&`, `q=${tag}&role=student&status=active&`, "role=student&", ""]) {
      const seen: string[] = [];
      let cursor = "";
      do {
        const answer = await get(`${USERS}?${filter}limit=2${cursor && `&cursor=${cursor}`}`, admin.token);
        expect([answer.status, answer.roundTrips]).toEqual([200, 1]);
        seen.push(...answer.data.map((user: { id: string }) => user.id));
        cursor = answer.body.meta.pagination.nextCursor ?? "";
      } while (cursor !== "");
      expect(new Set(seen).size).toBe(seen.length);
      const wanted = new Set(people.map((person) => person.id));
      expect(seen.filter((id) => wanted.has(id))).toEqual(people.map((person) => person.id).reverse());
    }
    const { body } = await get(`${USERS}?q=${tag}&limit=2`, admin.token);
    const foreign = await get(`${USERS}?limit=2&cursor=${body.meta.pagination.nextCursor}`, admin.token);
    expect(statusAndCode(foreign)).toEqual([400, "INVALID_CURSOR"]);
  });

  it("is for those who manage people", async () => {
    const ana = await learner();
    for (const person of [ana, await staff("teacher")]) {
      expect(statusAndCode(await get(USERS, person.token))).toEqual([403, "FORBIDDEN"]);
      expect(statusAndCode(await get(`${USERS}/${ana.id}`, person.token))).toEqual([403, "FORBIDDEN"]);
      expect(statusAndCode(await change(person, ana, { status: "suspended" }))).toEqual([403, "FORBIDDEN"]);
    }
    expect((await get(USERS)).status).toBe(401);
    const admin = await staff("admin");
    expect((await get(`${USERS}/${crypto.randomUUID()}`, admin.token)).status).toBe(404);
    expect((await get(`${USERS}/${ana.id}`, admin.token)).data.email).toBe(ana.email);
  });
});

describe("roles", () => {
  it("take effect at once: the token from before is refused, a refresh brings the new role", async () => {
    await recordEvents();
    const [admin, ana] = [await staff("admin"), await learner()];
    const answer = await change(admin, ana, { roles: ["student", "teacher"] });
    expect([answer.status, answer.roundTrips]).toEqual([200, 2]);
    expect(answer.data.roles).toEqual(["teacher"]);
    expect(statusAndCode(await get(ME, ana.token))).toEqual([401, "TOKEN_REVOKED"]);
    const { data } = await post("/api/v1/auth/refresh", { refreshToken: ana.refreshToken });
    expect((await get(ME, data.accessToken)).data.roles).toEqual(["teacher"]);
    expect(await auditOf(ana.id)).toEqual([
      { action: "user.role_changed", actorId: admin.id, details: JSON.stringify({ from: "student", to: "teacher" }) },
    ]);
    expect(await eventsAbout(ana.id, "user.changed")).toEqual([{ type: "user.changed", userId: ana.id, what: "role" }]);
  });

  it("of admins are the superadmin's to give and take", async () => {
    const [root, admin, other, ana] = [
      await staff("superadmin"),
      await staff("admin"),
      await staff("admin"),
      await learner(),
    ];
    for (const [whom, body] of [
      [ana, { roles: ["admin"] }],
      [ana, { roles: ["superadmin"] }],
      [other, { roles: ["student"] }],
      [other, { status: "suspended" }],
      [root, { roles: ["student"] }],
    ] as const)
      expect(statusAndCode(await change(admin, whom, body))).toEqual([403, "FORBIDDEN"]);
    expect((await change(root, ana, { roles: ["admin"] })).data.roles).toEqual(["admin"]);
    expect((await change(root, other, { roles: ["student"] })).data.roles).toEqual(["student"]);
  });

  it("are nobody's own to change", async () => {
    for (const person of [await staff("admin"), await staff("superadmin")])
      for (const body of [{ roles: ["student"] }, { status: "suspended" }])
        expect(statusAndCode(await change(person, person, body))).toEqual([403, "FORBIDDEN"]);
  });

  it("refuses nonsense", async () => {
    const [admin, ana] = [await staff("admin"), await learner()];
    for (const body of [{}, { roles: [] }, { roles: ["king"] }, { roles: "teacher" }, { status: "deleted" }])
      expect(statusAndCode(await change(admin, ana, body))).toEqual([400, "VALIDATION_ERROR"]);
  });

  it("changed to what they are do nothing", async () => {
    const [admin, ana] = [await staff("admin"), await learner()];
    expect((await change(admin, ana, { roles: ["student"], status: "active" })).status).toBe(200);
    expect(await auditOf(ana.id)).toEqual([]);
    expect((await get(ME, ana.token)).status).toBe(200);
  });

  it("of two admins who change the same person each is taken, in some order", async () => {
    const [first, second, ana] = [await staff("admin"), await staff("admin"), await learner()];
    const answers = await Promise.all([
      change(first, ana, { roles: ["teacher"] }),
      change(second, ana, { status: "suspended" }),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
    const { data } = await get(`${USERS}/${ana.id}`, first.token);
    expect([data.roles, data.status]).toEqual([["teacher"], "suspended"]);
    expect((await auditOf(ana.id)).map((line) => line.action).sort()).toEqual(["user.role_changed", "user.suspended"]);
  });

  it("with If-Match one of two wins", async () => {
    const [first, second, ana] = [await staff("admin"), await staff("admin"), await learner()];
    const etag = (await get(`${USERS}/${ana.id}`, first.token)).headers.get("ETag") ?? "";
    const answers = await Promise.all([
      change(first, ana, { roles: ["teacher"] }, { "If-Match": etag }),
      change(second, ana, { status: "suspended" }, { "If-Match": etag }),
    ]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412]);
  });

  it("leave a superadmin when two demote each other", async () => {
    for (let i = 0; i < 3; i += 1) {
      const [first, second] = [await staff("superadmin"), await staff("superadmin")];
      const answers = await Promise.all([
        change(first, second, { roles: ["student"] }),
        change(second, first, { roles: ["student"] }),
      ]);
      expect(answers.map((answer) => answer.status).sort()).toEqual([200, 401]);
      const { results } = await env.DB.prepare("SELECT role FROM users WHERE id IN (?, ?) ORDER BY role")
        .bind(first.id, second.id)
        .all();
      expect(results).toEqual([{ role: "student" }, { role: "superadmin" }]);
    }
  });

  it("are looked up in D1: an admin of a minute ago changes nobody, even where the deny list has not arrived", async () => {
    const [admin, ana] = [await staff("admin"), await learner()];
    await env.DB.prepare("UPDATE users SET role = 'student' WHERE id = ?").bind(admin.id).run();
    expect(statusAndCode(await change(admin, ana, { roles: ["teacher"] }))).toEqual([401, "TOKEN_REVOKED"]);
    const body = { email: "late@example.org", username: "late_one", roles: ["student"] };
    expect(statusAndCode(await post(USERS, body, admin.token))).toEqual([401, "TOKEN_REVOKED"]);
    expect((await get(`/api/v1/users/late_one`, ana.token)).status).toBe(404);
  });
});

describe("suspension", () => {
  it("ends every session at once and keeps the person out until they are reinstated", async () => {
    await recordEvents();
    const [admin, ana] = [await staff("admin"), await learner()];
    const phone = await signIn(ana);
    expect((await change(admin, ana, { status: "suspended" })).data.status).toBe("suspended");
    for (const { token, refreshToken } of [ana, phone]) {
      expect(statusAndCode(await get(ME, token))).toEqual([401, "TOKEN_REVOKED"]);
      expect((await post("/api/v1/auth/refresh", { refreshToken })).status).toBeGreaterThanOrEqual(401);
    }
    await expect(signIn(ana)).rejects.toThrow("ACCOUNT_SUSPENDED");
    expect((await get(`/api/v1/users/${ana.username}`, admin.token)).status).toBe(404);
    expect((await eventsAbout(ana.id, "user.changed", "session.ended")).map((event) => event["type"])).toEqual([
      "user.changed",
      "session.ended",
    ]);

    expect((await change(admin, ana, { status: "active" })).data.status).toBe("active");
    expect((await post("/api/v1/auth/refresh", { refreshToken: ana.refreshToken })).status).toBe(401);
    const again = await signIn(ana);
    expect((await get(ME, again.token)).status).toBe(200);
    expect((await auditOf(ana.id)).map((line) => line.action)).toEqual(["user.suspended", "user.reinstated"]);
  });
});

it("tokens from before a change are refused even when the request died between its commit and the deny list", async () => {
  const ctx = createContext(env, { waitUntil: () => undefined });
  const ana = await learner();
  const told = (what: "status" | "profile") =>
    dispatch(ctx, userSubscribers, { id: newId(), version: 1, body: { type: "user.changed", userId: ana.id, what } });
  await told("profile");
  expect((await get(ME, ana.token)).status).toBe(200);
  await told("status");
  expect(statusAndCode(await get(ME, ana.token))).toEqual([401, "TOKEN_REVOKED"]);
  expect((await get(ME, (await signIn(ana)).token)).status).toBe(200);
});

describe("an invitation", () => {
  const invitee = () => {
    const username = `new_${crypto.randomUUID().slice(0, 8)}`;
    return { email: `${username}@example.org`, username, roles: ["teacher"], displayName: "Thea Novak" };
  };

  it("makes an account and mails the link that sets its password", async () => {
    const admin = await staff("admin");
    const body = invitee();
    const answer = await post(USERS, body, admin.token);
    expect([answer.status, answer.roundTrips]).toEqual([201, 1]);
    expect(answer.headers.get("Location")).toBe(`${USERS}/${answer.data.id}`);
    expect(answer.data).toMatchObject({ ...body, status: "active", emailVerified: false, lastLoginAt: null });
    const [mail] = await eventually(
      async () => (await get(`/dev/mailbox?to=${body.email}`)).body as { subject: string; text: string }[],
      (mails) => mails.length > 0,
    );
    expect(mail?.subject).toBe("You are invited to Guildhall");
    const token = /reset-password\?token=(?<token>[\w-]+)/u.exec(mail?.text ?? "")?.groups?.["token"];
    expect(token).toBeDefined();
    expect((await post("/api/v1/auth/password/reset", { token, password: "Bright-Meadow-3" })).status).toBe(204);
    const signedIn = await post("/api/v1/auth/login", { email: body.email, password: "Bright-Meadow-3" });
    expect(signedIn.data.user.roles).toEqual(["teacher"]);
  });

  it("is refused where name or address are taken, and for what only a superadmin grants", async () => {
    const [admin, ana] = [await staff("admin"), await learner()];
    const fresh = invitee();
    expect((await post(USERS, { ...fresh, email: ana.email.toUpperCase() }, admin.token)).code).toBe("EMAIL_TAKEN");
    expect((await post(USERS, { ...fresh, username: ana.username }, admin.token)).code).toBe("USERNAME_TAKEN");
    expect((await post(USERS, { ...fresh, roles: ["admin"] }, admin.token)).code).toBe("FORBIDDEN");
    expect((await post(USERS, fresh, ana.token)).code).toBe("FORBIDDEN");
    const root = await staff("superadmin");
    expect((await post(USERS, { ...fresh, roles: ["admin"] }, root.token)).data.roles).toEqual(["admin"]);
  });

  it("sent twice with one key is one account and one mail", async () => {
    const admin = await staff("admin");
    const body = invitee();
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    const first = await post(USERS, body, admin.token, { headers });
    const again = await post(USERS, body, admin.token, { headers });
    expect(again.data.id).toBe(first.data.id);
    const count = await env.DB.prepare("SELECT count(*) AS n FROM mails WHERE user_id = ?").bind(first.data.id).first();
    expect(count).toEqual({ n: 1 });
  });

  it("cannot be logged into without a password", async () => {
    const admin = await staff("admin");
    const body = invitee();
    await post(USERS, body, admin.token);
    for (const password of ["", "null", "Sunny-Harbour-7"])
      expect((await call("POST", "/api/v1/auth/login", { body: { email: body.email, password } })).status).not.toBe(
        200,
      );
  });
});

describe("who may change whom", () => {
  const role = fc.constantFrom(...(Object.keys(PERMISSIONS) as Role[]));

  it("never oneself, never an office without being superadmin, always a learner when managing people", () => {
    fc.assert(
      fc.property(role, role, fc.option(role, { nil: undefined }), (mine, theirs, given) => {
        const refused = refusal({ id: "a", role: mine }, { id: "b", role: theirs }, { role: given });
        const touchesOffice = isOffice(theirs) || (given !== undefined && isOffice(given));
        const allowed = mine === "superadmin" || (mine === "admin" && !touchesOffice);
        expect(refused === null).toBe(allowed);
        expect(refusal({ id: "a", role: mine }, { id: "a", role: mine }, { role: given })).not.toBeNull();
      }),
    );
  });

  it("the highest of several roles has all that the others have", () => {
    fc.assert(
      fc.property(fc.array(role, { minLength: 1 }), (roles) => {
        const highest = permissionsOf(highestOf(roles));
        for (const one of roles) for (const permission of permissionsOf(one)) expect(highest).toContain(permission);
        expect(roles).toContain(highestOf(roles));
      }),
    );
  });
});
