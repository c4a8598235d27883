import { evictDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { relayName } from "../../src/durable-objects/room-relay/delivery.ts";
import { MOST_RELAYS, relayOf } from "../../src/features/rooms/rules.ts";
import { call, eventually, get, ORIGIN, patch, post } from "../helpers/client.ts";
import { type Learner, learner, staff } from "../helpers/factories.ts";
import { TestSocket } from "../helpers/socket.ts";

const RELAYS = 4;

const knock = (room: string, person: Learner) =>
  exports.default.fetch(
    new Request(`${ORIGIN}/api/v1/rooms/${room}/socket?after=0`, {
      headers: { Upgrade: "websocket", Authorization: `Bearer ${person.token}` },
    }),
  );

async function connect(room: string, person: Learner): Promise<TestSocket> {
  const { webSocket, status } = await knock(room, person);
  if (webSocket === null) throw new Error(`refused: ${status}`);
  const socket = new TestSocket(webSocket);
  await socket.next("sync_complete");
  return socket;
}

const relaysOf = (room: string) =>
  Array.from({ length: RELAYS }, (_, n) => env.ROOM_RELAY.getByName(relayName(room, n)));

/** A room whose sockets are spread over four relays, and people in it, each relay having some. */
async function bigRoom(): Promise<{ room: string; admin: Learner; owner: Learner; people: Learner[] }> {
  const [admin, owner] = [await staff("admin"), await learner()];
  const { data } = await post("/api/v1/rooms", { kind: "public", name: "The great hall" }, owner.token);
  const set = await patch(`/api/v1/rooms/${data.id}`, { relays: RELAYS }, admin.token);
  expect(set).toMatchObject({ status: 200, data: { relays: RELAYS } });
  const people = [owner];
  const covered = () => new Set(people.map(({ id }) => relayOf({ relays: RELAYS }, 0, id)));
  while (covered().size < RELAYS) {
    const person = await learner();
    people.push(person);
    await post(`/api/v1/rooms/${data.id}/join`, undefined, person.token);
  }
  return { room: data.id, admin, owner, people };
}

test("a person's sockets go to one relay of those there are, people to all of them; small rooms have none", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: 1, max: MOST_RELAYS }), fc.nat(1_000_000), (id, relays, members) => {
      const relay = relayOf({ relays }, members, id);
      expect(relay).toBe(relayOf({ relays }, 0, id));
      expect(relay).toBeGreaterThanOrEqual(0);
      expect(relay).toBeLessThan(relays);
      expect(relayOf({ relays: 0 }, members, id)).toBeNull();
      expect(relayOf({ relays: null }, members, id) === null).toBe(members <= 5000);
    }),
  );
  const ids = Array.from({ length: 4000 }, () => crypto.randomUUID());
  for (let relay = 0; relay < 4; relay += 1) {
    const share = ids.filter((id) => relayOf({ relays: 4 }, 0, id) === relay).length / ids.length;
    expect(Math.abs(share - 0.25)).toBeLessThan(0.05);
  }
});

test("only administrators set how many relays there are", async () => {
  const { room, owner } = await bigRoom();
  expect((await patch(`/api/v1/rooms/${room}`, { relays: 1 }, owner.token)).code).toBe("FORBIDDEN");
  const admin = await staff("admin");
  expect((await patch(`/api/v1/rooms/${room}`, { relays: 1, name: "Mine" }, admin.token)).code).toBe("NOT_A_MEMBER");
  expect((await patch(`/api/v1/rooms/${room}`, { relays: 33 }, admin.token)).status).toBe(400);
  expect((await patch(`/api/v1/rooms/${room}`, { relays: null }, admin.token)).data.relays).toBeNull();
  expect((await get(`/api/v1/rooms/${room}`, owner.token)).data.name).toBe("The great hall");
  const audit = env.DB.prepare("SELECT details FROM audit_log WHERE action = 'room.relays_set' AND target_id = ?");
  const { results } = await audit.bind(room).all<{ details: string }>();
  expect(results.map(({ details }) => JSON.parse(details))).toEqual([{ relays: RELAYS }, { relays: null }]);
});

test("people at four relays and at the room itself hear one another in one order, and are counted together", async () => {
  const { room, admin, owner, people } = await bigRoom();
  const sockets = await Promise.all(people.map((person) => connect(room, person)));
  await patch(`/api/v1/rooms/${room}`, { relays: 0 }, admin.token);
  sockets.push(await connect(room, owner));
  const last = sockets.at(-1);
  expect(last?.frames.find(({ type }) => type === "welcome")?.payload).toMatchObject({
    online: people.length,
    self: { connections: 2 },
  });
  for (const [n, socket] of sockets.entries()) {
    for (let i = 0; i < 5; i += 1) socket.send("send_message", { clientId: `${n} ${i}`, body: `${n} ${i}` });
    socket.send("typing_start");
  }
  const total = sockets.length * 5;
  const heard = (socket: TestSocket) => socket.frames.filter(({ type }) => type === "chat_message");
  for (const socket of sockets) await socket.until("all", () => heard(socket).length >= total);
  const [first = []] = sockets.map(heard);
  for (const socket of sockets) expect(heard(socket)).toEqual(first);
  expect(new Set(first.map(({ payload }) => payload.body)).size).toBe(total);
  for (const [n, socket] of sockets.entries()) {
    const acks = socket.frames.filter(({ type }) => type === "message_ack").map(({ payload }) => payload.clientId);
    expect(acks.sort()).toEqual(Array.from({ length: 5 }, (_, i) => `${n} ${i}`));
  }
  await sockets[0]?.next("user_typing", ({ userId }) => userId === people[1]?.id);
  expect(
    sockets[1]?.frames.some(({ type, payload }) => type === "user_typing" && payload.userId === people[1]?.id),
  ).toBe(false);
});

test("relays and the room sleep and die: who stays connected misses nothing, who is gone is counted out", async () => {
  const { room, people } = await bigRoom();
  const [owner, ...others] = people;
  if (!owner) throw new Error("nobody");
  const sockets = await Promise.all(others.map((person) => connect(room, person)));
  const speaker = await connect(room, owner);
  const say = async (body: string) => {
    expect((await post(`/api/v1/rooms/${room}/messages`, { clientId: body, body }, owner.token)).status).toBe(201);
  };
  for (const relay of relaysOf(room)) await evictDurableObject(relay, { webSockets: "hibernate" });
  await say("after the relays slept");
  for (const socket of sockets) await socket.next("chat_message", ({ body }) => body === "after the relays slept");
  await evictDurableObject(env.CHAT_ROOM.getByName(room), { webSockets: "hibernate" });
  await say("after the room slept");
  for (const socket of sockets) await socket.next("chat_message", ({ body }) => body === "after the room slept");
  const { data } = await get(`/api/v1/rooms/${room}/messages`, owner.token);
  expect(data.map(({ body }: { body: string }) => body)).toEqual(["after the relays slept", "after the room slept"]);

  const home = relayOf({ relays: RELAYS }, 0, owner.id);
  const dying = others.findIndex(({ id }) => relayOf({ relays: RELAYS }, 0, id) !== home);
  const relay = relayOf({ relays: RELAYS }, 0, others[dying]?.id ?? "") ?? 0;
  await evictDurableObject(env.ROOM_RELAY.getByName(relayName(room, relay)), { webSockets: "close" });
  await say("after a relay died");
  await speaker.next(
    "presence_changed",
    ({ userId, connections }) => userId === others[dying]?.id && connections === 0,
  );
  const back = await connect(room, others[dying] ?? owner);
  expect(back.frames.filter(({ type }) => type === "chat_message")).toHaveLength(3);
});

test("a ban, a deleted room and the end of a session reach sockets at relays at once", async () => {
  const { room, owner, people } = await bigRoom();
  const [, banned, leaving] = people;
  if (!banned || !leaving) throw new Error("too few");
  const [shutOut, signedOut, left] = [
    await connect(room, banned),
    await connect(room, leaving),
    await connect(room, owner),
  ];
  await call("PUT", `/api/v1/rooms/${room}/members/${banned.id}`, { body: { banned: true }, token: owner.token });
  expect((await shutOut.untilClosed()).code).toBe(4403);
  await left.next("presence_changed", ({ userId, connections }) => userId === banned.id && connections === 0);
  await post("/api/v1/auth/logout", {}, leaving.token);
  expect((await signedOut.untilClosed()).code).toBe(4401);
  await call("DELETE", `/api/v1/rooms/${room}`, { token: owner.token });
  expect((await left.untilClosed()).code).toBe(4403);
});

test("eight sockets a person, wherever they are; who leaves makes room", async () => {
  const { room, owner } = await bigRoom();
  const sockets: TestSocket[] = [];
  for (let i = 0; i < 8; i += 1) sockets.push(await connect(room, owner));
  expect((await knock(room, owner)).status).toBe(429);
  sockets[0]?.close();
  const answer = await eventually(
    () => knock(room, owner),
    ({ status }) => status === 101,
  );
  answer.webSocket?.accept();
});
