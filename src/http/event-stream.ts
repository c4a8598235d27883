import type { Context } from "hono";
import type { AppEnv } from "./env.ts";

export interface ServerEvent {
  event: string;
  data: unknown;
}

export const wantsEvents = (c: Context<AppEnv>): boolean =>
  (c.req.header("Accept") ?? "").toLowerCase().includes("text/event-stream");

/**
 * Answers with server-sent events, read only as fast as the client takes them. When the client goes, the signal that
 * `start` got is aborted and the events are closed, whether anything was sent yet or not.
 */
export async function eventStream(
  c: Context<AppEnv>,
  start: (signal: AbortSignal) => Promise<AsyncGenerator<ServerEvent, void, undefined>>,
): Promise<Response> {
  const gone = new AbortController();
  const events = await start(AbortSignal.any([gone.signal, c.req.raw.signal]));
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await events.next();
        if (next.done === true) controller.close();
        else
          controller.enqueue(
            encoder.encode(`event: ${next.value.event}\ndata: ${JSON.stringify(next.value.data)}\n\n`),
          );
      },
      cancel() {
        gone.abort();
        c.get("ctx").later(events.return());
      },
    },
    { highWaterMark: 0 },
  );
  return c.body(body, 200, { "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store" });
}
