import type { Context } from "hono";
import type { AppEnv } from "./env.ts";

export interface ServerEvent {
  event: string;
  data: unknown;
}

/** The runtime notices that a client has gone when it writes to it: so long it takes at most, twice. */
const HEARTBEAT_MS = 1_000;
const ENCODER = new TextEncoder();
const HEARTBEAT = ENCODER.encode(": waiting\n\n");

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
  const over = Promise.withResolvers<void>();
  // Without it the runtime drops everything when the client goes, and nobody could settle what was begun.
  c.get("ctx").later(over.promise);
  const events = await start(AbortSignal.any([gone.signal, c.req.raw.signal])).catch((error: unknown) => {
    over.resolve();
    throw error;
  });
  let next: Promise<IteratorResult<ServerEvent, void>> | undefined = events.next();
  // Begun before anybody reads: one that was never begun has no end either, where it would settle things.
  next.catch(() => {});
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        next ??= events.next();
        try {
          const step = await Promise.race([next, quiet()]);
          if (step === "quiet") return controller.enqueue(HEARTBEAT);
          next = undefined;
          if (step.done !== true) return controller.enqueue(encode(step.value));
          controller.close();
          over.resolve();
        } catch (error) {
          controller.error(error);
          over.resolve();
        }
      },
      cancel() {
        gone.abort();
        over.resolve(close(events));
      },
    },
    { highWaterMark: 0 },
  );
  return c.body(body, 200, { "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store" });
}

const close = async (events: AsyncGenerator): Promise<void> => void (await events.return(undefined));

const encode = ({ event, data }: ServerEvent): Uint8Array =>
  ENCODER.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);

const quiet = (): Promise<"quiet"> => new Promise((resolve) => setTimeout(() => resolve("quiet"), HEARTBEAT_MS));
