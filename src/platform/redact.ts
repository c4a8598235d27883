const SECRET = /token|secret|password|passphrase|authorization|cookie|credential|signature|api_?key|private_?key/iu;
const ADDRESS = /[^\s<>"'@,;:]+@[^\s<>"'@,;:]+\.[^\s<>"'@,;:]+/gu;
const MAX_DEPTH = 8;
const MAX_TEXT = 2000;

/** A copy that may be shown and kept: what secret names hold and every e-mail address is taken out. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return value.replaceAll(ADDRESS, "[address]").slice(0, MAX_TEXT);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "[deep]";
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, SECRET.test(name) ? "[redacted]" : redact(item, depth + 1)]),
  );
}

/** An error and its causes in a line, without the bound values that Drizzle puts into its messages. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  for (let e = error; e !== undefined && e !== null && parts.length < 5; e = e instanceof Error ? e.cause : undefined) {
    if (e instanceof AggregateError) parts.push(...e.errors.slice(0, 3).map(describeError));
    else parts.push(e instanceof Error ? `${e.name}: ${e.message.split("\nparams:")[0]}` : typeof e);
  }
  return String(redact(parts.join(" | ")));
}
