import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Pushed {
  headers: Record<string, string | string[] | undefined>;
  /** The encrypted body, base64. */
  body: string;
}

/**
 * A push service (RFC 8030) on loopback; `GET` of a resource gives what came to it. The resource asks for faults:
 * `/gone-…`: 410, `/busy-…`: 429 the first time, `/refused-…`: 400.
 */
export async function startPush(): Promise<{ url: string; stop(): Promise<void> }> {
  const pushed = new Map<string, Pushed[]>();
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? "/";
    const had = pushed.get(path) ?? [];
    if (request.method === "GET") return response.end(JSON.stringify(had));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    pushed.set(path, [...had, { headers: request.headers, body: Buffer.concat(chunks).toString("base64") }]);
    if (path.startsWith("/gone-")) return response.writeHead(410).end();
    if (path.startsWith("/refused-")) return response.writeHead(400).end("no");
    if (path.startsWith("/busy-") && had.length === 0) return response.writeHead(429, { "Retry-After": "90" }).end();
    return response.writeHead(201, { Location: "/message/1" }).end();
  };
  const server = createServer((request, response) => void handle(request, response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => void (await new Promise((resolve) => server.close(resolve))),
  };
}
