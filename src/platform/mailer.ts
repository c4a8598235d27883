export interface Mail {
  /** The idempotency key: a provider that sees it twice sends once, and it becomes the Message-ID. */
  id: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  /** `List-Unsubscribe` and the like, in ASCII. */
  headers?: Readonly<Record<string, string>>;
}

export interface Sent {
  provider: string;
  /** What the provider calls it in its own events; null when it has no name for it. */
  providerId: string | null;
}

export interface Mailer {
  /** Resolves when the provider has accepted the mail. Throws a `MailFailure`. */
  send(mail: Mail): Promise<Sent>;
}

interface FailureOptions {
  /** The provider refuses this recipient or this letter: trying again changes nothing. */
  permanent: boolean;
  retryAfterSeconds?: number | undefined;
  cause?: unknown;
}

/** Why a mail did not leave. The message names no address. */
export class MailFailure extends Error {
  override readonly name = "MailFailure";
  readonly permanent: boolean;
  readonly retryAfterSeconds: number | undefined;

  constructor(reason: string, { permanent, retryAfterSeconds, cause }: FailureOptions) {
    super(reason, { cause });
    this.permanent = permanent;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface Mailbox {
  name: string;
  address: string;
}

/** `Guildhall <no-reply@example.org>`, or an address alone. */
export function parseMailbox(text: string): Mailbox {
  const match = /^(?<name>.*?)\s*<(?<address>[^<>]+)>$/u.exec(text.trim());
  return {
    name: match?.groups?.["name"]?.replaceAll('"', "") ?? "",
    address: match?.groups?.["address"] ?? text.trim(),
  };
}

/** RFC 5322 Message-ID of a mail: the same each time it is sent, so that receivers see one mail. */
export const messageIdOf = (mail: Pick<Mail, "id">, from: Mailbox): string =>
  `<${mail.id}@${from.address.split("@").at(-1)}>`;
