import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changedFields } from "../../src/features/users/rules.ts";
import { call, get, patch, post } from "../helpers/client.ts";
import { eventsAbout, recordEvents } from "../helpers/events.ts";
import { challenge, goal, learner } from "../helpers/factories.ts";

const ME = "/api/v1/users/me";
const PROFILE = "/api/v1/auth/profile";

const put = (body: unknown, token: string, headers: Record<string, string> = {}) =>
  call("PUT", PROFILE, { body, token, headers });

describe("my profile", () => {
  it("changes what is named and nothing else", async () => {
    const ana = await learner({ firstName: "Ana" });
    const answer = await patch(
      ME,
      {
        displayName: "  Ana Lima ",
        bio: "Learning Spanish, slowly.",
        phone: "+351 900 000 000",
        avatarUrl: "https://images.example.org/ana.png",
        locale: "pt-PT",
        timezone: "Europe/Lisbon",
        skills: ["writing", "writing", "cooking"],
        interests: ["languages"],
        privacy: { showName: false },
      },
      ana.token,
    );
    expect(answer.status).toBe(200);
    expect(answer.roundTrips).toBe(2);
    expect(answer.data).toMatchObject({
      username: ana.username,
      displayName: "Ana Lima",
      firstName: "Ana",
      lastName: null,
      skills: ["writing", "cooking"],
      timezone: "Europe/Lisbon",
      privacy: { showProfile: true, showName: false, showActivity: true, showOnLeaderboards: true },
    });
    expect((await get(ME, ana.token)).data).toEqual(answer.data);
    expect((await patch(ME, { bio: null, unknown: 1 }, ana.token)).data).toEqual({ ...answer.data, bio: null });
  });

  it("replaces on PUT: what is left out is emptied, but not what everybody has", async () => {
    const ana = await learner({ firstName: "Ana", lastName: "Lima", phone: "+351 900", timezone: "Asia/Tokyo" });
    await patch(ME, { bio: "Hello", skills: ["a"], privacy: { showProfile: false } }, ana.token);
    const { status, data } = await put({ displayName: "Mei", interests: ["b"] }, ana.token);
    expect(status).toBe(200);
    expect(data).toMatchObject({
      displayName: "Mei",
      username: ana.username,
      firstName: null,
      lastName: null,
      phone: null,
      bio: null,
      skills: [],
      interests: ["b"],
      timezone: "Asia/Tokyo",
      privacy: { showProfile: false, showName: true },
    });
  });

  it.each([
    ["timezone", "Mars/Olympus"],
    ["timezone", "+02:00"],
    ["locale", "x"],
    ["avatarUrl", "http://example.org/a.png"],
    ["avatarUrl", "javascript:alert(1)"],
    ["displayName", "   "],
    ["displayName", "x".repeat(81)],
    ["displayName", null],
    ["bio", "x".repeat(1001)],
    ["firstName", "a\u0000b"],
    ["phone", "1"],
    ["skills", Array.from({ length: 31 }, (_, n) => `skill ${n}`)],
    ["skills", [""]],
    ["interests", "music"],
    ["username", "no spaces"],
    ["username", "me"],
    ["privacy", { showName: "yes" }],
  ])("refuses %s %j", async (field, value) => {
    const ana = await learner();
    const answer = await patch(ME, { [field]: value }, ana.token);
    expect([answer.status, answer.code]).toEqual([400, "VALIDATION_ERROR"]);
    expect(answer.body.error.details[0].path).toMatch(new RegExp(`^body\\.${field}`, "u"));
  });

  it("counts code points and normalises", async () => {
    const ana = await learner();
    expect((await patch(ME, { displayName: "🦊".repeat(80) }, ana.token)).status).toBe(200);
    expect((await patch(ME, { displayName: "Ame\u0301lie" }, ana.token)).data.displayName).toBe("Am\u00e9lie");
  });

  it("cannot give itself a role, an address or a status", async () => {
    const ana = await learner();
    await patch(ME, { roles: ["admin"], role: "admin", email: "x@example.org", status: "suspended", xp: 9 }, ana.token);
    expect((await get(ME, ana.token)).data).toMatchObject({
      roles: ["student"],
      email: ana.email,
      status: "active",
      xp: 0,
    });
  });

  it("takes another username when it is free", async () => {
    const [ana, ben] = [await learner(), await learner()];
    const taken = await patch(ME, { username: ben.username.toUpperCase() }, ana.token);
    expect([taken.status, taken.code]).toEqual([409, "USERNAME_TAKEN"]);
    const name = `new_${crypto.randomUUID().slice(0, 8)}`;
    expect((await patch(ME, { username: name }, ana.token)).data.username).toBe(name);
    expect((await get(`/api/v1/users/${name}`, ben.token)).data.id).toBe(ana.id);
    expect((await get(`/api/v1/users/${ana.username}`, ben.token)).status).toBe(404);
  });

  it("tells what others see, and only when it changed", async () => {
    await recordEvents();
    const ana = await learner();
    const told = async () => (await eventsAbout(ana.id, "user.changed")).map((event) => event["what"]);
    await patch(ME, { bio: "nobody is told" }, ana.token);
    expect(await told()).toEqual([]);
    await patch(ME, { displayName: "Ana" }, ana.token);
    await patch(ME, { displayName: "Ana" }, ana.token);
    expect(await told()).toEqual(["profile"]);
    await patch(ME, { privacy: { showOnLeaderboards: false }, avatarUrl: "https://example.org/a.png" }, ana.token);
    expect(await told()).toEqual(["profile", "profile", "privacy"]);
  });

  it("answers 304 to whoever has it, and 412 to whoever saw another", async () => {
    const ana = await learner();
    for (const path of [ME, PROFILE]) {
      const first = await get(path, ana.token);
      const etag = first.headers.get("ETag") ?? "";
      expect(etag).toMatch(/^"[\w-]+"$/u);
      expect((await get(path, ana.token, { headers: { "If-None-Match": etag } })).status).toBe(304);
    }
    const etag = (await get(ME, ana.token)).headers.get("ETag") ?? "";
    const changed = await patch(ME, { bio: "one" }, ana.token, { headers: { "If-Match": etag } });
    expect(changed.status).toBe(200);
    const late = await put({ bio: "two" }, ana.token, { "If-Match": etag });
    expect([late.status, late.code]).toEqual([412, "PRECONDITION_FAILED"]);
    const fresh = changed.headers.get("ETag") ?? "";
    expect((await put({ bio: "three" }, ana.token, { "If-Match": fresh })).status).toBe(200);
  });

  it("lets one of two with the same copy win, and both without a copy", async () => {
    const ana = await learner();
    const etag = (await get(ME, ana.token)).headers.get("ETag") ?? "";
    const guarded = await Promise.all(
      ["one", "two"].map((bio) => patch(ME, { bio }, ana.token, { headers: { "If-Match": etag } })),
    );
    expect(guarded.map((answer) => answer.status).sort()).toEqual([200, 412]);
    const free = await Promise.all([
      patch(ME, { privacy: { showName: false } }, ana.token),
      patch(ME, { privacy: { showActivity: false } }, ana.token),
    ]);
    expect(free.map((answer) => answer.status)).toEqual([200, 200]);
    expect((await get(ME, ana.token)).data.privacy).toMatchObject({ showName: false, showActivity: false });
  });
});

describe("a public profile", () => {
  it("shows what is public and never what is not", async () => {
    const ana = await learner({ firstName: "Ana", lastName: "Lima", phone: "+351 900", displayName: "Ana Lima" });
    const ben = await learner();
    const { status, data, roundTrips } = await get(`/api/v1/users/${ana.username}`, ben.token);
    expect([status, roundTrips]).toEqual([200, 1]);
    expect(data).toMatchObject({
      id: ana.id,
      username: ana.username,
      displayName: "Ana Lima",
      firstName: "Ana",
      roles: [],
      level: 1,
      streak: { current: 0, longest: 0 },
    });
    for (const secret of ["email", "phone", "status", "privacy", "locale", "timezone", "lastLoginAt", "referralCode"])
      expect(data).not.toHaveProperty(secret);
  });

  it("hides names and activity when asked to", async () => {
    const ana = await learner({ firstName: "Ana", displayName: "Ana Lima" });
    await patch(ME, { privacy: { showName: false, showActivity: false } }, ana.token);
    const { data } = await get(`/api/v1/users/${ana.username}`, (await learner()).token);
    expect(data).toMatchObject({ displayName: ana.username, firstName: null, lastName: null, streak: null });
  });

  it("is nobody to others when hidden, suspended or unknown, and always there for oneself", async () => {
    const [ana, ben] = [await learner(), await learner()];
    const path = `/api/v1/users/${ana.username}`;
    await patch(ME, { privacy: { showProfile: false } }, ana.token);
    expect((await get(path, ben.token)).status).toBe(404);
    expect((await get(path, ana.token)).status).toBe(200);
    await patch(ME, { privacy: { showProfile: true } }, ana.token);
    await env.DB.prepare("UPDATE users SET status = 'suspended' WHERE id = ?").bind(ana.id).run();
    expect((await get(path, ben.token)).status).toBe(404);
    for (const name of ["nobody_at_all", "deleted-user-1", "%F0%9F%A6%8A", "a".repeat(90)])
      expect((await get(`/api/v1/users/${name}`, ben.token)).code).toBe("NOT_FOUND");
  });

  it("bears badges of office, the superadmin's as any admin's", async () => {
    const [ana, ben] = [await learner(), await learner()];
    for (const [role, badges] of [
      ["teacher", ["teacher"]],
      ["admin", ["admin"]],
      ["superadmin", ["admin"]],
    ] as const) {
      await env.DB.prepare("UPDATE users SET role = ? WHERE id = ?").bind(role, ana.id).run();
      expect((await get(`/api/v1/users/${ana.username}`, ben.token)).data.roles).toEqual(badges);
    }
    await env.DB.prepare("UPDATE users SET role = 'student' WHERE id = ?").bind(ana.id).run();
  });

  it("has an ETag", async () => {
    const ana = await learner();
    const path = `/api/v1/users/${ana.username}`;
    const etag = (await get(path, ana.token)).headers.get("ETag") ?? "";
    expect((await get(path, ana.token, { headers: { "If-None-Match": etag } })).status).toBe(304);
  });
});

describe("changedFields", () => {
  it("names exactly what differs, and applying it twice changes nothing more", () => {
    const value = fc.oneof(fc.string(), fc.constant(null), fc.array(fc.string(), { maxLength: 3 }));
    const record = fc.record({ a: value, b: value, c: value });
    fc.assert(
      fc.property(record, fc.record({ a: value, b: value, c: value }, { requiredKeys: [] }), (current, input) => {
        const changed = changedFields(current, input);
        const next = { ...current, ...changed };
        expect(next).toEqual({ ...current, ...input });
        expect(changedFields(next, input)).toEqual({});
        for (const name of Object.keys(changed) as (keyof typeof current)[])
          expect(changed[name]).not.toEqual(current[name]);
      }),
    );
  });
});

describe("the name others see", () => {
  it("is the username of who hides theirs, wherever they appear", async () => {
    const [ana, ben] = [await learner({ displayName: "Ana Lima" }), await learner()];
    const circle = await goal(ana, { visibility: "public" });
    const work = await challenge(ana, circle.id);
    const handIn = { challengeId: work.id, content: { text: "one two three" } };
    const handedIn = await post("/api/v1/submissions", handIn, ana.token);
    expect(handedIn.data.author.displayName).toBe("Ana Lima");
    const room = await post("/api/v1/rooms", { kind: "public", name: "Night readers" }, ana.token);
    await post(`/api/v1/goals/${circle.id}/join`, {}, ben.token);
    const path = `/api/v1/submissions/${handedIn.data.id}`;
    const shown = async () => [
      (await get(path, ben.token)).data.author.displayName,
      (await get(`/api/v1/submissions/challenge/${work.id}`, ben.token)).data[0].author.displayName,
      (await get(`/api/v1/rooms/${room.data.id}/members`, ben.token)).data[0].user.displayName,
      (await get(`/api/v1/users/${ana.username}`, ben.token)).data.displayName,
    ];
    expect(await shown()).toEqual(Array(4).fill("Ana Lima"));
    await patch(ME, { privacy: { showName: false } }, ana.token);
    expect(await shown()).toEqual(Array(4).fill(ana.username));
  });
});
