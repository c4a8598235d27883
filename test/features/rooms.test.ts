import { env, exports } from "cloudflare:workers";
import { afterAll, expect, test } from "vitest";
import { call, eventually, get, ORIGIN, patch, post } from "../helpers/client.ts";
import { type Learner, learner } from "../helpers/factories.ts";
import { type Frame, TestSocket } from "../helpers/socket.ts";

/** The runtime must not be taken down while the queues still deliver what registering people has caused. */
afterAll(async () => {
  const waiting = () => env.DB.prepare("SELECT count(*) AS n FROM outbox").first<number>("n");
  await eventually(waiting, (n) => n === 0);
});

const put = (path: string, body: unknown, token: string) => call("PUT", path, { body, token });
const del = (path: string, token: string) => call("DELETE", path, { token });

async function openRoom(owner: Learner, fields: Record<string, unknown> = {}): Promise<string> {
  const { status, data, headers } = await post(
    "/api/v1/rooms",
    { kind: "public", name: "Night readers", ...fields },
    owner.token,
  );
  expect(status).toBe(201);
  expect(headers.get("Location")).toBe(`/api/v1/rooms/${data.id}`);
  return data.id;
}

const knock = (path: string, headers: Record<string, string>) =>
  exports.default.fetch(new Request(`${ORIGIN}${path}`, { headers: { Upgrade: "websocket", ...headers } }));

async function connect(room: string, person: Learner, query = ""): Promise<TestSocket> {
  const { webSocket, status } = await knock(`/api/v1/rooms/${room}/socket${query}`, {
    Authorization: `Bearer ${person.token}`,
  });
  if (webSocket === null) throw new Error(`refused: ${status}`);
  return new TestSocket(webSocket);
}

const seqs = (socket: TestSocket) =>
  socket.frames
    .filter((frame: Frame) => frame.payload.seq !== undefined && frame.type !== "message_ack")
    .map(({ payload }) => payload.seq);

const codeOf = async (response: Response) => (await response.json<{ error: { code: string } }>()).error.code;

test("two people meet in a public room, talk, and one who comes back gets what was missed", async () => {
  const [ana, ben] = [await learner(), await learner()];
  const room = await openRoom(ana, { topic: "  One chapter  " });
  expect((await get(`/api/v1/rooms/${room}`, ben.token)).data).toMatchObject({
    members: 1,
    role: null,
    topic: "One chapter",
    unread: 0,
  });
  const joined = await post(`/api/v1/rooms/${room}/join`, undefined, ben.token);
  expect(joined).toMatchObject({ status: 200, data: { members: 2, role: "member", membership: "joined" } });
  expect((await post(`/api/v1/rooms/${room}/join`, undefined, ben.token)).status).toBe(200);

  const first = await connect(room, ana);
  const second = await connect(room, ben);
  expect((await second.next("welcome")).payload).toMatchObject({
    room: { id: room, name: "Night readers", members: 2, role: "member" },
    self: { id: ben.id, username: ben.username },
    lastSeq: 1,
  });
  first.send("send_message", { clientId: "c1", body: "Hello, Ben" });
  const { payload: heard } = await second.next("chat_message");
  expect(heard).toMatchObject({ seq: 2, body: "Hello, Ben", author: { id: ana.id, username: ana.username } });
  second.close();

  const url = `/api/v1/rooms/${room}/messages`;
  const posted = await post(url, { clientId: "c2", body: "Over HTTP", replyTo: heard.id }, ana.token);
  expect(posted).toMatchObject({ status: 201, data: { seq: 3, clientId: "c2", replyTo: heard.id } });
  expect((await post(url, { clientId: "c2", body: "again" }, ana.token)).data).toEqual(posted.data);
  expect(await patch(`${url}/${posted.data.id}`, { body: "Over HTTP!" }, ana.token)).toMatchObject({
    status: 200,
    data: { body: "Over HTTP!" },
  });
  const reaction = `${url}/${posted.data.id}/reactions/${encodeURIComponent("🎉")}`;
  expect((await put(reaction, undefined, ben.token)).data).toMatchObject({ seq: 5, count: 1, action: "added" });
  expect((await del(reaction, ben.token)).status).toBe(204);
  expect((await del(`${url}/${String(heard.id)}`, ana.token)).status).toBe(204);

  const back = await connect(room, ben, "?after=2");
  await back.next("sync_complete", ({ lastSeq }) => lastSeq === 7);
  expect(seqs(back)).toEqual([3, 4, 5, 6, 7]);
  const history = await get(`${url}?limit=1`, ben.token);
  expect(history.data).toMatchObject([{ seq: 3, body: "Over HTTP!", reactions: [] }]);
  const { nextCursor, ...more } = history.body.meta.pagination;
  expect(more).toEqual({ limit: 1, hasMore: true });
  const onward = await get(`${url}?limit=1&cursor=${nextCursor}`, ben.token);
  expect(onward.data).toMatchObject([{ id: heard.id }]);
  expect(onward.body.meta.pagination).toEqual({ limit: 1, nextCursor: null, hasMore: false });
  const newer = await get(`${url}?limit=1&after=0`, ben.token);
  const newerCursor = newer.body.meta.pagination.nextCursor;
  expect((await get(`${url}?limit=1&after=0&cursor=${newerCursor}`, ben.token)).data).toMatchObject([{ seq: 3 }]);
  const elsewhere = `/api/v1/rooms/${await openRoom(ana)}/messages`;
  expect((await get(`${elsewhere}?cursor=${nextCursor}`, ben.token)).code).toBe("INVALID_CURSOR");
  expect((await get(`${url}?before=1&after=2`, ben.token)).status).toBe(400);

  const mine = await get("/api/v1/rooms?mine=true", ben.token);
  expect(mine.data).toMatchObject([{ id: room, unread: 1, lastMessage: { body: "Over HTTP!" } }]);
  expect((await post(`/api/v1/rooms/${room}/read`, { seq: 7 }, ben.token)).data).toEqual({ readSeq: 7 });
  expect((await get(`/api/v1/rooms/${room}`, ben.token)).data.unread).toBe(0);
});

test("a ticket opens one socket, of its room, once", async () => {
  const [ana, ben] = [await learner(), await learner()];
  const [room, other] = [await openRoom(ana), await openRoom(ana)];
  expect((await post(`/api/v1/rooms/${room}/tickets`, undefined, ben.token)).code).toBe("NOT_A_MEMBER");
  const { status, data } = await post(`/api/v1/rooms/${room}/tickets`, undefined, ana.token);
  expect(status).toBe(201);
  expect(data.url).toBe(`wss://guildhall.test/api/v1/rooms/${room}/socket`);
  const protocols = { "Sec-WebSocket-Protocol": `guildhall.v1, ticket.${data.ticket}` };
  expect((await knock(`/api/v1/rooms/${other}/socket`, protocols)).status).toBe(401);
  const answers = await Promise.all([1, 2, 3].map(() => knock(`/api/v1/rooms/${room}/socket`, protocols)));
  expect(answers.map((answer) => answer.status).sort((a, b) => a - b)).toEqual([101, 401, 401]);
  const opened = answers.find((answer) => answer.status === 101);
  expect(opened?.headers.get("Sec-WebSocket-Protocol")).toBe("guildhall.v1");
  if (!opened?.webSocket) throw new Error("no socket");
  expect((await new TestSocket(opened.webSocket).next("welcome")).payload).toMatchObject({ self: { id: ana.id } });
  const stored = await env.DB.prepare("SELECT hash FROM tickets").all<{ hash: string }>();
  expect(stored.results.map(({ hash }) => hash)).not.toContain(data.ticket);
});

test("what is refused, is refused before the upgrade", async () => {
  const [ana, ben] = [await learner(), await learner()];
  const [open, closed] = [await openRoom(ana), await openRoom(ana, { kind: "private" })];
  const as = (person: Learner) => ({ Authorization: `Bearer ${person.token}` });
  const refused = async (path: string, headers: Record<string, string>) => {
    const response = await knock(path, headers);
    return [response.status, await codeOf(response)];
  };
  expect(await refused(`/api/v1/rooms/${open}/socket`, {})).toEqual([401, "UNAUTHENTICATED"]);
  expect(await refused(`/api/v1/rooms/${open}/socket`, as(ben))).toEqual([403, "NOT_A_MEMBER"]);
  expect(await refused(`/api/v1/rooms/${closed}/socket`, as(ben))).toEqual([404, "NOT_FOUND"]);
  expect(await refused(`/api/v1/rooms/nowhere/socket`, as(ben))).toEqual([404, "NOT_FOUND"]);
  expect(await refused(`/api/v1/rooms/${open}/socket?after=x`, as(ana))).toEqual([400, "VALIDATION_ERROR"]);
  expect((await get(`/api/v1/rooms/${open}/socket`, ana.token)).code).toBe("UPGRADE_REQUIRED");
  const shouted = await knock(`/api/v1/rooms/${closed.toUpperCase()}/socket`, as(ana));
  expect(shouted.status).toBe(101);
  shouted.webSocket?.accept();
  shouted.webSocket?.close();
  const cookie = { Cookie: `__Host-guildhall_access=${ana.token}` };
  expect(await refused(`/api/v1/rooms/${open}/socket`, { ...cookie, Origin: "https://evil.example" })).toEqual([
    403,
    "CSRF_REJECTED",
  ]);
  expect(await refused(`/api/v1/rooms/${open}/socket`, cookie)).toEqual([403, "CSRF_REJECTED"]);
  const own = await knock(`/api/v1/rooms/${open}/socket`, { ...cookie, Origin: ORIGIN });
  expect(own.status).toBe(101);
  own.webSocket?.accept();
  const more = await Promise.all(Array.from({ length: 8 }, () => knock(`/api/v1/rooms/${open}/socket`, as(ana))));
  expect(more.map(({ status }) => status).sort((a, b) => a - b)).toEqual([...Array<number>(7).fill(101), 429]);
  for (const { webSocket } of more) webSocket?.accept();
});

test("a private room is for those who are invited", async () => {
  const [ana, ben, eve] = [await learner(), await learner(), await learner()];
  const room = await openRoom(ana, { kind: "private" });
  expect((await get(`/api/v1/rooms/${room}`, ben.token)).status).toBe(404);
  expect((await post(`/api/v1/rooms/${room}/join`, undefined, ben.token)).status).toBe(404);
  const invitation = await post(`/api/v1/rooms/${room}/invitations`, { username: ben.username }, ana.token);
  expect(invitation).toMatchObject({ status: 201, data: { membership: "invited", user: { id: ben.id } } });
  expect((await post(`/api/v1/rooms/${room}/invitations`, { username: ben.username }, ana.token)).code).toBe(
    "CONFLICT",
  );
  expect((await get(`/api/v1/rooms/${room}/messages`, ben.token)).code).toBe("NOT_A_MEMBER");
  expect((await get("/api/v1/rooms?mine=true", ben.token)).data).toMatchObject([
    { id: room, membership: "invited", role: null },
  ]);
  expect((await post(`/api/v1/rooms/${room}/join`, undefined, ben.token)).status).toBe(200);
  expect(
    (await get(`/api/v1/rooms/${room}/members`, ben.token)).data.map((member: { role: string }) => member.role),
  ).toEqual(["owner", "member"]);
  expect((await get(`/api/v1/rooms/${room}/members`, eve.token)).status).toBe(404);
  expect((await post(`/api/v1/rooms/${room}/leave`, undefined, ben.token)).status).toBe(204);
  expect((await get(`/api/v1/rooms/${room}`, ben.token)).status).toBe(404);
  expect((await post(`/api/v1/rooms/${room}/leave`, undefined, ana.token)).code).toBe("ILLEGAL_TRANSITION");
});

test("moderators mute and ban members, only the owner moderates moderators", async () => {
  const [ana, ben, chidi] = [await learner(), await learner(), await learner()];
  const room = await openRoom(ana);
  for (const person of [ben, chidi]) await post(`/api/v1/rooms/${room}/join`, undefined, person.token);
  const member = (person: Learner) => `/api/v1/rooms/${room}/members/${person.id}`;
  expect((await put(member(chidi), { banned: true }, ben.token)).code).toBe("FORBIDDEN");
  expect((await put(member(ben), { role: "moderator" }, ana.token)).data.role).toBe("moderator");
  expect((await put(member(ana), { banned: true }, ben.token)).code).toBe("FORBIDDEN");
  expect((await put(member(chidi), { role: "moderator" }, ben.token)).code).toBe("FORBIDDEN");
  expect((await put(member(chidi), {}, ben.token)).status).toBe(400);

  const socket = await connect(room, chidi);
  const mutedUntil = new Date(Date.now() + 60_000).toISOString();
  expect((await put(member(chidi), { mutedUntil }, ben.token)).data).toMatchObject({ mutedUntil });
  const silenced = await post(`/api/v1/rooms/${room}/messages`, { clientId: "c", body: "x" }, chidi.token);
  expect(silenced).toMatchObject({ status: 403, code: "MUTED", body: { error: { details: { mutedUntil } } } });
  expect((await put(member(chidi), { banned: true }, ben.token)).data.membership).toBe("banned");
  expect(await socket.untilClosed()).toMatchObject({ code: 4403 });
  expect((await post(`/api/v1/rooms/${room}/join`, undefined, chidi.token)).code).toBe("BANNED");
  expect((await get(`/api/v1/rooms/${room}/messages`, chidi.token)).code).toBe("BANNED");
  expect((await put(member(chidi), { banned: false }, ana.token)).data.membership).toBeNull();
  expect((await post(`/api/v1/rooms/${room}/join`, undefined, chidi.token)).status).toBe(200);
});

test("changing a room is told in it, deleting it hangs up and leaves nothing", async () => {
  const [ana, ben] = [await learner(), await learner()];
  const room = await openRoom(ana);
  await post(`/api/v1/rooms/${room}/join`, undefined, ben.token);
  const socket = await connect(room, ben);
  expect((await patch(`/api/v1/rooms/${room}`, { name: "x" }, ben.token)).code).toBe("FORBIDDEN");
  expect(
    (await patch(`/api/v1/rooms/${room}`, { name: "Early birds", slowModeSeconds: 60 }, ana.token)).data.name,
  ).toBe("Early birds");
  expect((await socket.next("room_changed")).payload.room).toMatchObject({ name: "Early birds", slowModeSeconds: 60 });
  await post(`/api/v1/rooms/${room}/messages`, { clientId: "1", body: "x" }, ben.token);
  const soon = await post(`/api/v1/rooms/${room}/messages`, { clientId: "2", body: "x" }, ben.token);
  expect(soon).toMatchObject({ status: 429, code: "SLOW_MODE" });
  expect(Number(soon.headers.get("Retry-After"))).toBeGreaterThan(50);
  expect((await get(`/api/v1/rooms?q=EARLY`, ben.token)).data).toMatchObject([{ id: room }]);
  expect((await del(`/api/v1/rooms/${room}`, ben.token)).status).toBe(403);
  expect((await del(`/api/v1/rooms/${room}`, ana.token)).status).toBe(204);
  expect(await socket.untilClosed()).toMatchObject({ code: 4403 });
  expect((await get(`/api/v1/rooms/${room}`, ana.token)).status).toBe(404);
});

test("two people have one direct room, however often and at once they ask", async () => {
  const [ana, ben, eve] = [await learner(), await learner(), await learner()];
  const asks = await Promise.all([
    post("/api/v1/rooms/direct", { username: ben.username }, ana.token),
    post("/api/v1/rooms/direct", { username: ana.username }, ben.token),
    post("/api/v1/rooms/direct", { username: ben.username }, ana.token),
  ]);
  expect(new Set(asks.map(({ data }) => data.id)).size).toBe(1);
  const room = asks[0]?.data.id;
  expect(asks.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
  expect(asks.find(({ status }) => status === 201)?.headers.get("Location")).toBe(`/api/v1/rooms/${room}`);
  expect(asks[0]?.data).toMatchObject({ kind: "direct", members: 2 });
  expect((await get(`/api/v1/rooms/${room}`, eve.token)).status).toBe(404);
  expect((await post("/api/v1/rooms/direct", { username: ana.username }, ana.token)).status).toBe(400);
  expect((await post("/api/v1/rooms/direct", { username: "nobody_here" }, ana.token)).status).toBe(404);
  expect((await post(`/api/v1/rooms/${room}/leave`, undefined, ana.token)).code).toBe("ILLEGAL_TRANSITION");
});
