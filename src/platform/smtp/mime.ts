import type { Mail, Mailbox } from "../mailer.ts";
import { messageIdOf } from "../mailer.ts";

const encoder = new TextEncoder();
const WORD_BYTES = 45;
const LINE_LENGTH = 76;

/** The mail as RFC 5322 text with CRLF line ends: text and HTML as alternatives, both in base64, so that no line is long or starts with a dot. */
export function mimeOf(mail: Mail, from: Mailbox, date: Date): string {
  const boundary = `=_${mail.id}`;
  const headers: Record<string, string> = {
    Date: date.toUTCString().replace("GMT", "+0000"),
    From: from.name ? `${phrase(from.name)} <${from.address}>` : from.address,
    To: mail.to,
    "Message-ID": messageIdOf(mail, from),
    Subject: encodeWords(mail.subject),
    ...Object.fromEntries(Object.entries(mail.headers ?? {}).map(([name, value]) => [name, oneLine(value)])),
    "MIME-Version": "1.0",
    "Content-Type": `multipart/alternative; boundary="${boundary}"`,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  for (const [type, content] of [
    ["text/plain", mail.text],
    ["text/html", mail.html],
  ] as const) {
    lines.push("", `--${boundary}`, `Content-Type: ${type}; charset=utf-8`, "Content-Transfer-Encoding: base64", "");
    lines.push(...base64Lines(content));
  }
  lines.push("", `--${boundary}--`, "");
  return lines.join("\r\n");
}

function base64Lines(content: string): string[] {
  const text = encoder.encode(content.replaceAll(/\r?\n/gu, "\r\n")).toBase64();
  return text.match(new RegExp(`.{1,${LINE_LENGTH}}`, "gu")) ?? [];
}

const phrase = (name: string): string => (/^[\w .-]*$/u.test(name) && isAscii(name) ? `"${name}"` : encodeWords(name));

const oneLine = (text: string): string => text.replaceAll(/[\r\n]+/gu, " ");

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/u.test(text);

/** RFC 2047: plain when it is ASCII, else encoded words that never split a character, folded. */
export function encodeWords(text: string): string {
  if (isAscii(text) && !text.includes("=?")) return text;
  const words: string[] = [];
  let word = "";
  for (const character of oneLine(text)) {
    if (encoder.encode(word + character).length > WORD_BYTES) {
      words.push(word);
      word = "";
    }
    word += character;
  }
  words.push(word);
  return words.map((part) => `=?utf-8?B?${encoder.encode(part).toBase64()}?=`).join("\r\n ");
}
