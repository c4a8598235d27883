import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Takes Sentry envelopes on loopback; GET gives back what came. */
export async function startSentry(): Promise<{ url: string; stop(): Promise<void> }> {
  const envelopes: { path: string; lines: unknown[] }[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === "GET") return response.end(JSON.stringify(envelopes));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const lines = Buffer.concat(chunks).toString().split("\n").filter(Boolean);
    envelopes.push({ path: request.url ?? "", lines: lines.map((line: string) => JSON.parse(line) as unknown) });
    return response.end("{}");
  };
  const server = createServer((request, response) => void handle(request, response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => void (await new Promise((resolve) => server.close(resolve))),
  };
}
