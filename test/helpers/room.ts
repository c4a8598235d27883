import { env } from "cloudflare:workers";
import { encodeIdentity, IDENTITY_HEADER, type Identity } from "../../src/durable-objects/chat-room/identity.ts";
import { type Frame, TestSocket } from "./socket.ts";

export const ROOM = { id: "r1", kind: "public" as const, name: "Café ☕", topic: null, slowModeSeconds: 0 };
export const HOUR = 3_600_000;

let rooms = 0;
export const newRoom = () => env.CHAT_ROOM.getByName(`room-${++rooms}-${crypto.randomUUID()}`);
export type Room = ReturnType<typeof newRoom>;

export const identity = (name: string, change: Partial<Identity> = {}): Identity => ({
  room: ROOM,
  members: 2,
  user: { id: name, username: name, avatarUrl: null },
  sessionId: `session of ${name}`,
  role: "member",
  mutedUntil: null,
  rateLimits: false,
  after: null,
  expiresAt: Date.now() + HOUR,
  ...change,
});

export const knock = (room: Room, who: Identity) =>
  room.fetch("https://room/", { headers: { upgrade: "websocket", [IDENTITY_HEADER]: encodeIdentity(who) } });

export async function join(room: Room, name: string, change: Partial<Identity> = {}): Promise<TestSocket> {
  const response = await knock(room, identity(name, change));
  if (response.webSocket === null) throw new Error(`no socket: ${response.status} ${await response.text()}`);
  return new TestSocket(response.webSocket);
}

export async function say(
  socket: TestSocket,
  body: string,
  clientId = crypto.randomUUID(),
): Promise<{ seq: number; id: string }> {
  socket.send("send_message", { clientId, body });
  const { payload } = await socket.next("message_ack", (ack) => ack.clientId === clientId);
  return payload as unknown as { seq: number; id: string };
}

export const stored = (frames: readonly Frame[]) =>
  frames.filter(({ type, payload }) => payload.seq !== undefined && type !== "message_ack");

export async function joinAndSync(room: Room, name: string, after: number): Promise<TestSocket> {
  const socket = await join(room, name, { after });
  await socket.until("sync", () => socket.frames.some(({ type }) => type === "sync_complete" || type === "sync_reset"));
  return socket;
}
