import { ChatRoom } from "../../src/durable-objects/chat-room/chat-room.ts";
import { encodeIdentity, IDENTITY_HEADER } from "../../src/durable-objects/chat-room/identity.ts";
import { MetricStore } from "../../src/durable-objects/metric-store/metric-store.ts";

export { ChatRoom, MetricStore };

interface BenchEnv {
  ROOM: DurableObjectNamespace<ChatRoom>;
}

const identity = (room: string, user: string): string =>
  encodeIdentity({
    room: { id: room, kind: "public", name: room, topic: null, slowModeSeconds: 0 },
    members: 1000,
    user: { id: user, username: user, avatarUrl: null },
    sessionId: user,
    role: "member",
    mutedUntil: null,
    rateLimits: false,
    after: null,
    expiresAt: Date.now() + 3_600_000,
  });

/** The real room with its door open: whoever comes is let in under the name in the address. */
export default {
  async fetch(request: Request, env: BenchEnv): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/nothing") return new Response("here");
    const name = searchParams.get("room") ?? "room";
    const room = env.ROOM.getByName(name);
    if (pathname === "/stored") return Response.json((await room.overview("nobody")).lastSeq);
    const headers = { Upgrade: "websocket", [IDENTITY_HEADER]: identity(name, searchParams.get("user") ?? "") };
    return await room.fetch("https://room/", { headers });
  },
};
