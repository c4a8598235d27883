import { beforeAll, describe, expect, inject, it } from "vitest";
import { clock } from "../../src/platform/clock.ts";
import type { Mail } from "../../src/platform/mailer.ts";
import { MailFailure } from "../../src/platform/mailer.ts";
import { newId } from "../../src/platform/ids.ts";
import { encodeWords, mimeOf } from "../../src/platform/smtp/mime.ts";
import { smtpMailer } from "../../src/platform/smtp/smtp-mailer.ts";
import { isSmtpUrl, parseSmtpUrl } from "../../src/platform/smtp/url.ts";
import type { Accepted } from "../counterparts/smtp.ts";

const { ports, control } = inject("smtp");
const SIGNED_ON = "guild%20hall:p%40ss%2Fw%C3%B6rd@";

const mailer = (url: string) => smtpMailer(parseSmtpUrl(url), "Güildhall <no-reply@guildhall.test>", clock);
const mailFor = (to: string): Mail => ({
  id: newId(),
  to: `${to}.${newId()}@example.org`,
  subject: "¡Bienvenida, Zoë! Ein langer Betreff, der über mehr als eine Zeile des Kopfes geht 🎉",
  text: "Hola\n.\n..two dots\nend",
  html: "<p>Grüße</p>",
});
const acceptedFor = async (mail: Mail): Promise<Accepted[]> =>
  await (await fetch(`${control}?to=${encodeURIComponent(mail.to)}`)).json();

/** The parts of what arrived, decoded. */
function read(raw: string) {
  const [head = ""] = raw.split("\r\n\r\n");
  const unfolded = head.replaceAll("\r\n ", " ");
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, "imu").exec(unfolded)?.[1];
  const bodies = [...raw.matchAll(/base64\r\n\r\n([\w+/=\r\n]+?)\r\n\r\n/gu)].map(([, text = ""]) =>
    new TextDecoder().decode(Uint8Array.fromBase64(text)),
  );
  return { header, bodies };
}

const failureOf = async (sending: Promise<unknown>): Promise<MailFailure> => {
  const error = await sending.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof MailFailure) return error;
  throw new Error("no MailFailure", { cause: error });
};

describe("a mail by SMTP", () => {
  it.each([
    ["STARTTLS, since it is offered and trusted", `smtp://${SIGNED_ON}localhost:${ports.startTls}`, true, "guild hall"],
    ["TLS from the start", `smtps://${SIGNED_ON}localhost:${ports.implicit}`, true, "guild hall"],
    ["plain text to this machine", `smtp://${SIGNED_ON}127.0.0.1:${ports.plain}`, false, "guild hall"],
    [
      "plain text to this machine, as nobody vouches for its certificate",
      `smtp://${SIGNED_ON}127.0.0.1:${ports.startTls}`,
      false,
      "guild hall",
    ],
  ])("arrives whole with %s", async (_, url, secure, user) => {
    const mail = { ...mailFor("ana"), headers: { "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" } };
    expect(await mailer(url).send(mail)).toEqual({ provider: "smtp", providerId: null });
    const [arrived, ...more] = await acceptedFor(mail);
    expect([more, arrived?.secure, arrived?.user]).toEqual([[], secure, user]);
    const { header, bodies } = read(arrived?.raw ?? "");
    expect(header("Message-ID")).toBe(`<${mail.id}@guildhall.test>`);
    expect(header("List-Unsubscribe-Post")).toBe("List-Unsubscribe=One-Click");
    expect(header("From")).toBe("=?utf-8?B?R8O8aWxkaGFsbA==?= <no-reply@guildhall.test>");
    expect(bodies).toEqual(["Hola\r\n.\r\n..two dots\r\nend", "<p>Grüße</p>"]);
    const words = [...(header("Subject") ?? "").matchAll(/=\?utf-8\?B\?([^?]+)\?=/gu)];
    expect(words.map(([, word = ""]) => new TextDecoder().decode(Uint8Array.fromBase64(word))).join("")).toBe(
      mail.subject,
    );
  });

  it("is refused for good when the recipient is", async () => {
    const mail = mailFor("refused");
    const failure = await failureOf(mailer(`smtp://${SIGNED_ON}127.0.0.1:${ports.plain}`).send(mail));
    expect([failure.permanent, failure.message]).toEqual([true, "RCPT TO: 550 5.1.1 <[address]> is unknown here"]);
  });

  it.each([
    ["busy", "RCPT TO: 451 4.7.1 come back later"],
    ["cut", "letter: the server closed the connection"],
  ])("is tried again by the caller when the server is %s, and arrives once", async (fault, reason) => {
    const mail = mailFor(fault);
    const sender = mailer(`smtp://${SIGNED_ON}127.0.0.1:${ports.plain}`);
    const failure = await failureOf(sender.send(mail));
    expect([failure.permanent, failure.message]).toEqual([false, expect.stringContaining(reason)]);
    await sender.send(mail);
    expect(await acceptedFor(mail)).toHaveLength(1);
  });

  it("whose acceptance was lost is sent again under the same Message-ID, for the receiver to see one", async () => {
    const mail = mailFor("deaf");
    const sender = mailer(`smtp://${SIGNED_ON}127.0.0.1:${ports.plain}`);
    expect((await failureOf(sender.send(mail))).permanent).toBe(false);
    await sender.send(mail);
    const ids = (await acceptedFor(mail)).map(({ raw }) => read(raw).header("Message-ID"));
    expect(new Set(ids)).toEqual(new Set([`<${mail.id}@guildhall.test>`]));
  });

  it.each([
    ["credentials are wrong", `smtp://guild%20hall:wrong@127.0.0.1:${ports.plain}`, "AUTH: 535"],
    ["credentials are wanted", `smtp://127.0.0.1:${ports.plain}`, "MAIL FROM: 530"],
    ["nobody listens", "smtp://127.0.0.1:1", ""],
  ])("waits for the operator when %s", async (_, url, reason) => {
    const failure = await failureOf(mailer(url).send(mailFor("ana")));
    expect([failure.permanent, failure.message]).toEqual([false, expect.stringContaining(reason)]);
  });

  it.each(["a@b.org>\r\nRCPT TO:<evil@example.org", "two words@example.org", "zoë@example.org", "nobody"])(
    "is not tried for the address %j",
    async (to) => {
      const failure = await failureOf(mailer(`smtp://127.0.0.1:${ports.plain}`).send({ ...mailFor("ana"), to }));
      expect(failure.permanent).toBe(true);
    },
  );
});

describe("the message", () => {
  let text: string;
  beforeAll(() => {
    const mail = { ...mailFor("ana"), id: "0199", to: "ana@example.org", html: "x".repeat(5000) };
    text = mimeOf(
      { ...mail, subject: "one\r\nBcc: evil@example.org", headers: { "X-A": "b\r\nBcc: evil@example.org" } },
      { name: "G", address: "g@guildhall.test" },
      new Date(0),
    );
  });

  it("has no line over 78 characters, no bare line feed and no header of a value's making", () => {
    expect(text.split("\r\n").every((line) => line.length <= 78 && !line.includes("\n"))).toBe(true);
    expect(/^Bcc:/imu.test(text)).toBe(false);
    expect(text.startsWith("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n")).toBe(true);
  });

  it("leaves plain subjects plain", () => {
    expect([encodeWords("Welcome"), encodeWords("=?x"), encodeWords("é")]).toEqual([
      "Welcome",
      "=?utf-8?B?PT94?=",
      "=?utf-8?B?w6k=?=",
    ]);
  });
});

it("reads SMTP_URL", () => {
  expect(parseSmtpUrl("smtp://a%40b:c%2Fd@mail.example.org")).toEqual({
    host: "mail.example.org",
    port: 587,
    implicitTls: false,
    credentials: { user: "a@b", password: "c/d" },
  });
  expect(parseSmtpUrl("smtps://[::1]")).toEqual({ host: "::1", port: 465, implicitTls: true, credentials: null });
  expect(["mail.example.org", "http://x", "smtp://", "smtp://a:%zz@b"].map(isSmtpUrl)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
