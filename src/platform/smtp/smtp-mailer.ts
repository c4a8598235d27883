import type { Clock } from "../clock.ts";
import type { Mail, Mailbox, Mailer } from "../mailer.ts";
import { MailFailure, parseMailbox } from "../mailer.ts";
import { redact } from "../redact.ts";
import type { Reply } from "./connection.ts";
import { SmtpConnection } from "./connection.ts";
import { mimeOf } from "./mime.ts";
import type { SmtpServer } from "./url.ts";
import { isLoopback } from "./url.ts";

/** An address as it may stand between `<` and `>` (RFC 5321 without SMTPUTF8); it cannot end the line. */
const PATH = /^[\x21-\x3b\x3d\x3f-\x7e]+@[\x21-\x3b\x3d\x3f-\x7e]+$/u;

/** Submission by SMTP (RFC 6409), one connection a mail. */
export const smtpMailer = (server: SmtpServer, from: string, clock: Clock): Mailer => ({
  async send(mail) {
    if (!PATH.test(mail.to)) throw new MailFailure("the address is none that SMTP can carry", { permanent: true });
    const sender = parseMailbox(from);
    const connection = await signedOn(server, sender);
    try {
      await hand(connection, mail, sender, clock);
      await connection.command("QUIT", "QUIT").catch(() => undefined);
      return { provider: "smtp", providerId: null };
    } finally {
      await connection.close();
    }
  },
});

/** Servers on this machine whose certificate nobody vouches for, as this isolate found. */
const unvouched = new Set<string>();

/** Connected, protected and authenticated. A server on this machine whose certificate nobody vouches for is spoken to in the clear. */
async function signedOn(server: SmtpServer, sender: Mailbox): Promise<SmtpConnection> {
  const name = `${server.host}:${server.port}`;
  try {
    return await open(server, sender, !unvouched.has(name));
  } catch (error) {
    if (!(error instanceof TlsFailure) || !isLoopback(server.host)) throw error;
    unvouched.add(name);
    return await open(server, sender, false);
  }
}

class TlsFailure extends MailFailure {}

async function open(server: SmtpServer, sender: Mailbox, mayStartTls: boolean): Promise<SmtpConnection> {
  const connection = new SmtpConnection(server);
  try {
    await connection.opened();
    expectCode(await connection.reply("greeting"), 220, "greeting");
    const hello = `EHLO ${sender.address.split("@").at(-1)}`;
    let offers = await capabilities(connection, hello);
    let isPrivate = server.implicitTls || isLoopback(server.host);
    if (!server.implicitTls && mayStartTls && offers.has("STARTTLS")) {
      expectCode(await connection.command("STARTTLS", "STARTTLS"), 220, "STARTTLS");
      offers = await protectedCapabilities(connection, hello);
      isPrivate = true;
    }
    if (server.credentials) {
      if (!isPrivate) throw new MailFailure("AUTH: no TLS, so the password stays here", { permanent: false });
      await authenticate(connection, server.credentials, offers.get("AUTH") ?? "");
    }
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function protectedCapabilities(connection: SmtpConnection, hello: string): Promise<Map<string, string>> {
  try {
    await connection.startTls();
    return await capabilities(connection, hello);
  } catch (error) {
    throw new TlsFailure("STARTTLS: no trust", { permanent: false, cause: error });
  }
}

/** What the server offers: keyword to parameters. */
async function capabilities(connection: SmtpConnection, hello: string): Promise<Map<string, string>> {
  const reply = await connection.command(hello, "EHLO");
  expectCode(reply, 250, "EHLO");
  return new Map(
    reply.lines.slice(1).map((line) => {
      const [keyword = "", ...parameters] = line.toUpperCase().split(/[ =]/u);
      return [keyword, parameters.join(" ")];
    }),
  );
}

async function authenticate(
  connection: SmtpConnection,
  { user, password }: NonNullable<SmtpServer["credentials"]>,
  offered: string,
): Promise<void> {
  const base64 = (text: string) => new TextEncoder().encode(text).toBase64();
  if (offered.split(" ").includes("PLAIN") || !offered.split(" ").includes("LOGIN")) {
    expectCode(await connection.command(`AUTH PLAIN ${base64(`\0${user}\0${password}`)}`, "AUTH"), 235, "AUTH");
    return;
  }
  expectCode(await connection.command("AUTH LOGIN", "AUTH"), 334, "AUTH");
  expectCode(await connection.command(base64(user), "AUTH"), 334, "AUTH");
  expectCode(await connection.command(base64(password), "AUTH"), 235, "AUTH");
}

/** From `MAIL FROM` to the server's word that it has the mail. Only what is refused from `RCPT TO` on is the letter's own fault. */
async function hand(connection: SmtpConnection, mail: Mail, sender: Mailbox, clock: Clock): Promise<void> {
  expectCode(await connection.command(`MAIL FROM:<${sender.address}>`, "MAIL FROM"), 250, "MAIL FROM");
  expectCode(await connection.command(`RCPT TO:<${mail.to}>`, "RCPT TO"), 250, "RCPT TO", true);
  expectCode(await connection.command("DATA", "DATA"), 354, "DATA", true);
  const letter = mimeOf(mail, sender, clock.now()).replaceAll(/^\./gmu, "..");
  expectCode(await connection.command(`${letter}.`, "letter"), 250, "letter", true);
}

/** 530 and 535 ask for other credentials: the operator's to mend, whatever they answer. */
const CREDENTIALS = new Set([530, 534, 535, 538]);

function expectCode({ code, lines }: Reply, wanted: number, step: string, ofTheLetter = false): void {
  if (Math.floor(code / 10) === Math.floor(wanted / 10)) return;
  const permanent = ofTheLetter && code >= 500 && code < 600 && !CREDENTIALS.has(code);
  throw new MailFailure(`${step}: ${code} ${String(redact(lines.join(" "))).slice(0, 300)}`, { permanent });
}
