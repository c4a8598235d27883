import { exports } from "cloudflare:workers";
import { ORIGIN } from "./client.ts";

export interface Frame {
  type: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- frames of every kind
  payload: any;
  ref?: string;
}

/** A client's socket that keeps every frame it was sent, bursts unpacked. */
export class SocketClient {
  readonly frames: Frame[] = [];
  closed: { code: number; reason: string } | null = null;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      if (typeof data !== "string" || data === "pong") return;
      const frames = JSON.parse(data) as Frame | Frame[];
      this.frames.push(...(Array.isArray(frames) ? frames : [frames]));
    });
    socket.addEventListener("close", ({ code, reason }) => (this.closed = { code, reason }));
    socket.accept();
  }

  send(type: string, payload: unknown, ref?: string): void {
    this.#socket.send(JSON.stringify({ type, payload, timestamp: new Date().toISOString(), ...(ref ? { ref } : {}) }));
  }

  close(): void {
    this.#socket.close(1000, "done");
  }

  of(type: string): Frame[] {
    return this.frames.filter((frame) => frame.type === type);
  }
}

/** Opens a socket; the answer too, for refusals that come before the upgrade. */
export async function openSocket(
  path: string,
  headers: Record<string, string>,
): Promise<{ response: Response; client: SocketClient | null }> {
  const response = await exports.default.fetch(
    new Request(`${ORIGIN}${path}`, { headers: { Upgrade: "websocket", ...headers } }),
  );
  return { response, client: response.webSocket ? new SocketClient(response.webSocket) : null };
}
