import type { Client, Json } from "./demo-client.ts";

interface Frame {
  type: string;
  payload: Json;
}

interface Socket {
  /** Every frame so far, in order. */
  seen: Frame[];
  send(type: string, payload: Json, ref?: string): void;
  /** The payload of the next frame of a type that nobody has taken yet. */
  next(type: string, matches?: (payload: Json) => boolean): Promise<Json>;
  close(): void;
}

/** Enters a room with a one-time ticket and waits for its welcome. */
export async function openSocket(client: Client, roomId: string, after?: number): Promise<Socket> {
  const { ticket } = await client.call("POST", `/rooms/${roomId}/tickets`, undefined, [200, 201]);
  const url = new URL(`/api/v1/rooms/${roomId}/socket`, client.origin.replace(/^http/, "ws"));
  if (after !== undefined) url.searchParams.set("after", String(after));
  const socket = attach(new WebSocket(url.href, ["guildhall.v1", `ticket.${ticket}`]));
  await socket.next("welcome");
  return socket;
}

function attach(ws: WebSocket): Socket {
  const seen: Frame[] = [];
  const taken = new Set<Frame>();
  const arrivals = new EventTarget();
  ws.addEventListener("message", ({ data }) => {
    // One frame, or an array of frames that were due at once.
    seen.push(...([JSON.parse(String(data))].flat() as Frame[]));
    arrivals.dispatchEvent(new Event("frame"));
  });

  const take = (type: string, matches: (payload: Json) => boolean): Frame | undefined => {
    const frame = seen.find(
      (candidate) => !taken.has(candidate) && candidate.type === type && matches(candidate.payload),
    );
    if (frame !== undefined) taken.add(frame);
    return frame;
  };

  const next = (type: string, matches: (payload: Json) => boolean = () => true): Promise<Json> => {
    const { promise, resolve, reject } = Promise.withResolvers<Json>();
    const look = (): void => {
      const frame = take(type, matches);
      if (frame === undefined) return;
      arrivals.removeEventListener("frame", look);
      clearTimeout(timer);
      resolve(frame.payload);
    };
    const timer = setTimeout(() => reject(new Error(`No ${type} within 10 s; got ${JSON.stringify(seen)}`)), 10_000);
    ws.addEventListener("close", ({ code, reason }) => reject(new Error(`The socket closed: ${code} ${reason}`)));
    arrivals.addEventListener("frame", look);
    look();
    return promise;
  };

  const send = (type: string, payload: Json, ref?: string): void => {
    ws.send(JSON.stringify({ type, payload, timestamp: new Date().toISOString(), ...(ref !== undefined && { ref }) }));
  };
  return { seen, send, next, close: () => ws.close(1000) };
}
