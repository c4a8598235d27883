import { escapeHtml } from "../../platform/html.ts";
import { LANGUAGES, writeLetter } from "../mails/letter.ts";
import type { Template } from "../mails/templates.ts";
import { TEMPLATES } from "../mails/templates.ts";
import type { MailboxEntry } from "./service.ts";

const STYLE =
  "<style>body{font:1rem/1.6 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}iframe{width:100%;border:1px solid #ccc;min-height:12rem}</style>";

/** The mailbox for a browser; letters are shown in sandboxed frames. */
export const mailboxPage = (
  mails: readonly MailboxEntry[],
): string => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mailbox</title>
${STYLE}</head>
<body><h1>Mailbox</h1><p><a href="/dev/mailbox/templates">Every mail there is</a></p>${mails.length === 0 ? "<p>No mail yet.</p>" : mails.map(letter).join("")}</body></html>`;

const letter = (mail: MailboxEntry): string =>
  `<h2>${escapeHtml(mail.subject)}</h2><p>to ${escapeHtml(mail.to)}, ${mail.createdAt}</p><iframe sandbox srcdoc="${escapeHtml(mail.html)}"></iframe>`;

/** Every template as it looks in a language, with placeholders for its values. */
export function templatesPage(locale: string, appUrl: string): string {
  const languages = ["en", ...Object.keys(LANGUAGES)]
    .map((code) => `<a href="/dev/mailbox/templates?locale=${code}">${code}</a>`)
    .join(" · ");
  const shown = Object.entries<Template>(TEMPLATES).map(([name, template]) => {
    const link = template.link?.({ appUrl, token: "token", data: {} });
    const stop = template.kind === "notification" ? { unsubscribeUrl: `${appUrl}/api/v1/mail/unsubscribe` } : {};
    const { subject, html } = writeLetter(name, template, { locale, values: {}, link, ...stop });
    return `<h2>${escapeHtml(subject)}</h2><p>${name}, ${template.kind}</p><iframe sandbox srcdoc="${escapeHtml(html)}"></iframe>`;
  });
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mails</title>${STYLE}</head><body><h1>Every mail</h1><p>${languages}</p>${shown.join("")}</body></html>`;
}
