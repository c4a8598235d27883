import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterAll, expect, test } from "vitest";
import { app } from "../../src/app.ts";
import { call, eventually, get, ORIGIN, patch, post } from "../helpers/client.ts";
import { type Learner, learner, staff } from "../helpers/factories.ts";

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

const say = async (room: string, person: Learner, body: string, more: object = {}) => {
  const draft = { clientId: crypto.randomUUID(), body, ...more };
  const answer = await post(`/api/v1/rooms/${room}/messages`, draft, person.token);
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.data;
};

const seqsOf = ({ data }: { data: { seq: number }[] }) => data.map(({ seq }) => seq);

test("words are found page by page by whoever may read, with a cursor for this search of this room only", async () => {
  const [ana, ben, eve] = await Promise.all([learner(), learner(), learner()]);
  const room = await openRoom(ana, [], { kind: "private" });
  for (let i = 1; i <= 5; i++) await say(room, ana, `chapter ${i}`);
  const search = `/api/v1/rooms/${room}/messages/search`;
  const first = await get(`${search}?q=chapter&limit=2`, ana.token);
  expect(seqsOf(first)).toEqual([5, 4]);
  expect(first.roundTrips).toBe(1);
  const { nextCursor } = first.body.meta.pagination;
  const second = await get(`${search}?q=chapter&limit=2&cursor=${nextCursor}`, ana.token);
  expect(seqsOf(second)).toEqual([3, 2]);
  expect(second.body.meta.pagination.hasMore).toBe(true);
  expect((await get(`${search}?q=chap&limit=2&cursor=${nextCursor}`, ana.token)).code).toBe("INVALID_CURSOR");
  expect((await get(`${search}?q=chapter&page=2`, ana.token)).code).toBe("VALIDATION_ERROR");
  expect((await get(`${search}?q=`, ana.token)).status).toBe(400);
  expect((await get(search, ana.token)).status).toBe(400);
  expect((await get(`${search}?q=chapter`, eve.token)).status).toBe(404);
  await post(`/api/v1/rooms/${room}/invitations`, { username: ben.username }, ana.token);
  expect((await get(`${search}?q=chapter`, ben.token)).code).toBe("NOT_A_MEMBER");
});

test("a room keeps what its owner wants it to keep", async () => {
  const ana = await learner();
  const room = await openRoom(ana);
  expect((await patch(`/api/v1/rooms/${room}`, { retentionDays: 0 }, ana.token)).status).toBe(400);
  expect((await patch(`/api/v1/rooms/${room}`, { retentionDays: 30 }, ana.token)).data.retentionDays).toBe(30);
  await say(room, ana, "for a month");
  try {
    await post("/dev/clock", { advanceMs: 31 * 86_400_000 });
    const history = await get(`/api/v1/rooms/${room}/messages`, ana.token);
    expect(history.data).toEqual([]);
    expect((await get(`/api/v1/rooms/${room}`, ana.token)).data).toMatchObject({ lastMessage: null, unread: 0 });
  } finally {
    await post("/dev/clock", { reset: true });
  }
});

test("moderators pin over HTTP, members do not; both people of a direct room do", async () => {
  const [ana, ben] = await Promise.all([learner(), learner()]);
  const room = await openRoom(ana, [ben]);
  const message = await say(room, ben, "the rules");
  const pin = `/api/v1/rooms/${room}/messages/${message.id}/pin`;
  expect((await put(pin, undefined, ben.token)).code).toBe("FORBIDDEN");
  expect((await put(pin, undefined, ana.token)).data).toMatchObject({ id: message.id, pinnedBy: ana.id });
  expect((await put(pin, undefined, ana.token)).status).toBe(200);
  expect((await get(`/api/v1/rooms/${room}/pins`, ben.token)).data).toMatchObject([{ body: "the rules" }]);
  expect((await del(pin, ana.token)).status).toBe(204);
  expect((await get(`/api/v1/rooms/${room}/pins`, ben.token)).data).toEqual([]);
  const nowhere = `/api/v1/rooms/${room}/messages/${crypto.randomUUID()}/pin`;
  expect((await put(nowhere, undefined, ana.token)).status).toBe(404);
  const direct = (await post("/api/v1/rooms/direct", { username: ben.username }, ana.token)).data.id;
  const secret = await say(direct, ana, "our plan");
  expect((await put(`/api/v1/rooms/${direct}/messages/${secret.id}/pin`, undefined, ben.token)).status).toBe(200);
});

test("what a message said before is there for readers, until it is deleted", async () => {
  const [ana, ben] = await Promise.all([learner(), learner()]);
  const room = await openRoom(ana, [], { kind: "private" });
  const { id } = await say(room, ana, "frist");
  await patch(`/api/v1/rooms/${room}/messages/${id}`, { body: "first" }, ana.token);
  const edits = `/api/v1/rooms/${room}/messages/${id}/edits`;
  expect((await get(edits, ana.token)).data).toMatchObject([{ body: "frist" }, { body: "first" }]);
  expect((await get(edits, ben.token)).status).toBe(404);
  await del(`/api/v1/rooms/${room}/messages/${id}`, ana.token);
  expect((await get(edits, ana.token)).status).toBe(404);
});

test("the owner takes the whole room along as JSON lines, however long it is", async () => {
  const [ana, ben] = await Promise.all([learner(), learner()]);
  const room = await openRoom(ana, [ben]);
  const info = { id: room, kind: "public" as const, name: "Night readers", topic: null, slowModeSeconds: 0 };
  const speaker = {
    user: { id: ben.id, username: ben.username, avatarUrl: null },
    role: "member" as const,
    mutedUntil: null,
    rateLimits: false,
  };
  const object = env.CHAT_ROOM.getByName(room);
  await Promise.all(
    Array.from({ length: 1001 }, (_, i) =>
      object.send(info, speaker, { clientId: `${i}`, body: `no. ${i}`, replyTo: null }),
    ),
  );
  const path = `/api/v1/rooms/${room}/export`;
  expect((await get(path, ben.token)).code).toBe("FORBIDDEN");
  const response = await exports.default.fetch(
    new Request(`${ORIGIN}${path}`, { headers: { Authorization: `Bearer ${ana.token}` } }),
  );
  expect(response.headers.get("Content-Type")).toBe("application/x-ndjson");
  const lines = (await response.text()).trimEnd().split("\n");
  const decoded = lines.map((line) => JSON.parse(line) as { type: string; id: string; seq: number; body: string });
  expect(decoded[0]).toMatchObject({ type: "room", id: room, members: 2 });
  const messages = decoded.slice(1);
  expect(messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 1001 }, (_, i) => i + 2));
  expect(new Set(messages.map(({ body }) => body)).size).toBe(1001);
});

test("a reported message goes to moderators with the words it had, once a person, and is decided once", async () => {
  const [ana, ben, chidi] = await Promise.all([learner(), learner(), learner()]);
  const admin = await staff("admin");
  const room = await openRoom(ana, [ben, chidi]);
  const { id } = await say(room, ben, "nobody understands you");
  const report = `/api/v1/rooms/${room}/messages/${id}/reports`;
  expect((await post(report, { reason: "x" }, ben.token)).code).toBe("NOT_YOURSELF");
  expect((await post(report, { reason: " " }, chidi.token)).status).toBe(400);
  const answers = await Promise.all([1, 2].map(() => post(report, { reason: "unkind" }, chidi.token)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  await del(`/api/v1/rooms/${room}/messages/${id}`, ben.token);
  expect((await post(report, { reason: "late" }, ana.token)).status).toBe(404);

  const reports = `/api/v1/rooms/${room}/reports`;
  expect((await get(reports, chidi.token)).code).toBe("FORBIDDEN");
  const open = await get(reports, ana.token);
  expect(open.data).toMatchObject([
    {
      messageId: id,
      body: "nobody understands you",
      reason: "unkind",
      author: { id: ben.id },
      reporter: { id: chidi.id },
    },
  ]);
  const all = await get("/api/v1/admin/message-reports", admin.token);
  expect(all.data).toEqual(open.data);
  expect(all.roundTrips).toBe(1);
  expect((await get("/api/v1/admin/message-reports", ana.token)).code).toBe("FORBIDDEN");
  const one = `${reports}/${open.data[0].id}`;
  const decided = await Promise.all([
    put(one, { status: "upheld" }, ana.token),
    put(one, { status: "dismissed" }, admin.token),
  ]);
  expect(decided.map(({ status }) => status).sort()).toEqual([200, 422]);
  expect((await put(`${reports}/${crypto.randomUUID()}`, { status: "upheld" }, ana.token)).status).toBe(404);
  expect((await get(reports, ana.token)).data).toEqual([]);
  const { results } = await env.DB.prepare("SELECT action FROM audit_log WHERE target_id = ?")
    .bind(open.data[0].id)
    .all();
  expect(results).toHaveLength(1);
});

const upload = (url: string, bytes: Uint8Array, headers: Record<string, string> = {}) =>
  exports.default.fetch(new Request(url, { method: "PUT", body: bytes, headers }));
const codeOf = async (response: Response) => (await response.json<{ error: { code: string } }>()).error.code;

test("a file goes where its address says, once, in its size, and is read by whoever reads the room", async () => {
  const [ana, ben, eve] = await Promise.all([learner(), learner(), learner()]);
  const room = await openRoom(ana, [], { kind: "private" });
  await post(`/api/v1/rooms/${room}/invitations`, { username: ben.username }, ana.token);
  await post(`/api/v1/rooms/${room}/join`, undefined, ben.token);
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  const wanted = { name: "notes é.html", type: "text/html", size: bytes.length };
  expect((await post(`/api/v1/rooms/${room}/uploads`, wanted, eve.token)).status).toBe(404);
  const tooLarge = { ...wanted, size: 26 * 1024 * 1024 };
  expect((await post(`/api/v1/rooms/${room}/uploads`, tooLarge, ana.token)).status).toBe(400);
  const { status, data } = await post(`/api/v1/rooms/${room}/uploads`, wanted, ana.token);
  expect(status).toBe(201);

  expect(await codeOf(await upload(data.url, new Uint8Array(60_001)))).toBe("PAYLOAD_TOO_LARGE");
  expect(await codeOf(await upload(data.url, bytes.subarray(1)))).toBe("VALIDATION_ERROR");
  expect(await codeOf(await upload(data.url.replace(/token=./u, "token=x"), bytes))).toBe("INVALID_TOKEN");
  const elsewhere = data.url.replace(/[\da-f-]+\?/u, `${crypto.randomUUID()}?`);
  expect(await codeOf(await upload(elsewhere, bytes))).toBe("INVALID_TOKEN");
  expect((await upload(data.url, bytes)).status).toBe(204);
  expect(await codeOf(await upload(data.url, bytes))).toBe("PRECONDITION_FAILED");

  const message = await say(room, ana, "my notes", { attachments: [data.attachment] });
  expect(message.attachments).toEqual([data.attachment]);
  const file = (person: Learner) =>
    exports.default.fetch(
      new Request(`${ORIGIN}${data.attachment.url}`, { headers: { Authorization: `Bearer ${person.token}` } }),
    );
  const read = await file(ben);
  expect(new Uint8Array(await read.arrayBuffer())).toEqual(bytes);
  expect(read.headers.get("Content-Disposition")).toBe("attachment; filename*=UTF-8''notes%20%C3%A9.html");
  expect(read.headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect((await file(eve)).status).toBe(404);

  const stolen = await say(room, ben, "look", { attachments: [data.attachment] });
  await del(`/api/v1/rooms/${room}/messages/${stolen.id}`, ben.token);
  await settle();
  expect((await file(ana)).status).toBe(200);
  await del(`/api/v1/rooms/${room}/messages/${message.id}`, ana.token);
  await eventually(
    async () => (await file(ana)).status,
    (found) => found === 404,
  );
});

test("an upload larger than any other body streams through; the files of a room go with it; without a bucket it is said so", async () => {
  const ana = await learner();
  const room = await openRoom(ana);
  const bytes = new Uint8Array(3 * 1024 * 1024).fill(7);
  const wanted = { name: "song.flac", type: "audio/flac", size: bytes.length };
  const { data } = await post(`/api/v1/rooms/${room}/uploads`, wanted, ana.token);
  expect((await upload(data.url, bytes)).status).toBe(204);
  const bucket = (env as unknown as { UPLOADS: R2Bucket }).UPLOADS;
  expect((await bucket.list({ prefix: `${room}/` })).objects).toHaveLength(1);

  const execution = createExecutionContext();
  const request = new Request(`${ORIGIN}/api/v1/rooms/${room}/uploads`, {
    method: "POST",
    body: JSON.stringify(wanted),
    headers: { Authorization: `Bearer ${ana.token}`, "Content-Type": "application/json" },
  });
  const refused = await app.fetch(request, { ...env, UPLOADS: undefined }, execution);
  await waitOnExecutionContext(execution);
  expect([refused.status, await codeOf(refused)]).toEqual([503, "UNAVAILABLE"]);

  expect((await del(`/api/v1/rooms/${room}`, ana.token)).status).toBe(204);
  await eventually(
    async () => (await bucket.list({ prefix: `${room}/` })).objects.length,
    (n) => n === 0,
  );
});

test("people see who is in a room page by page, members alone", async () => {
  const [ana, ben] = await Promise.all([learner(), learner()]);
  const room = await openRoom(ana);
  const { webSocket } = await exports.default.fetch(
    new Request(`${ORIGIN}/api/v1/rooms/${room}/socket`, {
      headers: { Upgrade: "websocket", Authorization: `Bearer ${ana.token}` },
    }),
  );
  webSocket?.accept();
  expect((await get(`/api/v1/rooms/${room}/presence`, ana.token)).data).toMatchObject([
    { id: ana.id, status: "online", connections: 1 },
  ]);
  expect((await get(`/api/v1/rooms/${room}/presence`, ben.token)).code).toBe("NOT_A_MEMBER");
  webSocket?.close();
});
