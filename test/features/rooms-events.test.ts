import { env, exports } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { call, eventually, get, ORIGIN, patch, post } from "../helpers/client.ts";
import { recordEvents } from "../helpers/events.ts";
import { goal, type Learner, learner, staff } from "../helpers/factories.ts";
import { TestSocket } from "../helpers/socket.ts";

beforeAll(recordEvents);

/** The runtime must not be taken down while the queues still deliver. */
afterAll(settle);

async function settle(): Promise<void> {
  const waiting = () => env.DB.prepare("SELECT count(*) AS n FROM outbox").first<number>("n");
  await eventually(waiting, (n) => n === 0);
}

const put = (path: string, body: unknown, token: string) => call("PUT", path, { body, token });
const del = (path: string, token: string) => call("DELETE", path, { token });

async function openRoom(owner: Learner, members: Learner[] = [], fields: object = {}): Promise<string> {
  const { data } = await post("/api/v1/rooms", { kind: "public", name: "Night readers", ...fields }, owner.token);
  for (const person of members) await post(`/api/v1/rooms/${data.id}/join`, undefined, person.token);
  return data.id;
}

async function connect(room: string, person: Learner): Promise<TestSocket> {
  const headers = { Upgrade: "websocket", Authorization: `Bearer ${person.token}` };
  const { webSocket, status } = await exports.default.fetch(
    new Request(`${ORIGIN}/api/v1/rooms/${room}/socket`, { headers }),
  );
  if (webSocket === null) throw new Error(`refused: ${status}`);
  return new TestSocket(webSocket);
}

const say = async (room: string, person: Learner, body: string) =>
  (await post(`/api/v1/rooms/${room}/messages`, { clientId: crypto.randomUUID(), body }, person.token)).data;

interface Told {
  type: string;
  roomId?: string;
  [field: string]: unknown;
}

async function told(type: string, room: string): Promise<Told[]> {
  const { results } = await env.DB.prepare("SELECT message FROM recorded_events ORDER BY rowid").all<{
    message: string;
  }>();
  const all = results.map(({ message }) => JSON.parse(message) as Told);
  return all.filter((event) => event.type === type && event.roomId === room);
}

const auditOf = async (action: string, target: string) =>
  (
    await env.DB.prepare("SELECT actor_id, details FROM audit_log WHERE action = ? AND target_id = ?")
      .bind(action, target)
      .all<{ actor_id: string; details: string }>()
  ).results;

test("a name in a message reaches members who may know of it, once: no strangers, not oneself, nobody who blocked the author", async () => {
  const [ana, ben, chidi, dora] = await Promise.all([learner(), learner(), learner(), learner()]);
  const room = await openRoom(ana, [ben, chidi]);
  expect((await put(`/api/v1/users/${ana.username}/block`, undefined, chidi.token)).status).toBe(204);
  const names = [ana, ben, chidi, dora].map(({ username }) => `@${username}`).join(" ");
  const socket = await connect(room, ana);
  socket.send("send_message", { clientId: "1", body: `${names} and @nobody_at_all, look` });
  const { payload } = await socket.next("chat_message");
  const mentioned = await eventually(
    () => told("message.mentioned", room),
    (events) => events.length > 0,
  );
  expect(mentioned).toEqual([
    { type: "message.mentioned", roomId: room, messageId: payload.id, authorId: ana.id, usernames: [ben.username] },
  ]);
  const message = `/api/v1/rooms/${room}/messages/${String(payload.id)}`;
  await patch(message, { body: `@${ben.username} again` }, ana.token);
  await post(`/api/v1/rooms/${room}/messages`, { clientId: "2", body: `@${ben.username}!` }, ana.token);
  const again = await eventually(
    () => told("message.mentioned", room),
    (events) => events.length > 1,
  );
  expect(again).toHaveLength(2);
});

test("an invitation is told once, whoever else invites at the same time", async () => {
  const [ana, ben, chidi] = await Promise.all([learner(), learner(), learner()]);
  const room = await openRoom(ana, [ben]);
  const answers = await Promise.all(
    [ana, ben, ana].map(({ token }) => post(`/api/v1/rooms/${room}/invitations`, { username: chidi.username }, token)),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  expect(await told("room.invited", room)).toMatchObject([{ userId: chidi.id }]);
  const dora = await learner();
  await put(`/api/v1/users/${ana.username}/block`, undefined, dora.token);
  const unheard = await post(`/api/v1/rooms/${room}/invitations`, { username: dora.username }, ana.token);
  expect(unheard.status).toBe(201);
  expect(await told("room.invited", room)).toHaveLength(1);
});

test("who joins twice at once joins once, and what becomes of members is on record", async () => {
  const [ana, ben] = await Promise.all([learner(), learner()]);
  const room = await openRoom(ana);
  await Promise.all([1, 2, 3].map(() => post(`/api/v1/rooms/${room}/join`, undefined, ben.token)));
  expect(await told("room.member_changed", room)).toMatchObject([{ userId: ben.id, change: "joined" }]);
  await put(`/api/v1/rooms/${room}/members/${ben.id}`, { banned: true }, ana.token);
  await settle();
  expect((await env.CHAT_ROOM.getByName(room).overview(ana.id)).lastSeq).toBe(2);
  expect(await auditOf("member.banned", room)).toMatchObject([{ actor_id: ana.id }]);
});

test("a room that was not told at once is told by the event, with what is still true", async () => {
  const [ana, ben, chidi] = await Promise.all([learner(), learner(), learner()]);
  const room = await openRoom(ana, [ben, chidi]);
  const [first, second] = [await connect(room, ben), await connect(room, chidi)];
  const pending = (id: string, body: object) =>
    env.DB.prepare("INSERT INTO outbox (id, queue, message, aggregate, created_at) VALUES (?, 'events', ?, ?, 0)").bind(
      id,
      JSON.stringify({ ...body, roomId: room }),
      `room:${room}`,
    );
  const news = (userId: string, change: string) => ({ type: "room.member_changed", userId, change });
  await env.DB.batch([
    env.DB.prepare("UPDATE room_members SET state = 'banned' WHERE room_id = ? AND user_id = ?").bind(room, ben.id),
    env.DB.prepare("UPDATE rooms SET name = 'Early birds' WHERE id = ?").bind(room),
    pending("lost-1", news(ben.id, "banned")),
    pending("lost-2", news(chidi.id, "banned")),
    pending("lost-3", { type: "room.changed" }),
  ]);
  expect((await post("/dev/cron", { name: "relay-outbox" })).status).toBe(200);
  expect(await first.untilClosed()).toMatchObject({ code: 4403 });
  await second.next("room_changed", ({ room: info }) => (info as { name: string }).name === "Early birds");
  await settle();
  expect(second.closed).toBeUndefined();
  expect(second.frames.filter(({ type }) => type === "member_changed")).toMatchObject([
    { payload: { userId: ben.id } },
  ]);
});

test("what a moderator deletes is on record, over HTTP and the socket; what its author deletes is not", async () => {
  const [ana, ben] = await Promise.all([learner(), learner()]);
  const room = await openRoom(ana, [ben]);
  const [one, two, own] = [await say(room, ben, "one"), await say(room, ben, "two"), await say(room, ana, "own")];
  expect((await del(`/api/v1/rooms/${room}/messages/${one.id}`, ana.token)).status).toBe(204);
  expect((await del(`/api/v1/rooms/${room}/messages/${own.id}`, ana.token)).status).toBe(204);
  const socket = await connect(room, ana);
  socket.send("delete_message", { messageId: two.id });
  for (const { id } of [one, two]) {
    const lines = await eventually(
      () => auditOf("message.deleted", id),
      (found) => found.length > 0,
    );
    expect(lines).toMatchObject([{ actor_id: ana.id }]);
    expect(JSON.parse(lines[0]?.details ?? "{}")).toEqual({ roomId: room, authorId: ben.id });
  }
  expect(await auditOf("message.deleted", own.id)).toEqual([]);
  const three = await say(room, ben, "three");
  const admin = await staff("admin");
  expect((await del(`/api/v1/rooms/${room}/messages/${three.id}`, admin.token)).status).toBe(204);
  await eventually(
    () => auditOf("message.deleted", three.id),
    ([line]) => line?.actor_id === admin.id,
  );
});

test("a new picture is seen in old messages, and somebody suspended is hung up on", async () => {
  const [ana, ben] = await Promise.all([learner(), learner()]);
  const admin = await staff("admin");
  const room = await openRoom(ana, [ben]);
  await say(room, ben, "hello");
  const [watching, socket] = [await connect(room, ana), await connect(room, ben)];
  const avatarUrl = "https://example.org/ben.png";
  expect((await patch("/api/v1/users/me", { avatarUrl }, ben.token)).status).toBe(200);
  const changed = await watching.next("member_changed", ({ change }) => change === "profile");
  expect(changed.payload).toMatchObject({ userId: ben.id, user: { username: ben.username, avatarUrl } });
  expect((await get(`/api/v1/rooms/${room}/messages`, ana.token)).data[0].author.avatarUrl).toBe(avatarUrl);
  await patch(`/api/v1/admin/users/${ben.id}`, { status: "suspended" }, admin.token);
  expect(await socket.untilClosed()).toMatchObject({ code: 4401 });
});

test("a circle has a room: it is there with the first who joins, and follows who comes and goes", async () => {
  const [ana, ben, chidi] = await Promise.all([learner(), learner(), learner()]);
  const { id: goalId } = await goal(ana, { visibility: "public", title: "Read ".repeat(20).trim() });
  await Promise.all([ben, chidi].map(({ token }) => post(`/api/v1/goals/${goalId}/join`, undefined, token)));
  const mine = async (person: Learner) =>
    (await get("/api/v1/rooms?mine=true", person.token)).data.filter(
      (room: { goalId: string }) => room.goalId === goalId,
    );
  for (const person of [ana, ben, chidi]) {
    await eventually(
      () => mine(person),
      (rooms) => rooms.length === 1,
    );
  }
  const [room] = await mine(ana);
  expect(room).toMatchObject({ kind: "goal", role: "owner", members: 3 });
  expect(await mine(ben)).toMatchObject([{ id: room.id, role: "member" }]);
  const socket = await connect(room.id, chidi);
  expect((await post(`/api/v1/rooms/${room.id}/leave`, undefined, chidi.token)).code).toBe("ILLEGAL_TRANSITION");
  expect((await del(`/api/v1/rooms/${room.id}`, ana.token)).code).toBe("ILLEGAL_TRANSITION");
  expect((await del(`/api/v1/goals/${goalId}/join`, chidi.token)).status).toBe(204);
  expect(await socket.untilClosed()).toMatchObject({ code: 4403 });
  expect((await get(`/api/v1/rooms/${room.id}`, chidi.token)).status).toBe(404);
  await put(`/api/v1/rooms/${room.id}/members/${ben.id}`, { banned: true }, ana.token);
  await del(`/api/v1/goals/${goalId}/join`, ben.token);
  await post(`/api/v1/goals/${goalId}/join`, undefined, ben.token);
  await post(`/api/v1/goals/${goalId}/join`, undefined, chidi.token);
  await eventually(
    () => mine(chidi),
    (rooms) => rooms.length === 1,
  );
  await settle();
  expect(await mine(ben)).toEqual([]);
});

test("what somebody says whom I have blocked is marked for me, and the socket says whom it is", async () => {
  const [ana, ben] = await Promise.all([learner(), learner()]);
  const room = await openRoom(ana, [ben]);
  await say(room, ben, "hello");
  await put(`/api/v1/users/${ben.username}/block`, undefined, ana.token);
  const history = `/api/v1/rooms/${room}/messages`;
  const marked = await get(history, ana.token);
  expect(marked.data).toMatchObject([{ body: "hello", blocked: true }]);
  expect(marked.roundTrips).toBe(1);
  expect((await get(history, ben.token)).data).toMatchObject([{ blocked: false }]);
  expect((await (await connect(room, ana)).next("welcome")).payload.blocked).toEqual([ben.id]);
  expect((await (await connect(room, ben)).next("welcome")).payload.blocked).toEqual([]);
  const listed = await get("/api/v1/rooms?mine=true", ana.token);
  expect(listed.roundTrips).toBe(1);
  expect(listed.data).toMatchObject([{ unread: 1, lastMessage: { blocked: true } }]);
});

test("the metrics know how many sockets rooms have open", async () => {
  const ana = await learner();
  const room = await openRoom(ana);
  const before = await sockets();
  const [first, second] = [await connect(room, ana), await connect(room, ana)];
  await eventually(sockets, (n) => n === before + 2);
  first.close();
  second.close();
  await eventually(sockets, (n) => n === before);
});

async function sockets(): Promise<number> {
  const samples = await env.METRICS.getByName("all").read();
  const isOurs = ({ family, labels }: { family: string; labels: string }) =>
    family === "websocket_connections" && labels === 'object="chat_room"';
  return samples.find(isOurs)?.value ?? 0;
}
