import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export interface Received {
  headers: Record<string, string | undefined>;
  body: string;
}

/**
 * A receiver of webhooks on loopback; `GET` of a path gives what came to it. The path asks for faults:
 * `/broken-…`: 500 always, `/mended-…`: 500 the first time, `/gone-…`: 410, `/moved-…`: a redirect to `/elsewhere`,
 * `/slow-…`: takes it after a while, `/busy-…`: 503 with `Retry-After: 600`.
 */
export async function startWebhook(): Promise<{ url: string; stop(): Promise<void> }> {
  const received = new Map<string, Received[]>();
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? "/";
    const had = received.get(path) ?? [];
    if (request.method === "GET") return response.end(JSON.stringify(had));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = request.headers as Received["headers"];
    received.set(path, [...had, { headers, body: Buffer.concat(chunks).toString() }]);
    const fault = /^\/(?<fault>\w+)-/u.exec(path)?.groups?.["fault"];
    if (fault === "broken" || (fault === "mended" && had.length === 0)) return response.writeHead(500).end();
    if (fault === "gone") return response.writeHead(410).end();
    if (fault === "moved") return response.writeHead(307, { Location: "/elsewhere" }).end();
    if (fault === "busy") return response.writeHead(503, { "Retry-After": "600" }).end();
    if (fault === "slow") await delay(500);
    return response.writeHead(204).end();
  };
  const server = createServer((request, response) => void handle(request, response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => void (await new Promise((resolve) => server.close(resolve))),
  };
}
