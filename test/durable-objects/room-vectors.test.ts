import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import file from "../../docs/room-vectors.json";
import { encodeIdentity, IDENTITY_HEADER, type Identity } from "../../src/durable-objects/chat-room/identity.ts";
import { RoomHistory } from "../../web/rooms/room-history.ts";
import type { Draft, Frame } from "../../web/rooms/wire.ts";
import { TestSocket } from "../helpers/socket.ts";

interface Step {
  who: string;
  enters?: number;
  leaves?: true;
  sends?: { type: string; payload: Record<string, string | null> };
  posts?: Draft;
}

interface Vector {
  name: string;
  me: string;
  script?: Step[];
  outbox?: Draft[];
  received: Frame[];
  then: object;
}

// The file is for clients in any language, and says in words what it holds.
const vectors = file.vectors as unknown as Vector[];
const ROOM = { id: "r1", kind: "public" as const, name: "Readers", topic: null, slowModeSeconds: 0 };
const TIME = "2026-11-21T10:00:00.000Z";

function fold({ me, outbox = [] }: Vector, received: readonly Frame[]): object {
  const history = new RoomHistory(me);
  for (const draft of outbox) history.say(draft);
  let sync: number | null = null;
  for (const frame of received) if (history.take(frame) === "gap") sync = history.lastSeq;
  const { lastSeq, messages } = history;
  return { lastSeq, sync, outbox: history.outbox, messages };
}

describe.each(vectors)("$name", (vector) => {
  test("the page's client holds what it should", () => {
    expect(fold(vector, vector.received)).toEqual(vector.then);
  });

  test.runIf(vector.script)("the room sends what is recorded", async () => {
    const received = await play(vector);
    expect(received).toMatchObject(vector.received);
    expect(received).toHaveLength(vector.received.length);
  });
});

const identity = (name: string, after: number): Identity => ({
  room: ROOM,
  members: 2,
  user: { id: name, username: name, avatarUrl: null },
  sessionId: name,
  role: "member",
  mutedUntil: null,
  rateLimits: false,
  after,
  expiresAt: Date.now() + 3_600_000,
});

/** Plays the script against a room, one step after another, and gives the counted frames that `me` received. */
async function play({ name, me, script = [] }: Vector): Promise<Frame[]> {
  const room = env.CHAT_ROOM.getByName(name);
  const sockets = new Map<string, TestSocket>();
  const mine: TestSocket[] = [];
  for (const { who, enters, leaves, sends, posts } of script) {
    if (enters !== undefined) {
      const headers = { upgrade: "websocket", [IDENTITY_HEADER]: encodeIdentity(identity(who, enters)) };
      const { webSocket } = await room.fetch("https://room/", { headers });
      if (webSocket === null) throw new Error("no socket");
      const socket = new TestSocket(webSocket);
      sockets.set(who, socket);
      if (who === me) mine.push(socket);
    }
    if (leaves) sockets.get(who)?.close();
    if (leaves) sockets.delete(who);
    if (posts) await room.send(ROOM, identity(who, 0), posts);
    if (sends) sockets.get(who)?.send(sends.type, await withIds(room, sends.payload));
    await Promise.all([...sockets.values()].map(settled));
  }
  const frames = mine.flatMap((socket) => socket.frames.filter(({ ref }) => ref !== "barrier")) as unknown as Frame[];
  return readable(
    frames.filter(({ type, payload }) => "seq" in payload || type.startsWith("sync_")),
    await ids(room),
  );
}

/** Everything that was sent before has been dealt with, and has arrived. */
async function settled(socket: TestSocket): Promise<void> {
  const seen = socket.frames.filter(({ ref }) => ref === "barrier").length;
  socket.send("sync", { after: Number.MAX_SAFE_INTEGER }, "barrier");
  await socket.until("the barrier", () => socket.frames.filter(({ ref }) => ref === "barrier").length > seen);
}

type Room = ReturnType<typeof env.CHAT_ROOM.getByName>;

const ids = async (room: Room): Promise<string[]> =>
  (await room.history({ limit: 50, viewerId: "" })).messages.map(({ id }) => id);

async function withIds(room: Room, payload: Record<string, string | null>): Promise<Record<string, string | null>> {
  const known = await ids(room);
  const real = (value: string | null) =>
    /^m\d+$/.test(value ?? "") ? (known[Number(value?.slice(1)) - 1] ?? null) : value;
  return Object.fromEntries(Object.entries(payload).map(([key, value]) => [key, real(value)]));
}

function readable(frames: readonly Frame[], known: readonly string[]): Frame[] {
  const text = JSON.stringify(frames).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/gu, TIME);
  return JSON.parse(known.reduce((so, id, n) => so.replaceAll(id, `m${n + 1}`), text)) as Frame[];
}
