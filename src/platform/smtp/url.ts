export interface SmtpServer {
  host: string;
  port: number;
  /** TLS from the first byte (`smtps://`); otherwise STARTTLS when it is offered. */
  implicitTls: boolean;
  credentials: { user: string; password: string } | null;
}

const SUBMISSION_PORT = 587;
const SUBMISSIONS_PORT = 465;

/** `smtp://user:pass@host:port` or `smtps://…`, percent-encoded. Throws a `TypeError` that repeats nothing of it. */
export function parseSmtpUrl(text: string): SmtpServer {
  if (!URL.canParse(text)) throw new TypeError("SMTP_URL is not a URL");
  const url = new URL(text);
  const implicitTls = url.protocol === "smtps:";
  if ((!implicitTls && url.protocol !== "smtp:") || url.hostname === "")
    throw new TypeError("SMTP_URL is smtp://host or smtps://host");
  return {
    host: url.hostname.replaceAll(/^\[|\]$/gu, ""),
    port: Number(url.port) || (implicitTls ? SUBMISSIONS_PORT : SUBMISSION_PORT),
    implicitTls,
    credentials: url.username
      ? { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
      : null,
  };
}

/** What never leaves the machine needs no TLS. */
export const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.");

export function isSmtpUrl(text: string): boolean {
  try {
    return parseSmtpUrl(text).port > 0;
  } catch {
    return false;
  }
}
