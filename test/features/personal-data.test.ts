import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { getTableName } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { HOLDINGS } from "../../src/features/personal-data/holdings.ts";
import { call, eventually, get, patch, post } from "../helpers/client.ts";
import { eventsAbout, recordEvents } from "../helpers/events.ts";
import type { Learner } from "../helpers/factories.ts";
import { PASSWORD, challenge, goal, learner, signIn, staff } from "../helpers/factories.ts";

const ME = "/api/v1/users/me";
const ROOMS = "/api/v1/rooms";

const erase = (person: Learner, body: unknown = { password: PASSWORD }) =>
  call("DELETE", ME, { token: person.token, body });

const statusAndCode = ({ status, code }: { status: number; code: string | undefined }) => [status, code];

const tablesOf = async (): Promise<string[]> => {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE '!_cf!_%' ESCAPE '!'",
  ).all<{ name: string }>();
  return results.map((row) => row.name);
};

/** `table.column` of everything that refers to a user. */
async function columnsThatNamePeople(): Promise<string[]> {
  const tables = await tablesOf();
  const keys = await env.DB.batch<{ from: string; table: string }>(
    tables.map((table) => env.DB.prepare(`PRAGMA foreign_key_list("${table}")`)),
  );
  return tables.flatMap((table, index) =>
    (keys[index]?.results ?? []).filter((key) => key.table === "users").map((key) => `${table}.${key.from}`),
  );
}

describe("the table of what is held on people", () => {
  const named = HOLDINGS.map(({ column }) => `${getTableName(column.table)}.${column.name}`);

  it("names every column that refers to a user, each once", async () => {
    expect(named.toSorted()).toEqual((await columnsThatNamePeople()).toSorted());
  });

  it("gives everything a name of its own in the export, or a reason", () => {
    const names = HOLDINGS.flatMap(({ exported }) => (typeof exported === "string" ? [exported] : []));
    expect(new Set(names).size).toBe(names.length);
    const reasons = HOLDINGS.flatMap(({ exported, onDeletion }) => [
      ...(typeof exported === "string" ? [] : [exported.not]),
      ...(typeof onDeletion !== "string" && "keep" in onDeletion ? [onDeletion.keep] : []),
    ]);
    expect(reasons.filter((reason) => reason.length < 10)).toEqual([]);
  });
});

/** Words that appear nowhere else, in every field that people fill in. */
function marked() {
  const tag = crypto.randomUUID().slice(0, 8);
  const word = (text: string) => `${text}${tag}`;
  return {
    words: ["axolotl", "bilby", "capybara", "dugong", "echidna", "fossa"].map(word),
    account: {
      username: word("axolotl"),
      email: `${word("bilby")}@example.org`,
      firstName: word("Capybara"),
      lastName: word("Dugong"),
    },
    profile: {
      displayName: word("Echidna"),
      bio: `I am ${word("Fossa")}`,
      phone: `+351 900 ${tag}`,
      avatarUrl: `https://images.example.org/${word("axolotl")}.png`,
      skills: [word("bilby")],
      interests: [word("capybara")],
    },
  };
}

interface Life {
  person: Learner;
  words: string[];
  friend: Learner;
  roomId: string;
  directId: string;
  leftRoomId: string;
  challengeId: string;
}

/** Somebody who has left traces everywhere. */
async function aLife(): Promise<Life> {
  const { words, account, profile } = marked();
  const person = await learner(account).then((made) => ({ ...made, ...account }));
  const friend = await learner();
  await patch(ME, profile, person.token);
  const mine = await goal(person, { visibility: "public", title: "A public goal" });
  await goal(person, { title: "A private goal" });
  const work = await challenge(person, mine.id);
  await post("/api/v1/submissions", { challengeId: work.id, content: { text: "one two three" } }, person.token);
  const room = await post(ROOMS, { kind: "public", name: "Night readers" }, person.token);
  const left = await post(ROOMS, { kind: "public", name: "Early birds" }, friend.token);
  const direct = await post(`${ROOMS}/direct`, { username: friend.username }, person.token);
  await post(`${ROOMS}/${room.data.id}/join`, {}, friend.token);
  await post(`${ROOMS}/${left.data.id}/join`, {}, person.token);
  for (const id of [room.data.id, left.data.id, direct.data.id])
    await post(`${ROOMS}/${id}/messages`, { clientId: "c1", body: "Good evening" }, person.token);
  await post(`${ROOMS}/${left.data.id}/leave`, {}, person.token);
  await eventually(
    async () => (await get(`/dev/mailbox?to=${person.email}`)).body as unknown[],
    (mails) => mails.length > 0,
  );
  return {
    person,
    words,
    friend,
    roomId: room.data.id,
    directId: direct.data.id,
    leftRoomId: left.data.id,
    challengeId: work.id,
  };
}

describe("the export", () => {
  it("holds all of it, no secret, and nobody else's", async () => {
    const { person, friend, roomId, directId, leftRoomId } = await aLife();
    const answer = await get(`${ME}/export`, person.token);
    expect([answer.status, answer.roundTrips]).toEqual([200, 2]);
    expect(answer.headers.get("Content-Disposition")).toContain("attachment");
    const held = answer.data;
    expect(held.profile.email).toBe(person.email);
    const names = HOLDINGS.flatMap(({ exported }) => (typeof exported === "string" ? [exported] : []));
    expect(names.filter((name) => !Array.isArray(held[name]))).toEqual([]);
    expect(held.sessions).toHaveLength(1);
    expect(held.goals.map((row: { title: string }) => row.title).toSorted()).toEqual([
      "A private goal",
      "A public goal",
    ]);
    expect(held.submissions[0].content).toEqual({ text: "one two three" });
    expect(held.xp.length).toBeGreaterThan(0);
    expect(held.activityDays).toHaveLength(1);
    expect(held.mails.length).toBeGreaterThan(0);
    expect(held.memberships.map((row: { roomId: string }) => row.roomId).toSorted()).toEqual(
      [roomId, directId].toSorted(),
    );
    expect(held.messages.map((row: { roomId: string }) => row.roomId).toSorted()).toEqual(
      [roomId, directId, leftRoomId].toSorted(),
    );
    expect(held.auditLogAboutMe.length).toBeGreaterThan(0);
    expect(held.goals[0].createdAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/u);
    const text = JSON.stringify(held);
    for (const secret of [friend.email, friend.id, "argon2", "passwordHash", '"hash"', '"secret"'])
      expect(text).not.toContain(secret);
  });

  it("is one's own, and wants a session that D1 knows", async () => {
    expect((await get(`${ME}/export`)).status).toBe(401);
    const ana = await learner();
    await env.DB.prepare("UPDATE sessions SET revoked_at = 1 WHERE user_id = ?").bind(ana.id).run();
    expect(statusAndCode(await get(`${ME}/export`, ana.token))).toEqual([401, "TOKEN_REVOKED"]);
  });
});

/** Every cell of the database that holds one of the words, whatever its table; blobs are read as the bytes they are. */
async function placesOf(words: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const table of await tablesOf()) {
    if (table === "recorded_events") continue;
    const { results } = await env.DB.prepare(`SELECT * FROM "${table}"`).all();
    for (const row of results)
      for (const [column, value] of Object.entries(row)) {
        const text = Array.isArray(value) ? String.fromCharCode(...(value as number[])) : String(value);
        for (const word of words) if (text.toLowerCase().includes(word)) found.push(`${table}.${column}: ${word}`);
      }
  }
  return found;
}

/** The same of what a room's object keeps. */
const placesInRoom = (roomId: string, words: readonly string[]): Promise<string[]> =>
  runInDurableObject(env.CHAT_ROOM.getByName(roomId), (_, { storage }) =>
    ["people", "messages", "events", "room", "read_marks"].flatMap((table) => {
      const text = JSON.stringify(storage.sql.exec(`SELECT * FROM ${table}`).toArray()).toLowerCase();
      return words.filter((word) => text.includes(word)).map((word) => `${table}: ${word}`);
    }),
  );

const memberships = (userId: string) =>
  env.DB.prepare(
    "SELECT (SELECT count(*) FROM room_members WHERE user_id = ?1) + (SELECT count(*) FROM former_members WHERE user_id = ?1) AS n",
  )
    .bind(userId)
    .first<number>("n");

describe("deletion", () => {
  it("leaves no personal word in any table and no name in any room", async () => {
    const { person, words, friend, roomId, directId, leftRoomId, challengeId } = await aLife();
    expect((await placesOf(words)).length).toBeGreaterThan(10);
    expect(await placesInRoom(leftRoomId, words)).not.toEqual([]);
    const answer = await erase(person);
    expect([answer.status, answer.code]).toEqual([204, undefined]);
    await eventually(
      () => memberships(person.id),
      (n) => n === 0,
    );

    expect(await placesOf(words)).toEqual([]);
    const tombstone = `deleted-user-${person.id.slice(-12)}`;
    for (const id of [roomId, leftRoomId, directId]) {
      expect(await placesInRoom(id, words)).toEqual([]);
      const { data } = await get(`${ROOMS}/${id}/messages`, friend.token);
      expect(data[0]).toMatchObject({ body: "Good evening", author: { username: tombstone, avatarUrl: null } });
    }
    expect((await get(`${ROOMS}/${directId}`, friend.token)).data.name).toContain(tombstone);
    expect((await get(`${ROOMS}/${roomId}`, friend.token)).data.role).toBe("owner");
    const teacher = await staff("teacher");
    const { data } = await get(`/api/v1/submissions/challenge/${challengeId}`, teacher.token);
    expect(data[0].author).toMatchObject({ username: tombstone, displayName: "Deleted user", avatarUrl: null });
    expect(data[0].content).toEqual({ text: "one two three" });
  });

  it("ends every session at once, and the address and the name are free", async () => {
    await recordEvents();
    const ana = await learner();
    const phone = await signIn(ana);
    expect((await erase(ana)).status).toBe(204);
    for (const { token, refreshToken } of [ana, phone]) {
      expect((await get(ME, token)).status).toBe(401);
      expect((await post("/api/v1/auth/refresh", { refreshToken })).status).toBe(401);
    }
    const gone = await post("/api/v1/auth/login", { email: ana.email, password: PASSWORD });
    expect(statusAndCode(gone)).toEqual([401, "INVALID_CREDENTIALS"]);
    expect((await eventsAbout(ana.id, "user.deleted", "session.ended")).map((event) => event["type"])).toEqual([
      "user.deleted",
      "session.ended",
    ]);
    const again = await learner({ email: ana.email, username: ana.username });
    expect(again.id).not.toBe(ana.id);
    const admin = await staff("admin");
    expect((await get(`/api/v1/admin/users/${ana.id}`, admin.token)).status).toBe(404);
    const found = await get(`/api/v1/admin/users?q=${ana.username}`, admin.token);
    expect(found.data.map((user: { username: string }) => user.username)).toEqual([ana.username]);
    expect((await patch(`/api/v1/admin/users/${ana.id}`, { status: "active" }, admin.token)).status).toBe(404);
  });

  it("erases private goals, unless others have worked in them", async () => {
    const [ana, ben] = [await learner(), await learner()];
    const alone = await goal(ana);
    const shared = await goal(ana, { visibility: "public" });
    const work = await challenge(ana, shared.id);
    await post(`/api/v1/goals/${shared.id}/join`, {}, ben.token);
    const handedIn = await post(
      "/api/v1/submissions",
      { challengeId: work.id, content: { text: "one two three" } },
      ben.token,
    );
    await patch(`/api/v1/goals/${shared.id}`, { visibility: "private" }, ana.token);
    expect((await erase(ana)).status).toBe(204);
    const { results } = await env.DB.prepare("SELECT id FROM goals WHERE id IN (?, ?)").bind(alone.id, shared.id).all();
    expect(results).toEqual([{ id: shared.id }]);
    expect((await get(`/api/v1/submissions/${handedIn.data.id}`, ben.token)).status).toBe(200);
  });

  it("wants the password, and once", async () => {
    const ana = await learner();
    expect(statusAndCode(await erase(ana, { password: "Wrong-Harbour-7" }))).toEqual([403, "INVALID_CREDENTIALS"]);
    expect(statusAndCode(await erase(ana, {}))).toEqual([400, "VALIDATION_ERROR"]);
    expect(statusAndCode(await call("DELETE", ME, { token: ana.token }))).toEqual([400, "VALIDATION_ERROR"]);
    const answers = await Promise.all([erase(ana), erase(ana)]);
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([204, 401]);
    expect((await call("DELETE", ME)).status).toBe(401);
  });

  it("of an account without a password wants a recent login instead", async () => {
    const ana = await learner();
    await env.DB.prepare("UPDATE users SET password_hash = NULL WHERE id = ?").bind(ana.id).run();
    const at = (ms: number) =>
      env.DB.prepare("UPDATE sessions SET created_at = ?, verified_at = NULL WHERE user_id = ?")
        .bind(Date.now() - ms, ana.id)
        .run();
    await at(11 * 60_000);
    expect(statusAndCode(await erase(ana, {}))).toEqual([403, "STEP_UP_REQUIRED"]);
    await at(9 * 60_000);
    expect((await erase(ana, {})).status).toBe(204);
  });

  it("keeps one superadmin, also when two leave at once", async () => {
    await env.DB.prepare("UPDATE users SET role = 'student' WHERE role = 'superadmin'").run();
    const [first, second] = [await staff("superadmin"), await staff("superadmin")];
    const answers = await Promise.all([erase(first), erase(second)]);
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([204, 422]);
    expect(answers.find((answer) => answer.status === 422)?.code).toBe("LAST_SUPERADMIN");
  });

  it("does nothing to anybody else", async () => {
    const { person, friend } = await aLife();
    const before = (await get(ME, friend.token)).data;
    await erase(person);
    await eventually(
      () => memberships(person.id),
      (n) => n === 0,
    );
    expect((await get(ME, friend.token)).data).toEqual(before);
    expect((await get(`${ROOMS}?mine=true`, friend.token)).data).toHaveLength(3);
  });
});
