import { describeError } from "./redact.ts";

export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** Tells somebody who watches of an error that nobody foresaw. Never throws. */
export type ReportError = (message: string, error: unknown, fields: LogFields) => void;

export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, error: unknown, fields?: LogFields): void;
}

/** One JSON line an entry. Callers pass ids and codes, never e-mail addresses, tokens or texts of people. */
export function createLogger(bound: LogFields = {}, report?: ReportError): Logger {
  const line = (level: string, message: string, fields: LogFields = {}) =>
    JSON.stringify({ level, message, ...bound, ...fields });
  return {
    info: (message, fields) => console.log(line("info", message, fields)),
    warn: (message, fields) => console.warn(line("warn", message, fields)),
    error: (message, error, fields) => {
      console.error(line("error", message, { ...fields, error: describe(error) }));
      report?.(message, error, { ...bound, ...fields });
    },
  };
}

/** The error, its causes and where it was thrown. */
function describe(error: unknown): string {
  const frames = error instanceof Error ? (error.stack ?? "").split("\n    at ").slice(1, 6) : [];
  return [describeError(error), ...frames.map((frame) => frame.trim())].join(" | ");
}
