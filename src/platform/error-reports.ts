import type { ErrorEvent } from "@sentry/cloudflare";
import { CloudflareClient, createTransport, Scope } from "@sentry/cloudflare";
import type { ReportError } from "./logger.ts";

const FLUSH_MS = 2_000;

interface Reporting {
  dsn: string;
  environment: string;
  waitUntil(work: Promise<unknown>): void;
}

/**
 * Reports to Sentry, or to what speaks its protocol. Its client is used by itself, without the SDK's instrumentation of every fetch and
 * binding: an error costs one request after the answer, everything else nothing.
 */
export const sentryReporter =
  ({ dsn, environment, waitUntil }: Reporting): ReportError =>
  (message, error, { requestId, traceId, ...fields }) => {
    // One an error: what a client has under way belongs to the request that began it.
    const client = sentryClient(dsn, environment);
    const scope = new Scope();
    scope.setClient(client);
    scope.setTags({ requestId, traceId });
    scope.setExtras({ message, ...fields });
    scope.captureException(error instanceof Error ? error : new Error(message));
    waitUntil(client.flush(FLUSH_MS));
  };

function sentryClient(dsn: string, environment: string): CloudflareClient {
  const client = new CloudflareClient({
    dsn,
    environment,
    integrations: [],
    stackParser: framesOf,
    beforeSend: withoutValues,
    transport: (options) =>
      createTransport(options, async ({ body }) => {
        const answer = await fetch(options.url, { method: "POST", body, headers: options.headers ?? {} });
        await answer.body?.cancel();
        return { statusCode: answer.status };
      }),
  });
  client.init();
  return client;
}

/** Drizzle writes the bound values, which are people's, behind the statement. */
function withoutValues(event: ErrorEvent): ErrorEvent {
  for (const exception of event.exception?.values ?? [])
    exception.value = exception.value?.split("\nparams:")[0]?.slice(0, 2_000) ?? "";
  return event;
}

const FRAME = /^\s*at (?:async )?(?:(?<name>.+?) \()?(?<file>.+?):(?<line>\d+):(?<column>\d+)\)?$/u;

/** The frames of a V8 stack, oldest first as Sentry wants them. */
export function framesOf(stack: string) {
  return stack
    .split("\n")
    .flatMap((line) => {
      const frame = FRAME.exec(line)?.groups;
      if (!frame) return [];
      return [
        {
          function: frame["name"] ?? "?",
          filename: frame["file"] ?? "?",
          lineno: Number(frame["line"]),
          colno: Number(frame["column"]),
          in_app: !frame["file"]?.includes("node_modules"),
        },
      ];
    })
    .slice(0, 50)
    .reverse();
}
