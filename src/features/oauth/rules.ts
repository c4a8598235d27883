/**
 * Where a login may lead: an address of this origin or of an allowed one, as an absolute URL; null for any other.
 * A path is one of this origin.
 */
export function trustedTarget(target: string, ownOrigin: string, allowed: readonly string[]): string | null {
  if (!URL.canParse(target, ownOrigin)) return null;
  const url = new URL(target, ownOrigin);
  return url.origin === ownOrigin || allowed.includes(url.origin) ? url.href : null;
}

/** The address with `error=<CODE>`, whatever else its query says. */
export function withError(target: string, code: string): string {
  const url = new URL(target);
  url.searchParams.set("error", code);
  return url.href;
}
