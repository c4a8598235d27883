import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { RESEND_KEY } from "./keys.ts";

export interface ResendRequest {
  idempotencyKey: string;
  body: { to: string[]; from: string; subject: string; text: string; html: string; headers: Record<string, string> };
}

/**
 * Speaks Resend's `POST /emails` on loopback. It sends once an idempotency key. The recipient asks for faults:
 * `busy.`: 429 the first time, `broken.`: 500 the first time, `deaf.`: sent, and the connection cut the first time, `refused.`: 422.
 */
export async function startResend(): Promise<{ url: string; stop(): Promise<void> }> {
  const sent: ResendRequest[] = [];
  const met = new Set<string>();
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));
    const url = new URL(request.url ?? "/", "http://localhost");
    if (request.method === "GET") {
      const to = url.searchParams.get("to") ?? "";
      return answer(
        200,
        sent.filter(({ body }) => body.to.includes(to)),
      );
    }
    if (request.headers.authorization !== `Bearer ${RESEND_KEY}`) return answer(401, { name: "missing_api_key" });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as ResendRequest["body"];
    const [address = ""] = body.to;
    const first = !met.has(address);
    met.add(address);
    if (address.startsWith("refused."))
      return answer(422, { name: "validation_error", message: `Invalid to: ${address}` });
    if (first && address.startsWith("busy."))
      return answer(429, { name: "rate_limit_exceeded" }, { "Retry-After": "7" });
    if (first && address.startsWith("broken.")) return answer(500, { name: "application_error" });
    const idempotencyKey = String(request.headers["idempotency-key"]);
    if (!sent.some((mail) => mail.idempotencyKey === idempotencyKey)) sent.push({ idempotencyKey, body });
    if (first && address.startsWith("deaf.")) return response.destroy();
    return answer(200, { id: `resend-${idempotencyKey}` });
  };
  const server = createServer((request, response) => void handle(request, response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => void (await new Promise((resolve) => server.close(resolve))),
  };
}
