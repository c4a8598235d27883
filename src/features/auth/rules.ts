import { isCommonPassword } from "./common-passwords.ts";

export const MAX_PASSWORD = 128;

/** Why a password may not be chosen, or null. 8–128 characters, lower case, upper case, a digit, not a common one. */
export function passwordFault(password: string): string | null {
  const length = Array.from(password).length;
  if (length < 8) return "at least 8 characters";
  if (length > MAX_PASSWORD) return "at most 128 characters";
  if (!/\p{Ll}/u.test(password)) return "needs a lower-case letter";
  if (!/\p{Lu}/u.test(password)) return "needs an upper-case letter";
  if (!/\d/u.test(password)) return "needs a digit";
  if (isCommonPassword(password)) return "is among the commonest passwords";
  return null;
}

/** A username from an e-mail address: what the alphabet allows of its local part, with a number when it is short or taken. */
export function usernameFrom(email: string, suffix: string): string {
  const local = (email.split("@")[0] ?? "").normalize("NFKD").replaceAll(/[^a-z0-9_]/gu, "");
  return `${local.slice(0, 30 - suffix.length)}${suffix}`.padEnd(3, "0");
}

const DAY_MS = 86_400_000;
const ABSOLUTE_DAYS = 90;
/** How long a session lives without being used. */
export const IDLE_MS = { short: 7 * DAY_MS, remembered: 30 * DAY_MS } as const;

export const REUSE_GRACE_MS = 10_000;

/** When a session ends if it is not used again; never past 90 days from its beginning. */
export function sessionEnds(
  startedAt: Date,
  usedAt: Date,
  remember: boolean,
): { expiresAt: Date; absoluteExpiresAt: Date } {
  const absolute = startedAt.getTime() + ABSOLUTE_DAYS * DAY_MS;
  const idle = usedAt.getTime() + (remember ? IDLE_MS.remembered : IDLE_MS.short);
  return { expiresAt: new Date(Math.min(idle, absolute)), absoluteExpiresAt: new Date(absolute) };
}

const BROWSERS = [
  ["Edge", /\bEdg(?:e|A|iOS)?\//u],
  ["Opera", /\bOPR\//u],
  ["Samsung Internet", /\bSamsungBrowser\//u],
  ["Firefox", /\b(?:Firefox|FxiOS)\//u],
  ["Chrome", /\b(?:Chrome|CriOS)\//u],
  ["Safari", /\bSafari\//u],
] as const;

const SYSTEMS = [
  ["Windows", /\bWindows\b/u],
  ["iOS", /\b(?:iPhone|iPad|iPod)\b/u],
  ["macOS", /\bMac OS X\b/u],
  ["Android", /\bAndroid\b/u],
  ["ChromeOS", /\bCrOS\b/u],
  ["Linux", /\bLinux\b/u],
] as const;

/** A device as people would name it, `Firefox on Linux`: without versions, so that an update makes no new device. */
export function deviceOf(userAgent: string | null): string | null {
  if (!userAgent) return null;
  const browser = BROWSERS.find(([, pattern]) => pattern.test(userAgent))?.[0];
  const system = SYSTEMS.find(([, pattern]) => pattern.test(userAgent))?.[0];
  const program = /^[A-Za-z][\w.-]{0,39}/u.exec(userAgent)?.[0] ?? "Unknown";
  return [browser ?? program, system].filter(Boolean).join(" on ");
}

/** Ten wrong passwords in a quarter of an hour let an account rest, each further one twice as long, never for good. */
export const FAILURES = {
  mostInWindow: 10,
  windowMs: 15 * 60_000,
  firstRestMs: 30_000,
  longestRestMs: 15 * 60_000,
} as const;

/** Seconds an account must still rest after too many wrong passwords, 0 when it need not. */
export function restFor(failures: { restsUntil: Date | null } | undefined, now: Date): number {
  return Math.max(0, Math.ceil(((failures?.restsUntil?.getTime() ?? 0) - now.getTime()) / 1000));
}

const STEP_UP_MS = 10 * 60_000;

/** Whether a factor was shown to this session lately: when it was opened, or when it was last asked for one. */
export function isRecent(session: { createdAt: Date; verifiedAt: Date | null }, now: Date): boolean {
  const shown = Math.max(session.createdAt.getTime(), session.verifiedAt?.getTime() ?? 0);
  return now.getTime() - shown < STEP_UP_MS;
}
