import { eventually, get } from "./client.ts";

export interface Mail {
  to: string;
  subject: string;
  text: string;
}

/** The mails to an address, newest first. */
export const mailsTo = async (to: string): Promise<Mail[]> =>
  (await get(`/dev/mailbox?to=${encodeURIComponent(to)}`)).body;

/** Waits for the newest mail of a subject, or for as many as are due, and gives the newest. */
export async function mailTo(to: string, subject: string, count = 1): Promise<Mail> {
  const found = await eventually(
    async () => (await mailsTo(to)).filter((mail) => mail.subject === subject),
    (mails) => mails.length >= count,
  );
  if (!found[0]) throw new Error("no mail");
  return found[0];
}

/** The token of a mail's link. */
export function tokenOf({ text }: Mail): string {
  const token = /[?&]token=(?<token>[^\s&]+)/u.exec(text)?.groups?.["token"];
  if (!token) throw new Error(`no link in: ${text}`);
  return decodeURIComponent(token);
}
