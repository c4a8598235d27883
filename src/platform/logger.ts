export type LogFields = Record<string, string | number | boolean | null | undefined>;

export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, error: unknown, fields?: LogFields): void;
}

/** One JSON line an entry. Callers pass ids and codes, never e-mail addresses, tokens or texts of people. */
export function createLogger(bound: LogFields = {}): Logger {
  const line = (level: string, message: string, fields: LogFields = {}) =>
    JSON.stringify({ level, message, ...bound, ...fields });
  return {
    info: (message, fields) => console.log(line("info", message, fields)),
    warn: (message, fields) => console.warn(line("warn", message, fields)),
    error: (message, error, fields) => console.error(line("error", message, { ...fields, error: describe(error) })),
  };
}

/** The error and its causes, without the bound values that Drizzle puts into its messages. */
function describe(error: unknown): string {
  const parts: string[] = [];
  for (let e = error; e !== undefined && e !== null && parts.length < 5; e = e instanceof Error ? e.cause : undefined) {
    parts.push(e instanceof Error ? `${e.name}: ${e.message.split("\nparams:")[0]}` : typeof e);
  }
  const stack =
    error instanceof Error
      ? (error.stack ?? "")
          .split("\n    at ")
          .slice(1, 6)
          .map((frame) => frame.trim())
      : [];
  return [...parts, ...stack].join(" | ");
}
