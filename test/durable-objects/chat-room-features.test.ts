import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import * as fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import type { RoomInfo } from "../../src/durable-objects/chat-room/identity.ts";
import { mentionsIn } from "../../src/durable-objects/chat-room/mentions.ts";
import { lastOld } from "../../src/durable-objects/chat-room/retention.ts";
import { SlowReaders } from "../../src/durable-objects/chat-room/slow-readers.ts";
import { Tellings } from "../../src/durable-objects/chat-room/tellings.ts";
import { Wake } from "../../src/durable-objects/wake.ts";
import { moveClock } from "../../src/platform/clock.ts";
import { HOUR, identity, join, joinAndSync, newRoom, type Room, ROOM, say, stored } from "../helpers/room.ts";

const DAY = 24 * HOUR;
const moderator = identity("thea", { role: "moderator" });

afterEach(() => moveClock(0));

const write = async (room: Room, name: string, body: string, info: RoomInfo = ROOM) => {
  const draft = { clientId: crypto.randomUUID(), body, replyTo: null };
  const outcome = await room.send(info, identity(name), draft);
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome.value;
};

const bodies = async (room: Room, page: object = {}) =>
  (await room.history({ limit: 50, viewerId: "ana", ...page })).messages.map(({ body }) => body);

test("a room forgets what is too old: unread, history, search, pins and replays all begin behind it, and the disk follows", async () => {
  const room = newRoom();
  const old = await write(room, "ana", "an old promise");
  const older = await write(room, "ana", "another old promise");
  await room.pin(moderator, old.id, true);
  moveClock(DAY);
  const young = await write(room, "ben", "a young promise");
  await room.addReaction(identity("ben"), { messageId: older.id, emoji: "👍" });
  await room.roomChanged({ ...ROOM, retentionDays: 2 });
  expect(await bodies(room)).toHaveLength(3);
  expect(await room.overview("chidi")).toMatchObject({ unread: 3, lastSeq: 6 });

  moveClock(2 * DAY + 1000);
  expect(await bodies(room)).toEqual(["a young promise"]);
  expect(await bodies(room, { before: 3 })).toEqual([]);
  expect(await bodies(room, { after: 0 })).toEqual(["a young promise"]);
  expect(await room.overview("chidi")).toMatchObject({ unread: 1, lastSeq: 6 });
  expect((await room.search({ query: "promise", limit: 9 }, "ana")).map(({ seq }) => seq)).toEqual([young.seq]);
  expect(await room.pinned("ana")).toEqual([]);
  expect(await room.versions(old.id)).toBeNull();

  const far = await joinAndSync(room, "dora", 1);
  expect((await far.next("sync_reset")).payload).toMatchObject({ lastSeq: 6, messages: [{ id: young.id }] });
  const near = await joinAndSync(room, "eva", 3);
  expect(stored(near.frames).map(({ payload }) => payload.seq)).toEqual([4, 5, 6]);

  await runDurableObjectAlarm(room);
  const left = await runInDurableObject(room, (_, { storage: { sql } }) => ({
    messages: sql.exec("SELECT seq, body FROM messages ORDER BY seq").toArray(),
    events: sql.exec("SELECT seq FROM events ORDER BY seq").toArray(),
    words: sql.exec("SELECT rowid FROM words").toArray(),
  }));
  expect(left.messages).toEqual([
    { seq: 2, body: null },
    { seq: 4, body: "a young promise" },
  ]);
  expect(left.events.map(({ seq }) => seq)).toEqual([5, 6]);
  expect(left.words).toEqual([{ rowid: 4 }]);
  const again = await joinAndSync(room, "finn", 3);
  expect(stored(again.frames).map(({ payload }) => payload.seq)).toEqual([4, 5, 6]);
});

test("a room whose every word is forgotten goes on counting where it was, also after an eviction", async () => {
  const room = newRoom();
  const brief = { ...ROOM, retentionDays: 1 };
  await room.roomChanged(brief);
  for (const body of ["1", "2", "3"]) await write(room, "ana", body, brief);
  moveClock(3 * DAY);
  expect(await bodies(room)).toEqual([]);
  await runDurableObjectAlarm(room);
  await evictDurableObject(room);
  expect((await room.overview("ana")).lastSeq).toBe(4);
  expect((await write(room, "ana", "5", brief)).seq).toBe(5);
  expect(await bodies(room)).toEqual(["5"]);
});

test("what is old is found by halves", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean()), (flags) => {
      const sorted = flags.toSorted((a, b) => Number(b) - Number(a));
      expect(lastOld(1, sorted.length, (seq) => sorted[seq - 1] === true)).toBe(sorted.filter(Boolean).length);
    }),
  );
});

test("search finds every word in any order, its beginnings, other scripts, and nothing that was deleted or said differently since", async () => {
  const room = newRoom();
  const one = await write(room, "ana", "The library closes at nine");
  const two = await write(room, "ben", "Nine people in the Bibliothèque");
  await write(room, "ana", "我们明天去图书馆");
  const found = async (query: string, more: object = {}) =>
    (await room.search({ query, limit: 9, ...more }, "ana")).map(({ seq }) => seq);
  expect(await found("nine")).toEqual([2, 1]);
  expect(await found("nine", { before: 2 })).toEqual([1]);
  expect(await found("nine", { limit: 1 })).toEqual([2]);
  expect(await found("nine libr")).toEqual([1]);
  expect(await found("bibliotheque")).toEqual([2]);
  expect(await found("图书馆")).toEqual([3]);
  expect(await found('" OR body : (')).toEqual([]);
  await room.edit(identity("ben"), { messageId: two.id, body: "Ten people" });
  expect(await found("nine")).toEqual([1]);
  expect(await found("ten")).toEqual([2]);
  await room.delete(identity("ana"), one.id);
  expect(await found("nine")).toEqual([]);
  await write(room, "ana", "nine lives");
  expect(await found("nine")).toEqual([6]);
});

test("the index keeps up with a long room, and messages of a burst are found", async () => {
  const room = newRoom();
  await Promise.all(Array.from({ length: 1100 }, (_, i) => write(room, "ana", `word${i}`)));
  const indexed = () =>
    runInDurableObject(
      room,
      (_, { storage }) => storage.sql.exec<{ n: number }>("SELECT indexed_to AS n FROM progress").one().n,
    );
  expect(await indexed()).toBeGreaterThan(500);
  expect(await room.search({ query: "word1099", limit: 5 }, "ana")).toHaveLength(1);
  expect(await indexed()).toBe(1100);
});

test("moderators pin, at most 50, everybody is told, and a deleted message is pinned no longer", async () => {
  const room = newRoom();
  const ana = await join(room, "ana");
  const { id } = await say(ana, "the rules");
  expect(await room.pin(identity("ana"), id, true)).toMatchObject({ ok: false, code: "FORBIDDEN" });
  expect(await room.pin(moderator, id, true)).toMatchObject({ ok: true, value: { pinnedBy: "thea" } });
  expect(await room.pin(moderator, id, true)).toMatchObject({ ok: true });
  const told = await ana.next("message_updated");
  expect(told.payload).toMatchObject({ seq: 2, message: { id, body: "the rules", pinnedBy: "thea", editedAt: null } });
  await room.edit(identity("ana"), { messageId: id, body: "the new rules" });
  expect((await ana.next("message_updated")).payload).toMatchObject({ seq: 3, message: { pinnedBy: "thea" } });

  const late = await joinAndSync(room, "ben", 0);
  expect(stored(late.frames).slice(1)).toEqual(stored(ana.frames).slice(1));
  for (let i = 1; i < 50; i++) await room.pin(moderator, (await write(room, "ana", `${i}`)).id, true);
  const one = await write(room, "ana", "one more");
  expect(await room.pin(moderator, one.id, true)).toMatchObject({ ok: false, code: "LIMIT_REACHED" });
  expect(await room.pin(moderator, id, false)).toMatchObject({ ok: true, value: { pinnedAt: null } });
  expect(await room.pin(moderator, one.id, true)).toMatchObject({ ok: true });
  const pinned = await room.pinned("ana");
  expect(pinned).toHaveLength(50);
  expect(pinned[0]?.body).toBe("one more");
  await room.delete(moderator, one.id);
  expect(await room.pinned("ana")).toHaveLength(49);
  expect(await room.pin(moderator, one.id, true)).toMatchObject({ ok: false, code: "NOT_FOUND" });
});

test("the versions of a message are kept until it is deleted; after 15 minutes nobody edits, moderators never", async () => {
  const room = newRoom();
  const { id } = await write(room, "ana", "frist");
  await room.edit(identity("ana"), { messageId: id, body: "first" });
  await room.pin(moderator, id, true);
  await room.edit(identity("ana"), { messageId: id, body: "first!" });
  expect((await room.versions(id))?.map(({ body }) => body)).toEqual(["frist", "first", "first!"]);
  expect(await room.edit(moderator, { messageId: id, body: "x" })).toMatchObject({ code: "FORBIDDEN" });
  moveClock(15 * 60_000 + 1000);
  expect(await room.edit(identity("ana"), { messageId: id, body: "x" })).toMatchObject({ code: "FORBIDDEN" });
  await room.delete(identity("ana"), id);
  expect(await room.versions(id)).toBeNull();
});

test("attachments come with the message live, in a replay and in history, and leave with its words", async () => {
  const room = newRoom();
  const ana = await join(room, "ana");
  const attachments = [{ url: "https://example.org/a.pdf", type: "application/pdf", size: 1200, name: "a.pdf" }];
  ana.send("send_message", { clientId: "1", body: "read this", attachments });
  const heard = await ana.next("chat_message");
  expect(heard.payload.attachments).toEqual(attachments);
  const late = await joinAndSync(room, "ben", 0);
  expect(stored(late.frames)[0]).toEqual(heard);
  for (const url of ["http://example.org/a.pdf", "javascript:alert(1)", "/etc/passwd", "https://"]) {
    ana.send("send_message", { clientId: url, body: "x", attachments: [{ ...attachments[0], url }] });
    expect((await ana.next("error")).payload.code).toBe("VALIDATION_ERROR");
  }
  ana.send("send_message", { clientId: "11", body: "x", attachments: Array(11).fill(attachments[0]) });
  expect((await ana.next("error")).payload.code).toBe("VALIDATION_ERROR");
  await room.delete(identity("ana"), String(heard.payload.id));
  const { messages } = await room.history({ limit: 5, viewerId: "ana" });
  expect(messages[0]).toMatchObject({ body: null, attachments: [] });
});

test("names are read out of a text as people write them", () => {
  expect(mentionsIn("@ana, and (@Ben_2)! @ana again")).toEqual(["ana", "ben_2"]);
  expect(mentionsIn("mail ana@example.org, x@yz, @ab, @@chidi, @élan, `@dora`")).toEqual(["dora"]);
  expect(mentionsIn(Array.from({ length: 30 }, (_, i) => `@name_${i}`).join(" "))).toHaveLength(20);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const name of mentionsIn(text)) expect(name).toMatch(/^[a-z0-9_]{3,30}$/u);
    }),
  );
});

test("an event that the queue would not take is kept, and sent once when it does, also by another life of the object", async () => {
  const room = newRoom();
  await write(room, "ana", "hello");
  await runInDurableObject(room, async (_, { storage }) => {
    const sent: { body: { id: string; body: unknown } }[][] = [];
    let up = false;
    const work: Promise<void>[] = [];
    const hooks = {
      send: async (messages: (typeof sent)[number]) => {
        if (!up) throw new Error("the queue is down");
        sent.push(messages);
      },
      later: (promise: Promise<void>) => void work.push(promise),
    };
    vi.spyOn(console, "error").mockImplementation(() => {});
    const tellings = new Tellings(storage.sql, new Wake(storage), hooks);
    tellings.add({ type: "room.changed", roomId: "1" });
    await Promise.all(work);
    expect(tellings.pending).toBe(true);
    expect(await storage.getAlarm()).toBeLessThan(Date.now() + 60_000);
    tellings.add({ type: "room.changed", roomId: "2" });
    await Promise.all(work);
    up = true;
    const later = new Tellings(storage.sql, new Wake(storage), hooks);
    await Promise.all([...work, later.send()]);
    expect(sent.flat().map(({ body }) => body.body)).toEqual([
      { type: "room.changed", roomId: "1" },
      { type: "room.changed", roomId: "2" },
    ]);
    expect(later.pending).toBe(false);
    await later.send();
    expect(sent.flat()).toHaveLength(2);
    vi.restoreAllMocks();
  });
});

test("changes and signals have limits of their own, each refusal says when to try again", async () => {
  const room = newRoom();
  const fast = identity("ana", { rateLimits: true });
  const { id } = await write(room, "ben", "hello");
  const outcomes = await Promise.all(
    Array.from({ length: 31 }, (_, i) => room.addReaction(fast, { messageId: id, emoji: i % 2 === 0 ? "👍" : "🎉" })),
  );
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(30);
  expect(outcomes[30]).toMatchObject({ code: "RATE_LIMITED", details: { retryAfterMs: expect.any(Number) } });
  const ana = await join(room, "ana", { rateLimits: true });
  for (let i = 0; i < 50; i++) ana.send("typing_start");
  ana.send("typing_stop", {}, "too often");
  expect(await ana.next("error")).toMatchObject({ ref: "too often", payload: { code: "RATE_LIMITED" } });
  for (let i = 0; i < 21; i++) ana.send("sync", { after: 0 }, `s${i}`);
  expect(await ana.next("error")).toMatchObject({ ref: "s20", payload: { code: "RATE_LIMITED" } });
});

test("of a crowd people are told how many are here, with pages for who asks, and again each by name when it is over", async () => {
  const room = newRoom();
  const names = Array.from({ length: 101 }, (_, i) => `p${String(i).padStart(3, "0")}`);
  const ana = await join(room, "ana");
  const sockets = [];
  for (const name of names) sockets.push(await join(room, name));
  const crowd = await ana.next("presence_summary", ({ online }) => online === 102);
  expect(crowd.payload).toMatchObject({ complete: false });
  expect(crowd.payload.members).toHaveLength(20);
  const first = await room.present("", 60);
  const second = await room.present(first.members.at(-1)?.id ?? "", 60);
  expect(first.hasMore).toBe(true);
  expect(second.hasMore).toBe(false);
  expect([...first.members, ...second.members].map(({ id }) => id)).toEqual(["ana", ...names]);
  for (const socket of sockets.splice(0, 30)) socket.close();
  const over = await ana.next("presence_summary", ({ complete }) => complete === true);
  expect(over.payload.members).toHaveLength(Number(over.payload.online));
  sockets.pop()?.close();
  await ana.next("presence_changed", ({ status }) => status === "offline");
});

test("who is sent much and never heard of is taken for a slow reader; a ping now and then is enough", () => {
  const readers = new SlowReaders<object>();
  const [silent, pinging, fresh] = [{}, {}, {}];
  for (const socket of [silent, pinging]) readers.heard(socket, 0);
  expect(readers.sent(1000)).toBe(false);
  expect(readers.sent(17 * 1024 * 1024)).toBe(true);
  expect(readers.isSlow(silent, 59_000, 0)).toBe(false);
  expect(readers.isSlow(pinging, 61_000, 50_000)).toBe(false);
  expect(readers.isSlow(silent, 61_000, 0)).toBe(true);
  expect(readers.isSlow(fresh, 61_000, 0)).toBe(false);
  expect(readers.isSlow(fresh, 200_000, 0)).toBe(false);
});

test("somebody who has another name has it in old messages, in the list and for who is here", async () => {
  const room = newRoom();
  const ben = await join(room, "ben");
  await write(room, "ana", "hello");
  const ana = await join(room, "ana");
  const renamed = { id: "ana", username: "anabel", avatarUrl: null };
  await room.personChanged(renamed, "event-1");
  await room.personChanged(renamed, "event-1");
  expect((await ben.next("member_changed")).payload).toMatchObject({ seq: 2, change: "profile", user: renamed });
  expect((await room.history({ limit: 1, viewerId: "ben" })).messages[0]?.author).toEqual(renamed);
  await evictDurableObject(room, { webSockets: "hibernate" });
  await say(ana, "as somebody new");
  expect((await ben.next("chat_message", ({ seq }) => seq === 3)).payload.author).toEqual(renamed);
});
