import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Message } from "../../src/durable-objects/chat-room/protocol.ts";
import { HOUR, identity, join, joinAndSync, knock, newRoom, type Room, ROOM, say, stored } from "../helpers/room.ts";
import type { Frame, TestSocket } from "../helpers/socket.ts";

test("two people talk: the sender gets the ack, then the message like everybody", async () => {
  const room = newRoom();
  const ana = await join(room, "ana");
  const welcome = await ana.next("welcome");
  expect(welcome.payload).toMatchObject({
    room: { name: "Café ☕" },
    self: { id: "ana", role: "member" },
    lastSeq: 0,
    readSeq: 0,
  });
  const ben = await join(room, "ben");
  expect((await ana.next("presence_changed")).payload).toEqual({ userId: "ben", status: "online", connections: 1 });

  ana.send("send_message", { clientId: "c1", body: "  e\u0301t\u00e9  " }, "r1");
  const ack = await ana.next("message_ack");
  expect(ack).toMatchObject({ payload: { clientId: "c1", seq: 1 }, ref: "r1" });
  const own = await ana.next("chat_message");
  const theirs = await ben.next("chat_message");
  expect(theirs).toEqual(own);
  expect(theirs.payload).toMatchObject({ seq: 1, id: ack.payload.id, clientId: "c1", body: "été", replyTo: null });
  expect(theirs.payload.author).toEqual({ id: "ana", username: "ana", avatarUrl: null });
});

test("the same clientId again gives the first message's ack and no second message", async () => {
  const room = newRoom();
  const [ana, ben] = [await join(room, "ana"), await join(room, "ben")];
  const first = await say(ana, "once", "c1");
  expect(await say(ana, "twice", "c1")).toEqual(first);
  expect((await say(ben, "another person's", "c1")).seq).toBe(2);
  for (const body of ["a", "b"]) ana.send("send_message", { clientId: "racing", body });
  await ana.next("message_ack");
  expect((await ana.next("message_ack")).payload).toMatchObject({ clientId: "racing", seq: 3 });
  const viaRpc = await room.send(ROOM, identity("ana"), { clientId: "c1", body: "over HTTP", replyTo: null });
  expect(viaRpc).toMatchObject({ ok: true, value: { id: first.id, body: "once" } });
  expect((await room.overview("ben")).lastSeq).toBe(3);
});

test("who comes back with after= gets exactly what was missed, edits, deletions and reactions too", async () => {
  const room = newRoom();
  const [ana, ben] = [await join(room, "ana"), await join(room, "ben")];
  const one = await say(ana, "one");
  const two = await say(ana, "two");
  await ben.next("chat_message", ({ seq }) => seq === 2);
  ben.close();
  const watcher = await join(room, "chidi");
  const three = await say(ana, "three");
  ana.send("edit_message", { messageId: one.id, body: "one, corrected" }, "edit");
  expect(await ana.next("message_updated")).toMatchObject({ ref: "edit", payload: { seq: 4 } });
  ana.send("add_reaction", { messageId: three.id, emoji: "❤" });
  ana.send("delete_message", { messageId: two.id });
  await ana.next("message_deleted");
  await room.memberChanged({ userId: "thea", change: "joined" });
  await watcher.next("member_changed");

  const back = await join(room, "ben", { after: 2 });
  await back.next("sync_complete", ({ lastSeq }) => lastSeq === 7);
  expect(stored(back.frames).map(({ type, payload }) => [payload.seq, type])).toEqual([
    [3, "chat_message"],
    [4, "message_updated"],
    [5, "reaction_changed"],
    [6, "message_deleted"],
    [7, "member_changed"],
  ]);
  expect(stored(back.frames)).toEqual(stored(watcher.frames));
  const { messages } = await room.history({ limit: 10, viewerId: "ana" });
  expect(messages.map(({ seq, body }) => [seq, body])).toEqual([
    [1, "one, corrected"],
    [2, null],
    [3, "three"],
  ]);
  expect(messages[2]?.reactions).toEqual([{ emoji: "❤️", count: 1, mine: true }]);
  expect(JSON.stringify(stored((await joinAndSync(room, "dora", 0)).frames))).not.toContain('"two"');
});

test("the words of a deleted message are nowhere, not even in its edits", async () => {
  const room = newRoom();
  const ana = await join(room, "ana");
  const { id } = await say(ana, "a secret");
  await room.edit(identity("ana"), { messageId: id, body: "another secret" });
  await room.delete(identity("ana"), id);
  const late = await joinAndSync(room, "ben", 0);
  expect(stored(late.frames)).toHaveLength(3);
  expect(late.raw.join()).not.toContain("secret");
  expect(JSON.stringify(await room.history({ limit: 9, viewerId: "ben" }))).not.toContain("secret");
});

test("more than 1,000 events behind means a reset with the latest page", async () => {
  const room = newRoom();
  await Promise.all(
    Array.from({ length: 1001 }, (_, i) =>
      room.send(ROOM, identity("ana"), { clientId: `c${i}`, body: `${i}`, replyTo: null }),
    ),
  );
  const close = await joinAndSync(room, "ben", 1);
  expect(stored(close.frames).map(({ payload }) => payload.seq)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 2));
  const far = await joinAndSync(room, "chidi", 0);
  const reset = await far.next("sync_reset");
  expect(reset.payload).toMatchObject({ lastSeq: 1001 });
  expect((reset.payload.messages as Message[]).at(-1)?.seq).toBe(1001);
});

test("history pages before, after and around a seq, ascending", async () => {
  const room = newRoom();
  for (let i = 1; i <= 9; i++)
    await room.send(ROOM, identity("ana"), { clientId: `c${i}`, body: `${i}`, replyTo: null });
  const seqs = async (page: { before?: number; after?: number; around?: number }) => {
    const { messages, hasMore } = await room.history({ ...page, limit: 3, viewerId: "ana" });
    return [...messages.map(({ seq }) => seq), hasMore];
  };
  expect(await seqs({})).toEqual([7, 8, 9, true]);
  expect(await seqs({ before: 4 })).toEqual([1, 2, 3, false]);
  expect(await seqs({ after: 7 })).toEqual([8, 9, false]);
  expect(await seqs({ after: 2 })).toEqual([3, 4, 5, true]);
  expect(await seqs({ around: 5 })).toEqual([4, 5, 6, true]);
});

test("eviction in the middle loses nothing, neither sockets nor identity nor sequence", async () => {
  const room = newRoom();
  const [ana, ben] = [await join(room, "ana"), await join(room, "ben")];
  await say(ana, "before");
  await ben.next("chat_message");
  await evictDurableObject(room, { webSockets: "hibernate" });
  await say(ana, "after");
  expect((await ben.next("chat_message")).payload).toMatchObject({
    seq: 2,
    body: "after",
    author: { username: "ana" },
  });
  const sessions = await runInDurableObject(room, (_, state) => state.getWebSockets().length);
  expect(sessions).toBe(2);
});

test("malformed frames get an error each, the tenth closes with 1008; ping is answered by the runtime", async () => {
  const room = newRoom();
  const ana = await join(room, "ana");
  ana.sendRaw("ping");
  await ana.until("pong", () => ana.raw.includes("pong"));
  const bad = [
    "no json",
    "null",
    "[]",
    '{"type":"nope","payload":{}}',
    '{"type":"send_message"}',
    '{"type":"send_message","payload":{"clientId":"x","body":"   "},"ref":"r"}',
    JSON.stringify({ type: "send_message", payload: { clientId: "x", body: "😀".repeat(4001) } }),
    JSON.stringify({ type: "sync", payload: { after: -1 } }),
    new ArrayBuffer(3),
    "x".repeat(20_000),
  ];
  for (const frame of bad) ana.sendRaw(frame);
  expect(await ana.untilClosed()).toMatchObject({ code: 1008 });
  const errors = ana.frames.filter(({ type }) => type === "error");
  expect(errors.map(({ payload }) => payload.code)).toEqual([
    "MALFORMED_JSON",
    ...Array<string>(8).fill("VALIDATION_ERROR"),
    "PAYLOAD_TOO_LARGE",
  ]);
  expect(errors[5]?.ref).toBe("r");
  expect((await room.overview("ana")).lastSeq).toBe(0);
});

test("4,000 four-byte characters fit", async () => {
  const room = newRoom();
  const ana = await join(room, "ana");
  expect((await say(ana, "😀".repeat(4000))).seq).toBe(1);
});

test("presence counts connections, also while a socket closes", async () => {
  const room = newRoom();
  const ana = await join(room, "ana");
  const [tab1, tab2] = [await join(room, "ben"), await join(room, "ben")];
  await ana.next("presence_changed", ({ connections }) => connections === 2);
  tab1.send("set_status", { status: "busy" });
  await ana.next("presence_changed", ({ status }) => status === "busy");
  tab1.close();
  expect((await ana.next("presence_changed")).payload).toEqual({ userId: "ben", status: "busy", connections: 1 });
  tab2.send("typing_start");
  expect((await ana.next("user_typing")).payload).toEqual({ userId: "ben", username: "ben" });
  tab2.send("typing_stop");
  await ana.next("user_stopped_typing");
  expect(tab2.frames.some(({ type }) => type.startsWith("user_"))).toBe(false);
  tab2.close();
  expect((await ana.next("presence_changed")).payload).toEqual({ userId: "ben", status: "offline", connections: 0 });
});

test("read marks move forward only, and the overview counts what is unread", async () => {
  const room = newRoom();
  const [ana, ben] = [await join(room, "ana"), await join(room, "ben")];
  for (const body of ["1", "2", "3"]) await say(ana, body);
  expect(await room.overview("ben")).toMatchObject({ unread: 3, readSeq: 0, lastSeq: 3, lastMessage: { body: "3" } });
  ben.send("mark_read", { seq: 2 }, "m");
  expect(await ben.next("read_changed")).toMatchObject({ ref: "m", payload: { userId: "ben", readSeq: 2 } });
  expect((await ana.next("read_changed")).payload).toEqual({ userId: "ben", readSeq: 2 });
  expect(await room.markRead("ben", 1)).toEqual({ readSeq: 2 });
  expect(await room.overview("ben")).toMatchObject({ unread: 1 });
  expect(await room.markRead("ben", 99)).toEqual({ readSeq: 3 });
});

test("who may change what: authors edit, authors and moderators delete, reactions have 20 kinds", async () => {
  const room = newRoom();
  const ana = await join(room, "ana");
  const { id } = await say(ana, "mine");
  const [member, moderator] = [identity("ben"), identity("thea", { role: "moderator" })];
  expect(await room.edit(moderator, { messageId: id, body: "x" })).toMatchObject({ ok: false, code: "FORBIDDEN" });
  expect(await room.delete(member, id)).toMatchObject({ ok: false, code: "FORBIDDEN" });
  for (let i = 0; i < 20; i++) {
    const emoji = String.fromCodePoint(0x1f600 + i);
    expect(await room.addReaction(member, { messageId: id, emoji })).toMatchObject({
      ok: true,
      value: { count: 1 },
    });
  }
  expect(await room.addReaction(member, { messageId: id, emoji: "🦊" })).toMatchObject({
    ok: false,
    code: "LIMIT_REACHED",
  });
  expect(await room.addReaction(moderator, { messageId: id, emoji: "😀" })).toMatchObject({
    ok: true,
    value: { count: 2 },
  });
  expect(await room.addReaction(moderator, { messageId: id, emoji: "😀" })).toMatchObject({
    ok: true,
    value: { seq: 22 },
  });
  ana.send("add_reaction", { messageId: id, emoji: "ab" });
  expect((await ana.next("error")).payload).toMatchObject({ code: "VALIDATION_ERROR" });
  expect(await room.delete(moderator, id)).toMatchObject({ ok: true, value: { body: null, reactions: [] } });
  expect((await ana.next("message_deleted")).payload).toMatchObject({ seq: 23, messageId: id, deletedBy: "thea" });
  expect(await room.edit(identity("ana"), { messageId: id, body: "x" })).toMatchObject({
    ok: false,
    code: "NOT_FOUND",
  });
});

test("limits: 20 messages in 10 s, slow mode, mutes, 8 sockets a person", async () => {
  const room = newRoom();
  const fast = identity("ana", { rateLimits: true });
  const outcomes = await Promise.all(
    Array.from({ length: 21 }, (_, i) => room.send(ROOM, fast, { clientId: `c${i}`, body: "x", replyTo: null })),
  );
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(20);
  expect(outcomes[20]).toMatchObject({ code: "RATE_LIMITED", details: { retryAfterMs: expect.any(Number) } });

  await room.roomChanged({ ...ROOM, slowModeSeconds: 60 });
  const slow = await join(room, "ben", { room: { ...ROOM, slowModeSeconds: 60 } });
  await say(slow, "first");
  slow.send("send_message", { clientId: "second", body: "too soon" }, "s");
  expect(await slow.next("error")).toMatchObject({
    ref: "s",
    payload: { code: "SLOW_MODE", retryAfterMs: expect.any(Number) },
  });
  const mutedUntil = new Date(Date.now() + HOUR).toISOString();
  await room.memberChanged({ userId: "ben", change: "muted", mutedUntil });
  slow.send("send_message", { clientId: "third", body: "muted" });
  expect((await slow.next("error")).payload).toMatchObject({ code: "MUTED", mutedUntil });
  const other = await join(room, "dora");
  slow.send("typing_start");
  slow.send("mark_read", { seq: 1 });
  await other.next("read_changed");
  expect(other.frames.filter(({ type }) => type === "user_typing")).toEqual([]);

  for (let i = 0; i < 8; i++) await join(room, "chidi");
  const ninth = await knock(room, identity("chidi"));
  expect(ninth.status).toBe(429);
  expect(await ninth.json()).toMatchObject({ code: "TOO_MANY_SOCKETS" });
});

test("banned people and ended logins are hung up on, expired tokens by the alarm", async () => {
  const room = newRoom();
  const ana = await join(room, "ana");
  const ben = await join(room, "ben");
  await room.memberChanged({ userId: "ben", change: "banned" }, "event-1");
  await room.memberChanged({ userId: "ben", change: "banned" }, "event-1");
  expect(await ben.untilClosed()).toMatchObject({ code: 4403 });
  expect(stored(ben.frames)).toHaveLength(1);
  await ana.next("presence_changed", ({ status }) => status === "offline");
  await room.closeSockets({ sessionId: "session of ana" }, 4401, "logged out");
  expect(await ana.untilClosed()).toMatchObject({ code: 4401 });

  const expired = await join(room, "chidi", { expiresAt: Date.now() - 1 });
  const valid = await join(room, "dora");
  await runDurableObjectAlarm(room);
  expect(await expired.untilClosed()).toMatchObject({ code: 4401 });
  await say(valid, "still here");
});

test("under load messages share one WebSocket message per socket", async () => {
  const room = newRoom();
  const [ana, ben] = [await join(room, "ana"), await join(room, "ben")];
  for (let i = 0; i < 200; i++) ana.send("send_message", { clientId: `c${i}`, body: `${i}` });
  await ben.until("200 messages", () => stored(ben.frames).length === 200);
  expect(stored(ben.frames).map(({ payload }) => payload.body)).toEqual(Array.from({ length: 200 }, (_, i) => `${i}`));
  expect(ben.raw.length).toBeLessThan(100);
});

test("whatever people do, drop and evict, everybody ends with the same history and no gap", async () => {
  const act = fc.record({
    who: fc.constantFrom("ana", "ben", "chidi"),
    what: fc.constantFrom("send", "send", "send", "edit", "delete", "react", "unreact", "drop", "evict"),
    which: fc.nat(5),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 25 }), async (acts) => {
      const room = newRoom();
      const clients = new Map<string, { socket: TestSocket; seen: Frame[] }>();
      for (const name of ["ana", "ben", "chidi"])
        clients.set(name, { socket: await joinAndSync(room, name, 0), seen: [] });
      for (const { who, what, which } of acts) await perform(room, clients, who, what, which);
      for (const { socket } of clients.values()) await settled(socket);
      const { lastSeq } = await room.overview("ana");
      const histories: unknown[] = [];
      for (const client of clients.values()) {
        await client.socket.until("the end", () => heard(client).length === lastSeq);
        expect(heard(client).map(({ payload }) => payload.seq)).toEqual(
          Array.from({ length: lastSeq }, (_, i) => i + 1),
        );
        histories.push(fold(heard(client)));
        client.socket.close();
      }
      const { messages } = await room.history({ limit: 100, viewerId: "nobody" });
      const truth = messages.map(({ id, body, reactions }) => ({
        id,
        body,
        reactions: Object.fromEntries(reactions.map(({ emoji, count }) => [emoji, count])),
      }));
      for (const history of histories) expect(history).toEqual(truth);
    }),
    { numRuns: 25, endOnFailure: true },
  );
});

interface Client {
  socket: TestSocket;
  seen: Frame[];
}

/** Everything this socket sent before has been dealt with. */
async function settled(socket: TestSocket): Promise<void> {
  const ref = crypto.randomUUID();
  socket.send("sync", { after: Number.MAX_SAFE_INTEGER }, ref);
  await socket.until("the barrier", () => socket.frames.some((frame) => frame.ref === ref));
}

const heard = ({ seen, socket }: Client): Frame[] => [...seen, ...stored(socket.frames)];

async function perform(
  room: Room,
  clients: Map<string, Client>,
  who: string,
  what: string,
  which: number,
): Promise<void> {
  const client = clients.get(who);
  if (client === undefined) return;
  const { messages } = await room.history({ limit: 6, viewerId: who });
  const messageId = messages[which % Math.max(1, messages.length)]?.id ?? "none";
  const emoji = which % 2 === 0 ? "👍" : "🎉";
  if (what === "send") client.socket.send("send_message", { clientId: crypto.randomUUID(), body: `by ${who}` });
  if (what === "edit") client.socket.send("edit_message", { messageId, body: `edited ${which}` });
  if (what === "delete") client.socket.send("delete_message", { messageId });
  if (what === "react") client.socket.send("add_reaction", { messageId, emoji });
  if (what === "unreact") client.socket.send("remove_reaction", { messageId, emoji });
  if (what === "evict") await evictDurableObject(room, { webSockets: "hibernate" });
  if (what === "drop") {
    client.socket.close();
    client.seen = heard(client);
    client.socket = await join(room, who, { after: client.seen.length });
  }
}

/** What a plain client makes of the frames. */
function fold(frames: readonly Frame[]): unknown {
  const messages = new Map<string, { id: string; body: unknown; reactions: Record<string, number> }>();
  for (const { type, payload } of frames) {
    const id = String(payload.messageId ?? (payload.message as Message | undefined)?.id ?? payload.id);
    const message = messages.get(id) ?? { id, body: payload.body, reactions: {} };
    messages.set(id, message);
    if (type === "message_updated") message.body = (payload.message as Message).body;
    if (type === "message_deleted") Object.assign(message, { body: null, reactions: {} });
    if (type === "reaction_changed") message.reactions[String(payload.emoji)] = Number(payload.count);
    if (type === "reaction_changed" && payload.count === 0) delete message.reactions[String(payload.emoji)];
  }
  return [...messages.values()];
}
