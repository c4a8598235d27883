const formatters = new Map<string, Intl.DateTimeFormat>();

/** The local date, `YYYY-MM-DD`, that an instant has in an IANA zone. */
export function localDay(at: Date, timezone: string): string {
  let formatter = formatters.get(timezone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat("en-CA", {
      timeZone: timezone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
    });
    formatters.set(timezone, formatter);
  }
  return formatter.format(at);
}

const DAY_MS = 86_400_000;

/** The date some days later or earlier; dates are counted in UTC, where every day has 24 hours. */
export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** The instant at which the local day after `day` begins, to the minute. Zones shift by minutes at the finest. */
export function endOfDay(day: string, timezone: string): Date {
  const next = addDays(day, 1);
  let low = Date.parse(`${day}T00:00:00Z`) - DAY_MS;
  let high = Date.parse(`${next}T00:00:00Z`) + DAY_MS;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (localDay(new Date(middle), timezone) >= next) high = middle;
    else low = middle;
  }
  return new Date(high);
}

export function isTimezone(name: string): boolean {
  try {
    return (
      /^[A-Za-z]/u.test(name) && new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== ""
    );
  } catch {
    return false;
  }
}
